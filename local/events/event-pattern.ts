import { isRecord } from '../stand-ins/aws-json.ts';

/** Returns true if a value matches a pattern. A value that is not there is `undefined`. */
export type Pattern = (value: unknown) => boolean;

/** Returns true if one of the values at the end of a path matches. A path that is not there has no values. */
type Condition = (values: readonly unknown[]) => boolean;

/**
 * Reads a pattern of a rule, or of a filter of an event source mapping: each member must be one of some values, begin with a
 * text, be there or not be there. A member of an event that is a list matches by any of its values.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 * @throws {Error} naming the member and what of it is not done here
 */
export const readPattern = (pattern: unknown, path = 'EventPattern'): Pattern => {
  if (Array.isArray(pattern) && pattern.length > 0) {
    const conditions = pattern.map((condition) => readCondition(condition, path));
    return (value) => {
      const values = listOf(value).filter((each) => !isRecord(each));
      return conditions.some((matches) => matches(values));
    };
  }
  if (!isRecord(pattern) || '$or' in pattern || Object.keys(pattern).length === 0) throw unknown(path, pattern);
  const members = Object.entries(pattern).map(
    ([name, member]) => [name, readPattern(member, `${path}.${name}`)] as const,
  );
  return (value) => {
    const records = listOf(value).filter(isRecord);
    return (records.length > 0 ? records : [{}]).some((record) =>
      members.every(([name, matches]) => matches(Object.hasOwn(record, name) ? record[name] : undefined)),
    );
  };
};

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

const readCondition = (condition: unknown, path: string): Condition => {
  if (condition === null || ['string', 'number', 'boolean'].includes(typeof condition)) {
    return (values) => values.includes(condition);
  }
  if (isRecord(condition) && Object.keys(condition).length === 1) {
    const { exists, prefix } = condition;
    if (typeof prefix === 'string') {
      return (values) => values.some((value) => typeof value === 'string' && value.startsWith(prefix));
    }
    // Only about values: a member that has members of its own does not "exist".
    if (typeof exists === 'boolean') return (values) => values.length > 0 === exists;
  }
  throw unknown(path, condition);
};

const unknown = (path: string, what: unknown): Error =>
  new Error(`${path}: the condition ${JSON.stringify(what)} is not known to the local gateway.`);
