import { OPERATOR_ACTIONS } from '../../lambda/contract/audit.ts';
import { list, optional } from './containers.ts';
import { flag, oneOf } from './kinds.ts';

const NAME = "Name actions of operators in brackets, for example ['discard'].";

/** Operators, and what they may do. */
export const operators = {
  /**
   * Actions that no operator can do in this environment: 403 `action_disabled`. Policies can deny further actions. It is free.
   * @default none
   */
  disabledActions: optional(list(oneOf(OPERATOR_ACTIONS, NAME), { of: 'actions', unique: true, remedy: NAME }), []),
  /**
   * True if operators can only read: it switches every action off, including `reveal`, which shows a payload. It is free.
   * @default false
   */
  operatorsReadOnly: optional(
    flag('Write true if operators must not act in this environment, and false if they may.'),
    false,
  ),
};
