import type { Finding } from './finding.ts';
import type { StackRecord } from './record.ts';
import { type Replacement, textOf } from './replacements.ts';
import { schemaOf } from './resource-schemas.ts';

/** Resources of a type that keeps data, but without data that is still needed. Keys: the beginning of the logical id. */
const DISPOSABLE: Readonly<Record<string, string>> = {
  AlarmsTopicsKey: 'It encrypts alarms on their way to their subscribers.',
  NetworkDefaultSecurityGroupLog: 'It records the steps of deployments.',
  RotationTriggerLog: 'It records the steps of deployments.',
  RotationFunctionLog: 'It records which keys were made. The keys are in their table.',
  BackgroundDispatchingQueuesOf: 'Its messages are only hints. The tasks say what is to be sent.',
};

/**
 * Types of State's resources that are removed on purpose when the gateway no longer imports them: a signing key
 * (`docs/operate/key-rotation.md`), and the user pool (`docs/operate/identity-providers/cognito.md`).
 */
const REMOVED_ON_PURPOSE: readonly string[] = [
  'AWS::KMS::Key',
  'AWS::Cognito::UserPool',
  'AWS::SecretsManager::Secret',
];

/** Finds tables, keys, buckets, log groups and queues that an update would remove, or replace by empty ones. */
export const dataLost = (
  stack: Finding['stack'],
  before: StackRecord,
  after: StackRecord,
  replaced: ReadonlyMap<string, Replacement>,
  isInUse: (logicalId: string) => boolean,
): readonly Finding[] =>
  Object.entries(before.resources).flatMap(([id, { type }]): readonly Finding[] => {
    if (!schemaOf(type).keepsData || Object.keys(DISPOSABLE).some((start) => id.startsWith(start))) return [];
    const finding = (problem: string, remedy: string): readonly Finding[] => [
      { code: 'data-lost', stack, resource: id, problem, remedy },
    ];
    if (after.resources[id] === undefined) {
      if (REMOVED_ON_PURPOSE.includes(type) && stack === 'State' && !isInUse(id)) return [];
      if (isOfWorkflows(id) && !resumesWorkflows(after) && (isOfResume(id) || !sendsWork(after))) return [];
      if (isOfDispatch(id) && !sendsWork(after)) return [];
      if (goesWithIngress(id, after)) return [];
      return finding(
        `${type} would be removed with its data`,
        'Keep its logical id, which comes from the path of constructs. A new id is a new, empty resource.',
      );
    }
    const replacement = replaced.get(id);
    if (replacement === undefined) return [];
    const { after: now, before: then, happens, property } = replacement;
    return finding(
      `${type} ${happens === 'always' ? 'would' : 'could'} be replaced by an empty one, because ${property} changes from ` +
        `${textOf(then)} to ${textOf(now)}`,
      `Leave ${property} as it is, or create a second resource and copy the data.`,
    );
  });

/**
 * Queues and logs for waiting workflows. They are removed on purpose with the last workflow of `resumes`, when no task waits any
 * more: `docs/operate/deploying.md`.
 */
const isOfWorkflows = (id: string): boolean => /^BackgroundResumption/.test(id);

/** The function that reads changes of tasks has its log and its dead letters below the same path, for work that is sent too. */
const isOfResume = (id: string): boolean => !/^BackgroundResumption(ChangeDeadLetters|QueueOutcomes)/.test(id);

/** The key, the dead letters and the log of the function that sends work. They go with the last `dispatch` of a processor. */
const isOfDispatch = (id: string): boolean => /^BackgroundDispatching/.test(id);

/**
 * Logs of a way in, and of the console, which are removed on purpose with everything else of it: `docs/operate/network-door.md`. The
 * bucket of the load balancer's logs stays in the account until its objects expire.
 */
const LOGS_OF_INGRESS: readonly (readonly [log: RegExp, all: RegExp])[] = [
  [/^DoorServiceLog/, /^Door/],
  [/^(LoadBalancerLogs|WebAclLog)/, /^(LoadBalancer|WebAcl)/],
  [/^FrontConsoleLog/, /^FrontConsole/],
];

/** True for a log whose whole way in is gone. */
const goesWithIngress = (id: string, { resources }: StackRecord): boolean =>
  LOGS_OF_INGRESS.some(([log, all]) => log.test(id) && !Object.keys(resources).some((other) => all.test(other)));

/** True if the gateway sends work to a processor. */
export const sendsWork = ({ resources }: Pick<StackRecord, 'resources'>): boolean =>
  Object.keys(resources).some(isOfDispatch);

/** True if the gateway uses the key of the tokens of workflows. */
const resumesWorkflows = ({ imports }: StackRecord): boolean => imports.some((name) => /WorkflowTokenKey/.test(name));
