import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AwsEnvironmentInput } from '../../../lib/config/environment.ts';
import { END_INDEXES } from '../../../lib/state/task-indexes.ts';
import { compareEnvironments } from '../../../lib/update/compare.ts';
import { describeFinding } from '../../../lib/update/finding.ts';
import type { EnvironmentRecord, StackRecord } from '../../../lib/update/record.ts';
import { RELEASED, recordOf } from '../../support/update-fixtures.ts';

const FOLDER = new URL('../../released/', import.meta.url);
const versions = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const released = versions.flatMap((version) =>
  readdirSync(new URL(`${version}/`, FOLDER))
    .filter((file) => file !== 'compared.json')
    .map((file) => [version, file.replace(/\.json$/, '')] as const),
);
/** Indexes of versions that are upgraded in steps. The second one was never released. */
const FORMER: Readonly<Record<string, string>> = {
  '0.1.0': 'byCreation,byDeadline',
  'with applications': 'byApplication,byResource,byOwner,pending,byQuarantine,byReplay',
};
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));

/** Drops properties that were not compared when the version was released. */
const asComparedIn = (version: string, { gateway, state }: EnvironmentRecord): EnvironmentRecord => {
  const compared = read(`${version}/compared.json`) as Readonly<Record<string, readonly string[]>>;
  const stack = ({ resources, ...rest }: StackRecord): StackRecord => ({
    ...rest,
    resources: Object.fromEntries(
      Object.entries(resources).map(([id, resource]) => {
        const paths = compared[resource.type] ?? Object.keys(resource.properties);
        const kept = Object.entries(resource.properties).filter(([path]) => paths.includes(path));
        return [id, { ...resource, properties: Object.fromEntries(kept) }];
      }),
    ),
  });
  return { state: stack(state), gateway: stack(gateway) };
};

describe('an environment that a released version deployed', () => {
  it('is recorded for every kind, in small files', () => {
    expect(versions.length).toBeGreaterThan(0);
    for (const version of versions) {
      const kinds = released.filter(([one]) => one === version).map(([, kind]) => kind);
      expect([version, kinds]).toEqual([version, expect.arrayContaining(Object.keys(RELEASED))]);
    }
    for (const [version, kind] of released) {
      expect(statSync(new URL(`${version}/${kind}.json`, FOLDER)).size).toBeLessThan(100_000);
    }
  });

  it.each(released)('%s, %s: can be updated safely with today’s templates', (version, kind) => {
    const then = read(`${version}/${kind}.json`) as EnvironmentRecord;
    const input = RELEASED[kind];
    if (input === undefined) throw new Error(`test/support/update-fixtures.ts has no environment ${kind} any more.`);
    // The indexes change in steps, and the first one adds an index.
    const step = `${FORMER[version]},byResource`;
    expect(compareEnvironments(then, asComparedIn(version, recordOf(input, step))).map(describeFinding)).toEqual([]);
  });

  it('is refused keys that its receivers do not read, until it was deployed with a key in KMS', () => {
    const rotating = { ...RELEASED.plain, signing: { kind: 'rotating' }, signingKeys: { first: { use: 'current' } } };
    const end = recordOf(rotating as AwsEnvironmentInput);
    const codes = (then: EnvironmentRecord) => compareEnvironments(then, end).map(({ code }) => code);
    expect(codes(read('0.1.0/plain.json') as EnvironmentRecord)).toEqual(['indexes-changed', 'signing-keys-unread']);
    expect(codes(recordOf(RELEASED.plain as AwsEnvironmentInput))).toEqual([]);
  });

  it('is refused the indexes of the end state at once, and told the steps', () => {
    const then = read('0.1.0/plain.json') as EnvironmentRecord;
    const [problem, ...others] = compareEnvironments(then, recordOf(RELEASED.plain as AwsEnvironmentInput));
    expect([problem?.code, problem?.remedy, others]).toEqual([
      'indexes-changed',
      expect.stringMatching(/-c postern:indexes=byCreation,byDeadline,ofApplication$/),
      [],
    ]);
  });

  it.each(Object.entries(FORMER))('%s: reaches the end state if it follows the check, in safe steps', (_, names) => {
    const input = RELEASED.plain as AwsEnvironmentInput;
    const end = recordOf(input);
    const steps: string[] = [];
    for (let step: string | undefined = names; step !== undefined; ) {
      steps.push(step);
      const now = recordOf(input, step);
      const [problem] = compareEnvironments(now, end);
      step = problem?.remedy.match(/-c postern:indexes=(\S+)$/)?.[1];
      if (step !== undefined) expect([step, compareEnvironments(now, recordOf(input, step))]).toEqual([step, []]);
    }
    const former = names.split(',');
    const ends = END_INDEXES.map(({ name }) => name);
    const added = ends.filter((name) => !former.includes(name));
    const removed = former.filter((name) => !ends.includes(name));
    // The last change is the deployment without the value.
    expect(steps).toHaveLength(added.length + removed.length);
    // New indexes come before former ones go, so that functions of both versions find theirs.
    expect(steps[added.length]?.split(',')).toEqual([...former, ...added]);
  });
});
