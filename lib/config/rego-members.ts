import {
  CONTEXT_MEMBERS,
  POLICY_ACTION_NAMES,
  PRINCIPAL_ATTRIBUTES,
  PRINCIPAL_TYPES,
  RESOURCE_ATTRIBUTES,
  RESOURCE_TYPES,
} from '../../lambda/contract/policy-input.ts';
import type { MemberType } from '../../lambda/contract/policy-questions.ts';
import { isOperator, isWord, type Node } from './rego-tokens.ts';

/** A member of `input`. */
interface InputMember {
  readonly type: MemberType;
  /** True if it is there in every question. */
  readonly isAlways: boolean;
  /** True if questions with the same action come with and without it. */
  readonly isOptional: boolean;
}

const ALWAYS: InputMember = { type: 'string', isAlways: true, isOptional: false };
const APPLICATION: InputMember = { type: 'string', isAlways: false, isOptional: false };

const membersAt = (place: string, members: typeof CONTEXT_MEMBERS): readonly (readonly [string, InputMember])[] =>
  Object.entries(members).map(([name, { isOptional, type }]) => [
    `${place}.${name}`,
    { type, isAlways: false, isOptional: isOptional === true },
  ]);

/** Members by their path after `input.`. */
export const MEMBERS: ReadonlyMap<string, InputMember> = new Map([
  ['action', ALWAYS],
  ...['principal', 'resource'].flatMap((entity): (readonly [string, InputMember])[] => [
    [`${entity}.type`, ALWAYS],
    [`${entity}.id`, ALWAYS],
    [`${entity}.application`, APPLICATION],
  ]),
  ...membersAt('principal', PRINCIPAL_ATTRIBUTES),
  ...membersAt('resource', RESOURCE_ATTRIBUTES),
  ...membersAt('context', CONTEXT_MEMBERS),
]);

/** Members with a fixed list of values. Another value would never be equal, so a misspelt `forbid` would never hold. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  action: POLICY_ACTION_NAMES,
  'principal.type': PRINCIPAL_TYPES,
  'resource.type': RESOURCE_TYPES,
};

/** `resource.owner` for `input.resource.owner`. */
export const inputPath = (nodes: readonly Node[]): string | undefined => {
  const [input, ...steps] = nodes;
  const isPath =
    isWord(input, 'input') &&
    steps.length > 0 &&
    steps.length % 2 === 0 &&
    steps.every((node, i) => (i % 2 === 0 ? isOperator(node, '.') : isWord(node)));
  return isPath
    ? steps
        .filter(({ kind }) => kind === 'word')
        .map(({ text }) => text)
        .join('.')
    : undefined;
};

/** The member of `input.member != null`. */
export const presentMember = (statement: readonly Node[]): string | undefined =>
  isOperator(statement.at(-2), '!=') && isWord(statement.at(-1), 'null')
    ? inputPath(statement.slice(0, -2))
    : undefined;
