import { isRecord } from '../stand-ins/aws-json.ts';

/** Returns true if a value matches a pattern. */
export type Pattern = (value: unknown) => boolean;

/**
 * Reads an event pattern: members that must be one of some strings, or begin with one.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 * @throws {Error} naming the member and what of it is not done here
 */
export const readPattern = (pattern: unknown, path = 'EventPattern'): Pattern => {
  if (Array.isArray(pattern)) {
    const conditions = pattern.map((condition) => readCondition(condition, path));
    // A member of an event that is a list matches by any of its values.
    return (value) =>
      (Array.isArray(value) ? value : [value]).some((each) => conditions.some((condition) => condition(each)));
  }
  if (!isRecord(pattern) || '$or' in pattern) throw unknown(path, pattern);
  const members = Object.entries(pattern).map(
    ([name, member]) => [name, readPattern(member, `${path}.${name}`)] as const,
  );
  return (value) =>
    isRecord(value) && members.every(([name, matches]) => Object.hasOwn(value, name) && matches(value[name]));
};

const readCondition = (condition: unknown, path: string): Pattern => {
  if (typeof condition === 'string') return (value) => value === condition;
  if (isRecord(condition) && Object.keys(condition).length === 1 && typeof condition.prefix === 'string') {
    const { prefix } = condition;
    return (value) => typeof value === 'string' && value.startsWith(prefix);
  }
  throw unknown(path, condition);
};

const unknown = (path: string, what: unknown): Error =>
  new Error(`${path}: the condition ${JSON.stringify(what)} is not known to the local gateway.`);
