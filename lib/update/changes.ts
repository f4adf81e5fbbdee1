import { sendsWork } from './data-lost.ts';
import type { CloudFormationTemplate, EnvironmentTemplates } from './record.ts';
import { recordTemplate } from './record.ts';
import { isSame, replacements } from './replacements.ts';
import { schemaOf } from './resource-schemas.ts';

/** A resource that a deployment changes. */
export interface Change {
  readonly stack: 'State' | 'Gateway';
  /** Logical id. */
  readonly resource: string;
  readonly type: string;
  readonly kind: 'added' | 'removed' | 'changed' | 'replaced';
  /** Names of the properties and attributes that differ, of a changed or replaced resource. */
  readonly properties?: readonly string[];
}

/** Lists what a deployment changes, in the order of the stacks and of their logical ids. */
export const changesOf = (before: EnvironmentTemplates, after: EnvironmentTemplates): readonly Change[] => [
  ...changesOfStack('State', before.state, after.state),
  ...changesOfStack('Gateway', before.gateway, after.gateway),
];

const changesOfStack = (
  stack: Change['stack'],
  before: CloudFormationTemplate,
  after: CloudFormationTemplate,
): readonly Change[] => {
  const replaced = replacements(recordTemplate(before), recordTemplate(after));
  const { Resources: old = {} } = before;
  const { Resources: now = {} } = after;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().flatMap((resource): readonly Change[] => {
    const [was, is] = [old[resource], now[resource]];
    if (was === undefined) return is === undefined ? [] : [{ stack, resource, type: is.Type, kind: 'added' }];
    if (is === undefined) return [{ stack, resource, type: was.Type, kind: 'removed' }];
    const properties = differences(was, is);
    const isReplaced = replaced.has(resource) || was.Type !== is.Type;
    if (properties.length === 0 && !isReplaced) return [];
    return [{ stack, resource, type: is.Type, kind: isReplaced ? 'replaced' : 'changed', properties }];
  });
};

/** Names of differing members. `Metadata` is for tools, and changes nothing on AWS. */
const differences = (
  { Properties: old = {}, Metadata: _, ...was }: Resource,
  { Properties: now = {}, Metadata: __, ...is }: Resource,
): readonly string[] => [...differingNames(old, now), ...differingNames(was, is)];

type Resource = Readonly<Record<string, unknown>> & {
  readonly Properties?: Readonly<Record<string, unknown>>;
};

const differingNames = (
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): readonly string[] =>
  [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().filter((name) => !isSame(old[name], now[name]));

/**
 * Ids of the applications whose client of the user pool a deployment removes. An application with a client of another provider
 * is in no template: its id is in files of functions.
 */
export const removedApplications = (before: EnvironmentTemplates, after: EnvironmentTemplates): readonly string[] => {
  const remaining = applicationsOf(after.gateway);
  return applicationsOf(before.gateway).filter((id) => !remaining.includes(id));
};

/** `SenderClients` of `lib/sign-in` names each client as its application. */
const applicationsOf = ({ Resources = {} }: CloudFormationTemplate): readonly string[] =>
  Object.entries(Resources).flatMap(([logicalId, { Properties: { ClientName: name } = {}, Type }]) =>
    Type === 'AWS::Cognito::UserPoolClient' && logicalId.startsWith('SenderClients') && typeof name === 'string'
      ? [name]
      : [],
  );

/** True if a deployment removes the function that sends work to processors. Then nothing fails its queued tasks, and they expire. */
export const endsSending = (before: EnvironmentTemplates, after: EnvironmentTemplates): boolean =>
  sendsWork(recordTemplate(before.gateway)) && !sendsWork(recordTemplate(after.gateway));

const SIGNS: Readonly<Record<Change['kind'], string>> = { added: '+', removed: '-', changed: '~', replaced: '!' };

/** Lines for people: first what is replaced or removed of the resources with data, then all others, then their numbers. */
export const describeChanges = (changes: readonly Change[]): readonly string[] => {
  if (changes.length === 0) return ['The deployed templates are the same as those of the file.'];
  const first = changes.filter(endsData);
  return [...first, ...changes.filter((change) => !first.includes(change))]
    .map(
      ({ kind, properties = [], resource, stack, type }) =>
        `${SIGNS[kind]} ${stack}/${resource} (${type}) ${kind}${properties.length === 0 ? '' : `: ${properties.join(', ')}`}`,
    )
    .concat(summaryOf(changes));
};

const endsData = ({ kind, type }: Change): boolean =>
  (kind === 'replaced' || kind === 'removed') && schemaOf(type).keepsData;

const summaryOf = (changes: readonly Change[]): string => {
  const counts = (['replaced', 'removed', 'changed', 'added'] as const).map((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return `${count} ${kind}`;
  });
  const withNewCode = changes.filter(
    ({ properties = [], type }) => type === 'AWS::Lambda::Function' && properties.includes('Code'),
  );
  return `Resources: ${counts.join(', ')}. Functions with new code: ${withNewCode.length}.`;
};
