import { MAX_REASON_CHARS } from '../../../lambda/contract/limits.ts';
import { CommandError } from '../../command-error.ts';
import { CONFIRM_OPTIONS } from '../task/shared-options.ts';

export const TASK_ARGUMENT = { TASK: { doc: 'id of the task' } } as const;

export const PROCESSOR_ARGUMENT = { PROCESSOR: { doc: 'id of the processor' } } as const;

/** Options of every action of an operator. */
export const ACTION_OPTIONS = {
  reason: { doc: `why, for the audit, in 1 to ${MAX_REASON_CHARS} characters`, value: 'TEXT', required: true },
  ...CONFIRM_OPTIONS,
} as const;

/** Options of an action on a task. */
export const TASK_ACTION_OPTIONS = {
  ...ACTION_OPTIONS,
  revision: {
    doc: 'revision of the task that you decided by; the action is refused if the task has changed since. Without it, the present one',
    value: 'NUMBER',
  },
} as const;

/** Options of an action on a processor that Postern sends work to. */
export const DISPATCH_ACTION_OPTIONS = {
  ...ACTION_OPTIONS,
  revision: {
    doc: 'revision of the processor that you decided by; the action is refused if it has changed since. Without it, the present one',
    value: 'NUMBER',
  },
} as const;

/** Exit codes of a command that asks the operator API about one thing. */
export const EXITS_OF_ONE = ['notFound', 'signIn', 'refused', 'unavailable'] as const;

/** Exit codes of a list. */
export const EXITS_OF_LIST = ['signIn', 'refused', 'unavailable'] as const;

/** @throws {CommandError} `usage` */
export const readWhole = (flag: string, text: string): number => {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CommandError('usage', `${flag} is "${text}"; expected a whole number from 0.`);
};
