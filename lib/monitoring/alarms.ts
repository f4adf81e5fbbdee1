import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { runbookFragment } from '../../lambda/contract/alarms.ts';
import type { OutcomeAlarmName } from '../../lambda/contract/metrics.ts';
import { SIGNING_KEY_SECONDS } from '../../lambda/contract/signing-keys.ts';
import { hasFullLoadBalancer, hasLoadBalancer } from '../config/ingress.ts';
import { hasInvocationTargets } from '../functions/invocation-targets.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { onFirst, onSum, whileNonEmpty } from './alarm-definition.ts';
import {
  attacks,
  blockedCallbacks,
  deadLettersOf,
  isCritical,
  isNotCritical,
  ofFunctions,
  ofIndexes,
  ofLoadBalancer,
  operationErrors,
  tableSystemErrors,
  tableThrottles,
  together,
  unhealthyTargets,
} from './aws-metrics.ts';
import { crashesOfCreateTask } from './crash-filter.ts';
import { DISPATCH_ALARMS } from './dispatch-alarms.ts';
import { DOOR_ALARMS } from './door-alarms.ts';
import { ownMetric } from './own-metrics.ts';
import { RESUME_ALARMS } from './resume-alarms.ts';

/** Alarms on metrics that the functions write. */
export const CALLBACK_ALARMS = {
  ReplayDetected: {
    severity: 'page',
    concern: 'security',
    description: 'A used callback token was sent again with another payload. The token may be stolen.',
    metrics: ownMetric('ReplayDetected'),
    ...onFirst,
  },
  CallbackUnavailable: {
    severity: 'page',
    description: 'Callbacks are answered with 503. The store or the key service does not answer.',
    metrics: ownMetric('CallbackUnavailable'),
    ...onFirst,
  },
  ForeignTaskRequested: {
    severity: 'ticket',
    description: 'An application asked for a task of another one. It knows an id that it cannot guess.',
    metrics: ownMetric('ForeignTaskRequested'),
    ...onFirst,
  },
  TaskExpired: {
    severity: 'ticket',
    description: 'More tasks than usual end without a result. A processor may have stopped calling back.',
    metrics: ownMetric('TaskExpired'),
    ...onFirst,
    period: Duration.minutes(15),
    threshold: ({ toleratedExpiries }) => toleratedExpiries + 1,
  },
  TokenRefused: {
    severity: 'ticket',
    description:
      'More callbacks than usual are refused because of their token. A processor is broken, or an attacker guesses tokens.',
    metrics: ownMetric('TokenRefused'),
    ...onFirst,
    period: Duration.minutes(15),
    threshold: ({ toleratedRefusals }) => toleratedRefusals + 1,
  },
  CallbackLatency: {
    severity: 'ticket',
    description: 'Callbacks have been slower than usual for 15 minutes. Processors may time out.',
    metrics: ownMetric('CallbackLatency'),
    ...onFirst,
    // With few callbacks p99 is the slowest one, which can be a single cold start. Three periods in a row rule that out.
    statistic: 'p99',
    period: Duration.minutes(5),
    evaluationPeriods: 3,
    threshold: ({ toleratedLatency }) => toleratedLatency.toMilliseconds(),
  },
} as const satisfies Record<OutcomeAlarmName, AlarmDefinition> & Record<string, AlarmDefinition>;

/** Alarms on the functions and their tables. One alarm covers several; its graph shows which of them has the problem. */
const FUNCTION_ALARMS = {
  FunctionErrors: {
    severity: 'page',
    description: 'Functions that processors and applications call end without an answer.',
    metrics: ofFunctions('Errors', isCritical),
    ...onSum,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  FunctionThrottles: {
    severity: 'page',
    description: 'Lambda throttles functions that processors and applications call.',
    metrics: ofFunctions('Throttles', isCritical),
    ...onSum,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  InvocationErrors: {
    severity: 'page',
    description: 'Applications that invoke `create-task` get no answer, or the answer `unavailable`.',
    metrics: together(ownMetric('InvocationUnavailable'), crashesOfCreateTask),
    exists: hasInvocationTargets,
    ...onSum,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  OtherFunctionErrors: {
    severity: 'ticket',
    description: 'Background functions, public documents, handshakes or the console end without an answer.',
    metrics: ofFunctions('Errors', isNotCritical),
    ...onSum,
  },
  OtherFunctionThrottles: {
    severity: 'ticket',
    description: 'Lambda throttles background functions, public documents, handshakes or the console.',
    metrics: ofFunctions('Throttles', isNotCritical),
    ...onSum,
  },
  TableThrottles: {
    severity: 'ticket',
    description: 'DynamoDB throttles requests to a table.',
    metrics: tableThrottles,
    ...onSum,
  },
  IndexReadThrottles: {
    severity: 'ticket',
    description: 'DynamoDB throttles queries of an index of the tasks table. Lists fail, or tasks expire late.',
    metrics: ofIndexes('ReadThrottleEvents'),
    ...onSum,
  },
  IndexWriteThrottles: {
    severity: 'ticket',
    description: 'DynamoDB throttles writes to an index of the tasks table. They also stop writes to the table.',
    metrics: ofIndexes('WriteThrottleEvents'),
    ...onSum,
  },
  TableSystemErrors: {
    severity: 'ticket',
    description:
      'DynamoDB answers requests to the tables of tasks and of used tokens, or queries of signing keys, with internal errors.',
    // An alarm has at most 10 metrics, so each of the two alarms has one operation of the table of signing keys.
    metrics: together(tableSystemErrors('tasks', 'jtis'), operationErrors('signingKeys', 'Query')),
    ...onSum,
  },
  OtherTableSystemErrors: {
    severity: 'ticket',
    description:
      'DynamoDB answers requests to the tables of lookups and of the audit, or retirements of signing keys, with internal errors.',
    metrics: together(tableSystemErrors('lookups', 'audit'), operationErrors('signingKeys', 'TransactWriteItems')),
    ...onSum,
  },
} as const satisfies Record<string, AlarmDefinition>;

/** Alarms on the functions that run without a waiting caller. */
const BACKGROUND_ALARMS = {
  PublishDelayed: {
    severity: 'page',
    description: 'Changes of tasks are published late. Applications do not hear of results that are stored.',
    metrics: ofFunctions('IteratorAge', (name) => name === 'publish'),
    ...whileNonEmpty,
    period: Duration.minutes(5),
    threshold: ({ toleratedPublishDelay }) => toleratedPublishDelay.toMilliseconds(),
  },
  PublishDeadLetters: {
    severity: 'page',
    description: 'A change of a task could not be published. Applications wait for an event that does not come.',
    metrics: deadLettersOf('publish'),
    ...whileNonEmpty,
  },
  ExpireDeadLetters: {
    severity: 'ticket',
    description: 'Overdue tasks could not be expired twice in a row. Their events are late.',
    metrics: deadLettersOf('expire'),
    ...whileNonEmpty,
  },
  ArriveDeadLetters: {
    severity: 'page',
    description: 'An uploaded result could not be recorded. Its task is still open.',
    metrics: deadLettersOf('complete-upload'),
    ...whileNonEmpty,
  },
  RevokeDeadLetters: {
    severity: 'page',
    description: 'A bulk revocation could not go on twice in a row. Callbacks that may be stolen still work.',
    metrics: deadLettersOf('revoke-callbacks'),
    ...whileNonEmpty,
  },
  SigningKeyRotationFailed: {
    // A page, because a key may end on a weekend.
    severity: 'page',
    description: 'There is no next key for callback tokens. No task can be opened when the current key ends.',
    metrics: ownMetric('NextSigningKeys'),
    exists: ({ signing }) => signing.kind === 'rotating',
    statistic: 'Maximum',
    // Each run reports the metric, so that missing data means that no run has succeeded.
    period: Duration.seconds(SIGNING_KEY_SECONDS.rotation),
    evaluationPeriods: SIGNING_KEY_SECONDS.alarm / SIGNING_KEY_SECONDS.rotation,
    threshold: () => 1,
    isFloor: true,
    missingData: TreatMissingData.BREACHING,
  },
} as const satisfies Record<string, AlarmDefinition>;

/** Alarms on the load balancer, the web ACL and Shield. */
const EDGE_ALARMS = {
  CallbackBlocked: {
    severity: 'ticket',
    description: 'The web ACL blocks requests to callback routes. A processor may be among the callers.',
    metrics: blockedCallbacks,
    exists: hasFullLoadBalancer,
    ...onSum,
    period: Duration.minutes(15),
    threshold: ({ toleratedBlocks }) => toleratedBlocks + 1,
  },
  LowReputationDenied: {
    severity: 'ticket',
    description: 'Under load the load balancer refuses addresses of low reputation. A processor may be among them.',
    metrics: ofLoadBalancer('LowReputationRequestsDenied', 'LowReputationPacketsDropped'),
    exists: hasFullLoadBalancer,
    ...onSum,
    period: Duration.minutes(15),
    threshold: ({ toleratedBlocks }) => toleratedBlocks + 1,
  },
  ServerErrors: {
    severity: 'page',
    description: 'The load balancer or a function behind it answers requests with 5xx.',
    metrics: ofLoadBalancer('HTTPCode_ELB_5XX_Count', 'HTTPCode_Target_5XX_Count'),
    exists: hasLoadBalancer,
    ...onSum,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  UnhealthyTarget: {
    severity: 'page',
    description: 'The health check of the load balancer fails: the function does not give the expected answer.',
    metrics: unhealthyTargets,
    exists: hasLoadBalancer,
    ...whileNonEmpty,
    evaluationPeriods: 3,
  },
  DDoSDetected: {
    severity: 'page',
    concern: 'security',
    description: 'Shield Advanced reports an attack on the load balancer.',
    metrics: attacks,
    exists: ({ shield }) => shield !== 'standard',
    ...whileNonEmpty,
  },
} as const satisfies Record<string, AlarmDefinition>;

/** Every alarm of Postern. The runbook has a heading of the same name for each. */
export const ALARMS = {
  ...CALLBACK_ALARMS,
  ...FUNCTION_ALARMS,
  ...BACKGROUND_ALARMS,
  ...RESUME_ALARMS,
  ...DISPATCH_ALARMS,
  ...EDGE_ALARMS,
  ...DOOR_ALARMS,
} as const satisfies Record<string, AlarmDefinition>;

export type AlarmName = keyof typeof ALARMS;

/**
 * Composite alarms that call the operator on duty. One is raised with any of its alarms, so that an incident calls once.
 * The runbook has a heading for each of them too.
 */
export const PAGER_ALARMS = {
  SecurityPage: { concern: 'security', description: 'A possible attack. The alarms below this one say which kind.' },
  ServicePage: { concern: 'service', description: 'A part of the service fails. The alarms below this one say which.' },
} as const satisfies Record<string, { readonly concern: AlarmDefinition['concern']; readonly description: string }>;

export type PagerAlarmName = keyof typeof PAGER_ALARMS;

/**
 * Alarms that roll a deployment back, because new code can cause them. Alarms that an outside mistake or attack causes are
 * not among them. `UnhealthyTarget` is not either: its alarm depends on the target group, which depends on the alias, which
 * depends on the deployment's alarms.
 */
export const ROLLBACK_ALARMS = [
  'CallbackUnavailable',
  'FunctionErrors',
  'InvocationErrors',
  'OtherFunctionErrors',
  'ResumeErrors',
  'DispatchErrors',
  'PublishDeadLetters',
  'ArriveDeadLetters',
  'ServerErrors',
  'DoorUnavailable',
] as const satisfies readonly AlarmName[];

/** Link to the runbook entry of an alarm. */
export const runbookAnchor = (name: AlarmName | PagerAlarmName): string =>
  `docs/operate/runbook.md${runbookFragment(name)}`;
