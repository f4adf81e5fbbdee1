import { Duration, Size } from 'aws-cdk-lib';
import type { EnvAnswer } from './protocol.ts';
import { loadEnvironment, readCdkContext } from './read-environment.ts';

/** Shows an environment with all defaults, in the form that the constructs read. */
export const answerShow = async (name: string): Promise<EnvAnswer> => {
  const { name: _, registry: processors, ...settings } = await loadEnvironment(name, readCdkContext());
  const shown = Object.fromEntries(Object.entries({ ...settings, processors }).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    exit: 'ok',
    data: {
      environment: name,
      settings: toPlain(
        shown,
        (duration) => duration.toIsoString(),
        (size) => size.toBytes(),
      ),
    },
    text: linesOf(
      toPlain(
        shown,
        (duration) => duration.toHumanString(),
        (size) => `${size.toBytes()} bytes`,
      ),
      '',
    ).join('\n'),
  };
};

/** Replaces values of the CDK by texts and numbers. */
const toPlain = (
  value: unknown,
  ofDuration: (duration: Duration) => string,
  ofSize: (size: Size) => string | number,
): unknown => {
  if (value instanceof Duration) return ofDuration(value);
  if (value instanceof Size) return ofSize(value);
  if (Array.isArray(value)) return value.map((item) => toPlain(item, ofDuration, ofSize));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toPlain(member, ofDuration, ofSize)]));
};

const INDENT = '  ';

/** Lines as in YAML: a member a line, members of members indented. */
const linesOf = (value: unknown, indent: string): readonly string[] => {
  const members = Array.isArray(value)
    ? value.map((item) => ['-', item] as const)
    : Object.entries(Object(value) as object).map(([name, member]) => [`${name}:`, member] as const);
  return members.flatMap(([name, member]: readonly [string, unknown]) => {
    const short = inLine(member);
    return short === undefined
      ? [`${indent}${name}`, ...linesOf(member, `${indent}${INDENT}`)]
      : [`${indent}${name} ${short}`];
  });
};

/** A value that fits into one line: a scalar, or a list of scalars. */
const inLine = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return 'none';
  if (Array.isArray(value)) {
    return value.every((item) => typeof item !== 'object') ? value.join(', ') || 'none' : undefined;
  }
  if (typeof value !== 'object') return String(value) || '""';
  return Object.keys(value).length === 0 ? 'none' : undefined;
};
