import type { EnvironmentRecord, StackRecord } from '../../lib/update/record.ts';
import { isSame, replacements, textOf } from '../../lib/update/replacements.ts';

/**
 * Lists what only a major version may do to a deployed environment. State only gains resources and exports, and no resource is
 * replaced. An update may be safe and break this rule: `compareEnvironments` finds what CloudFormation refuses and what loses data.
 */
export const breakingChanges = (before: EnvironmentRecord, after: EnvironmentRecord): readonly string[] => [
  ...lostResources(before.state, after.state),
  ...lostExports(before.state, after.state),
  ...replaced('State', before.state, after.state),
  ...replaced('Gateway', before.gateway, after.gateway),
];

const MAJOR = 'Only a major version may do it: docs/contributing/releasing.md.';

const lostResources = (before: StackRecord, after: StackRecord): readonly string[] =>
  Object.entries(before.resources).flatMap(([id, { type }]): readonly string[] => {
    const now = after.resources[id];
    if (now === undefined) {
      return [
        `State/${id}: ${type} is not in the template any more. State only gains resources: give it its logical id back, which ` +
          `comes from the path of its construct. ${MAJOR}`,
      ];
    }
    return now.type === type
      ? []
      : [`State/${id}: its type changes from ${type} to ${now.type}. Give the new resource another logical id.`];
  });

const lostExports = (before: StackRecord, after: StackRecord): readonly string[] =>
  Object.entries(before.exports).flatMap(([name, value]): readonly string[] => {
    if (!(name in after.exports)) {
      return [`State no longer exports ${name}. State only gains exports: keep it with \`exportValue\`. ${MAJOR}`];
    }
    const now = after.exports[name];
    return isSame(value, now)
      ? []
      : [`State exports ${name} with ${textOf(now)} in the place of ${textOf(value)}. Keep its value. ${MAJOR}`];
  });

/**
 * Resources that nobody misses. A permission of a function has no name and no data: the new one is there before CloudFormation
 * removes the old one. A task definition is one revision: the service starts tasks of the new one, and the old tasks serve meanwhile.
 */
export const REPLACED_UNNOTICED: readonly string[] = ['AWS::Lambda::Permission', 'AWS::ECS::TaskDefinition'];

const replaced = (stack: 'State' | 'Gateway', before: StackRecord, after: StackRecord): readonly string[] =>
  [...replacements(before, after)].flatMap(([id, { after: now, before: then, property }]): readonly string[] => {
    const type = after.resources[id]?.type ?? '';
    if (REPLACED_UNNOTICED.includes(type)) return [];
    const why = isSame(then, now)
      ? `${property} refers to a replaced resource`
      : `${property} changes from ${textOf(then)} to ${textOf(now)}`;
    return [
      `${stack}/${id}: CloudFormation would replace ${type}, because ${why}. Leave ${property} as it is. ${MAJOR}`,
    ];
  });
