import {
  type Described,
  type DescribedDuration,
  type DescribedSettings,
  type DescribedSize,
  NOT_AT_NETWORK_DOOR,
} from '../../lib/describe/description.ts';
import type { Context } from '../context.ts';
import type { EnvAnswer } from './answer.ts';
import { durationInWords, isoDuration } from './durations.ts';
import { withEnvironment } from './with-environment.ts';

/** Shows an environment with all defaults. */
export const answerShow = (context: Context, name: string | undefined): Promise<EnvAnswer> =>
  withEnvironment(context, { name }, ({ description: { name: environment, settings } }) => ({
    exit: 'ok',
    data: {
      environment,
      settings: toPlain(settings, isoDuration, (bytes) => bytes),
      notes: notesOf(settings),
    },
    text: [
      ...linesOf(
        toPlain(settings, durationInWords, (bytes) => `${bytes} bytes`),
        '',
      ),
      ...notesOf(settings).flatMap((note) => ['', note]),
    ].join('\n'),
  }));

/** What a reader of the settings must know. */
export const notesOf = ({ ingress }: DescribedSettings): readonly string[] =>
  typeof ingress === 'object' && ingress !== null && 'kind' in ingress && ingress.kind === 'network'
    ? [NOT_AT_NETWORK_DOOR]
    : [];

/** Replaces durations and sizes by texts and numbers. */
const toPlain = (
  value: Described,
  ofSeconds: (seconds: number) => string,
  ofBytes: (bytes: number) => string | number,
): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item) => toPlain(item, ofSeconds, ofBytes));
  if (isDuration(value)) return ofSeconds(value.$seconds);
  if (isSize(value)) return ofBytes(value.$bytes);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toPlain(member, ofSeconds, ofBytes)]));
};

const isList = (value: Described): value is readonly Described[] => Array.isArray(value);
const isDuration = (value: object): value is DescribedDuration => '$seconds' in value;
const isSize = (value: object): value is DescribedSize => '$bytes' in value;

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
