import type { Finding } from './finding.ts';
import type { StackRecord } from './record.ts';
import { type Replacement, textOf } from './replacements.ts';
import { schemaOf } from './resource-schemas.ts';

/** Resources whose type keeps data, and which keep nothing that anybody reads again. By how the logical id begins. */
const KEEPS_NOTHING: Readonly<Record<string, string>> = {
  AlarmsTopicsKey: 'It encrypts alarms on their way to their subscribers.',
  NetworkDefaultSecurityGroupLog: 'It says what one deployment did.',
};

/** Tables, keys, buckets, log groups and queues that an update would remove or replace: the new ones are empty. */
export const dataLost = (
  stack: Finding['stack'],
  before: StackRecord,
  after: StackRecord,
  replaced: ReadonlyMap<string, Replacement>,
  isInUse: (logicalId: string) => boolean,
): readonly Finding[] =>
  Object.entries(before.resources).flatMap(([id, { type }]): readonly Finding[] => {
    if (!schemaOf(type).keepsData || Object.keys(KEEPS_NOTHING).some((start) => id.startsWith(start))) return [];
    const finding = (problem: string, remedy: string): readonly Finding[] => [
      { code: 'data-lost', stack, resource: id, problem, remedy },
    ];
    if (after.resources[id] === undefined) {
      // A key that the gateway has let go of is taken out on purpose: `docs/operate/key-rotation.md`.
      if (type === 'AWS::KMS::Key' && stack === 'State' && !isInUse(id)) return [];
      return finding(
        `${type} would be removed, with what it keeps`,
        'Keep its logical id: the path of constructs makes it. A new id is a new, empty resource.',
      );
    }
    const replacement = replaced.get(id);
    if (replacement === undefined) return [];
    const { after: now, before: then, happens, property } = replacement;
    return finding(
      `${type} ${happens === 'always' ? 'would' : 'could'} be replaced by an empty one, because ${property} changes from ` +
        `${textOf(then)} to ${textOf(now)}`,
      `Leave ${property} as it is, or make a second resource and copy the data.`,
    );
  });
