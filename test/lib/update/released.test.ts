import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AwsEnvironmentInput } from '../../../lib/config/environment.ts';
import { END_INDEXES } from '../../../lib/state/task-indexes.ts';
import { compareEnvironments } from '../../../lib/update/compare.ts';
import { describeFinding } from '../../../lib/update/finding.ts';
import type { EnvironmentRecord } from '../../../lib/update/record.ts';
import { breakingChanges } from '../../released/breaking-changes.ts';
import { asComparedIn, folderOf, kindsOf, readRecord, recordedVersions, releases } from '../../released/files.ts';
import { RECORDED, RELEASED, recordOf } from '../../support/update-fixtures.ts';

const recorded = recordedVersions().flatMap((version) => kindsOf(version).map((kind) => [version, kind] as const));
/** Indexes of versions that are upgraded in steps. The second one was never released. */
const FORMER: Readonly<Record<string, string>> = {
  '0.1.0': 'byCreation,byDeadline',
  'with applications': 'byApplication,byResource,byOwner,pending,byQuarantine,byReplay',
};

const inputOf = (kind: string): AwsEnvironmentInput => {
  const input = RECORDED[kind];
  if (input === undefined) throw new Error(`test/support/update-fixtures.ts has no environment ${kind} any more.`);
  return input;
};

/** Today's templates as the first step of an update deploys them: the indexes change in steps, and the first one adds an index. */
const firstStep = (version: string, kind: string): EnvironmentRecord => {
  const former = FORMER[version];
  return asComparedIn(version, recordOf(inputOf(kind), former && `${former},byResource`));
};

describe('an environment that a recorded version deployed', () => {
  it('is recorded for every kind, in small files', () => {
    expect(releases().length).toBeGreaterThan(0);
    for (const version of recordedVersions()) {
      const kinds = Object.keys(version === '0.1.0' ? RELEASED : RECORDED);
      expect([version, kindsOf(version)]).toEqual([version, expect.arrayContaining(kinds)]);
    }
    for (const [version, kind] of recorded) {
      expect(statSync(`${folderOf(version)}/${kind}.json`).size).toBeLessThan(100_000);
    }
  });

  it.each(recorded)('%s, %s: can be updated safely with today’s templates', (version, kind) => {
    const found = compareEnvironments(readRecord(version, kind), firstStep(version, kind));
    expect(found.map(describeFinding)).toEqual([]);
  });

  it.each(recorded)('%s, %s: keeps State, and no resource of it is replaced', (version, kind) => {
    expect(breakingChanges(readRecord(version, kind), firstStep(version, kind))).toEqual([]);
  });

  it('is recorded with everything that State has, so that nothing of it is lost later', () => {
    const last = recordedVersions().at(-1) ?? '';
    const missing = kindsOf(last).flatMap((kind) => {
      const [then, now] = [readRecord(last, kind).state, recordOf(inputOf(kind)).state];
      const gained = (one: object, other: object) => Object.keys(other).filter((name) => !(name in one));
      return [...gained(then.resources, now.resources), ...gained(then.exports, now.exports)]
        .filter((name) => now.resources[name]?.type !== 'AWS::Lambda::Version')
        .map(
          (name) => `State of ${kind} has ${name}, which is not recorded. Run \`npm run record-release -- --next\`.`,
        );
    });
    expect(missing).toEqual([]);
  });

  it('is refused keys that its receivers do not read, until it was deployed with a key in KMS', () => {
    const rotating = { ...RELEASED.plain, signing: { kind: 'rotating' }, signingKeys: { first: { use: 'current' } } };
    const end = recordOf(rotating as AwsEnvironmentInput);
    const codes = (then: EnvironmentRecord) => compareEnvironments(then, end).map(({ code }) => code);
    expect(codes(readRecord('0.1.0', 'plain'))).toEqual(['indexes-changed', 'signing-keys-unread']);
    expect(codes(recordOf(inputOf('plain')))).toEqual([]);
  });

  it('keeps its key in KMS, with its export, after its keys began to rotate', () => {
    const then = readRecord('0.1.0', 'plain').state;
    const { state } = recordOf(inputOf('rotating-after-kms'));
    const key = 'SigningKeysCurrent9DE1B365';
    expect(state.resources[key]).toEqual(then.resources[key]);
    expect(Object.keys(state.resources)).toEqual(expect.arrayContaining(Object.keys(then.resources)));
    expect(state.exports).toMatchObject(then.exports);
  });

  it('is refused the indexes of the end state at once, and told the steps', () => {
    const then = readRecord('0.1.0', 'plain');
    const [problem, ...others] = compareEnvironments(then, recordOf(inputOf('plain')));
    expect([problem?.code, problem?.remedy, others]).toEqual([
      'indexes-changed',
      expect.stringMatching(/-c postern:indexes=byCreation,byDeadline,ofApplication$/),
      [],
    ]);
  });

  it.each(Object.entries(FORMER))('%s: reaches the end state if it follows the check, in safe steps', (_, names) => {
    const input = inputOf('plain');
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
