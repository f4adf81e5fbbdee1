import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EnvironmentRecord } from '../../../lib/update/record.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { recordOf } from '../../support/update-fixtures.ts';

const page = readFileSync(new URL('../../../docs/operate/deploying.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('### What stays\n');
const rows = [...section.matchAll(/^\| [^|]+ \| (`[^|]+`) \| (stays|goes) \| (stays|goes) \|/gm)].map(
  ([, ids = '', whenProtected = '', otherwise = '']) => ({
    starts: [...ids.matchAll(/`(\w+)`/g)].map(([, start = '']) => start),
    protected: whenProtected,
    unprotected: otherwise,
  }),
);

/**
 * Logical ids of resources that are kept when their stack is deleted. Versions of functions are left out: they are
 * deleted with their function.
 */
const keptIn = ({ gateway, state }: EnvironmentRecord): readonly string[] =>
  [state, gateway].flatMap(({ resources }) =>
    Object.entries(resources)
      .filter(([, { deletionPolicy, type }]) => deletionPolicy !== undefined && type !== 'AWS::Lambda::Version')
      .map(([id]) => id),
  );

const KINDS = [
  ['protected', anAwsEnvironment({ protected: true })],
  ['unprotected', anAwsEnvironment()],
  ...Object.values(SWITCHED).map((input) => ['protected', input] as const),
  ...Object.values(SWITCHED).map((input) => ['unprotected', { ...input, protected: false }] as const),
] as const;

describe('docs/operate/deploying.md, resources that remain after deletion', () => {
  it('in a table', () => {
    expect(rows.length).toBeGreaterThan(5);
  });

  it.each(KINDS)('of an environment that is %s: what its template keeps', (kind, input) => {
    const kept = keptIn(recordOf(input));
    const told = rows.filter((row) => row[kind] === 'stays').flatMap(({ starts }) => starts);
    expect(kept.filter((id) => !told.some((start) => id.startsWith(start)))).toEqual([]);
  });

  it.each(['protected', 'unprotected'] as const)(
    'of no environment that is %s beyond what a template keeps',
    (kind) => {
      const kept = KINDS.filter(([name]) => name === kind).flatMap(([, input]) => keptIn(recordOf(input)));
      const told = rows.filter((row) => row[kind] === 'stays').flatMap(({ starts }) => starts);
      expect(told.filter((start) => !kept.some((id) => id.startsWith(start)))).toEqual([]);
    },
  );

  it('and what services leave that no template has', () => {
    for (const left of ['validation record', 'resource policy', '`PendingDeletion`']) expect(section).toContain(left);
  });
});
