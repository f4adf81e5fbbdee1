import { runInNewContext } from 'node:vm';
import { Duration, Size } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RFC_9068 } from '../../../lambda/contract/access-token-profile.ts';
import { USERINFO_ROLES } from '../../../lambda/contract/operator-roles.ts';
import { object } from '../../../lib/config/containers.ts';
import { commentsOf, isCode, sections } from '../../../tools/docs/configuration.ts';
import { isOptional } from '../../../tools/docs/schema-entries.ts';

const entries = sections().flatMap((section) =>
  [...commentsOf(section)].map(([name, comment]) => ({
    path: [section.path, name].filter(Boolean).join('.'),
    entry: section.entries[name] as v.GenericSchema,
    comment,
  })),
);

describe('an entry of the schema', () => {
  it('has a doc comment, and `@default` if a file may omit it', () => {
    // `commentsOf` throws where one is missing.
    expect(entries.length).toBeGreaterThan(100);
  });

  it('has no `@default` if it is required', () => {
    const required = entries.filter(({ comment, entry }) => !isOptional(entry) && comment.byDefault !== undefined);
    expect(required.map(({ path }) => path)).toEqual([]);
  });

  it('is in one section only', () => {
    const paths = entries.map(({ path }) => path);
    const twice = paths.filter((path, i) => paths.indexOf(path) !== i);
    // Each kind of environment has these three in its own form.
    expect(twice.sort()).toEqual(['certificateArn', 'ingress', 'runsOn']);
  });

  const optional = entries.filter(({ entry }) => isOptional(entry));
  const parse = (entry: v.GenericSchema, file: object): unknown =>
    inOneUnit(v.safeParse(object('', { entry }), file).output);

  it.each(
    optional.flatMap(({ comment, entry, path }) =>
      comment.byDefault !== undefined && isCode(comment.byDefault) ? [[path, comment.byDefault, entry] as const] : [],
    ),
  )('%s has the default %s of its doc comment', (_path, byDefault, entry) => {
    const names = { Duration, Size, RetentionDays, RFC_9068, USERINFO_ROLES };
    const written: unknown = runInNewContext(`(${byDefault})`, names);
    expect(parse(entry, { entry: written })).toEqual(parse(entry, {}));
  });

  it('has its default in words only if the schema has none', () => {
    const inWords = optional.filter(({ comment }) => !isCode(comment.byDefault ?? ''));
    const withValue = inWords.filter(({ entry }) => {
      const { entry: value } = (parse(entry, {}) ?? {}) as { readonly entry?: unknown };
      return value !== undefined && !(Array.isArray(value) && value.length === 0);
    });
    expect(withValue.map(({ path }) => path)).toEqual([]);
  });
});

/** Durations and sizes as text, so that an hour equals sixty minutes. */
const inOneUnit = (value: unknown): unknown => {
  if (value instanceof Duration) return `${value.toMilliseconds()} ms`;
  if (value instanceof Size) return `${value.toBytes()} bytes`;
  if (Array.isArray(value)) return value.map(inOneUnit);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inOneUnit(member)]));
};
