import type { Duration } from 'aws-cdk-lib';
import { OPERATOR_ACTIONS } from '../../lambda/contract/audit.ts';
import { FORM_FAULTS } from '../../lambda/contract/console-session.ts';
import type { DoorMetricName, MetricName } from '../../lambda/contract/metrics.ts';
import type { Outcome } from '../../lambda/contract/outcomes.ts';
import { OUTCOMES } from '../../lambda/contract/outcomes.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import { RESUME_REASONS, WAIT_IS_OVER } from '../../lambda/contract/resume.ts';
import { dispatchedProcessors } from '../config/dispatch.ts';
import { sendsWork } from '../config/dispatches.ts';
import type { Environment } from '../config/environment.ts';
import { hasDoor, hasFullLoadBalancer, hasLoadBalancer } from '../config/ingress.ts';
import { resumesWorkflows } from '../config/resumes.ts';
import { hasInvocationTargets } from '../functions/invocation-targets.ts';
import {
  ageOfOutcomes,
  blockedCallbacks,
  countOfDispatches,
  countOfOutcomes,
  deadLettersOf,
  ofDoorBalancer,
  ofDoorTasks,
  ofFunctions,
  ofIndexes,
  ofLoadBalancer,
  ofTables,
  ofWebAcl,
  tableSystemErrors,
  tableThrottles,
} from './aws-metrics.ts';
import { crashesOfCreateTask } from './crash-filter.ts';
import type { MetricIdentity } from './metric.ts';
import { busiestDoorRules, ownMetric, ownMetricBy } from './own-metrics.ts';
import type { Sources } from './sources.ts';

export interface Graph {
  readonly title: string;
  readonly metrics: (sources: Sources, registry: Registry) => readonly MetricIdentity[];
  /**
   * True if the environment has these metrics.
   * @default always
   */
  readonly exists?: (
    environment: Pick<Environment, 'signing' | 'invokers' | 'resumeTargets' | 'registry' | 'ingress'>,
  ) => boolean;
  /** Search expression that finds the metrics, in the place of `metrics`. @default none */
  readonly search?: (sources: Sources, options: { readonly period: Duration; readonly most: number }) => string;
  /** Metric with one line for each processor. @default none */
  readonly ofProcessors?: MetricName;
  /** Each metric is drawn once for each statistic. */
  readonly statistics: readonly string[];
  /** @default false */
  readonly stacked?: boolean;
}

const SUM = { statistics: ['Sum'] } as const;
const HIGHEST = { statistics: ['Maximum'] } as const;
const STACKED_SUM = { ...SUM, stacked: true } as const;

/** Outcome codes that a metric counts. */
const reasonsOf = (metric: MetricName): readonly string[] =>
  Object.entries(OUTCOMES as Readonly<Record<string, Outcome>>)
    .filter(([, outcome]) => outcome.metric === metric)
    .map(([code]) => code);

const byProcessor = (metric: MetricName): Pick<Graph, 'metrics' | 'ofProcessors'> => ({
  metrics: (sources, registry) => ownMetricBy(metric, Object.keys(registry), sources),
  ofProcessors: metric,
});

/** The same for the processors that work is sent to. */
const byDispatchedProcessor = (metric: MetricName): Pick<Graph, 'metrics' | 'ofProcessors'> => ({
  metrics: (sources, registry) =>
    ownMetricBy(
      metric,
      dispatchedProcessors(registry).map(({ id }) => id),
      sources,
    ),
  ofProcessors: metric,
});

const byReason =
  (metric: MetricName): Graph['metrics'] =>
  (sources) =>
    ownMetricBy(metric, reasonsOf(metric), sources);

const labelled =
  (...metrics: readonly (MetricName | DoorMetricName)[]): Graph['metrics'] =>
  (sources) =>
    metrics.flatMap((metric) => ownMetric(metric)(sources).map((identity) => ({ ...identity, label: metric })));

const together =
  (...all: readonly Graph['metrics'][]): Graph['metrics'] =>
  (sources, registry) =>
    all.flatMap((metrics) => metrics(sources, registry));

const all = (): boolean => true;

/** Graphs by heading, from top to bottom. */
export const GRAPHS: Readonly<Record<string, readonly Graph[]>> = {
  Traffic: [
    { title: 'Callbacks recorded, by processor', ...byProcessor('CallbackAccepted'), ...STACKED_SUM },
    { title: 'Repeats acknowledged, by processor', ...byProcessor('CallbackAcknowledged'), ...STACKED_SUM },
    {
      title: 'All requests, and error responses',
      metrics: ofLoadBalancer(
        'RequestCount',
        'HTTPCode_ELB_4XX_Count',
        'HTTPCode_ELB_5XX_Count',
        'HTTPCode_Target_5XX_Count',
      ),
      exists: hasLoadBalancer,
      ...SUM,
    },
    {
      title: 'Requests at the network door, and those that it answered with 503',
      metrics: labelled('DoorRequests', 'DoorUnavailable'),
      exists: hasDoor,
      ...SUM,
    },
    { title: 'Callbacks answered with 503', metrics: labelled('CallbackUnavailable'), ...SUM },
    {
      title: 'Invocations by applications without an answer',
      metrics: together(labelled('InvocationUnavailable'), crashesOfCreateTask),
      exists: hasInvocationTargets,
      ...STACKED_SUM,
    },
  ],
  Refusals: [
    { title: 'Refused because of the token, by reason', metrics: byReason('TokenRefused'), ...STACKED_SUM },
    { title: 'Refused for other reasons, by reason', metrics: byReason('CallbackRefused'), ...STACKED_SUM },
    {
      title: 'Refused forms of the console, by reason',
      metrics: (sources) => ownMetricBy('FormRefused', FORM_FAULTS, sources),
      ...STACKED_SUM,
    },
  ],
  'Replays and late deliveries': [
    { title: 'Used tokens with another payload, by processor', ...byProcessor('ReplayDetected'), ...STACKED_SUM },
    { title: 'Late, and stored in quarantine', metrics: labelled('CallbackLate', 'TaskQuarantined'), ...SUM },
  ],
  Latency: [
    {
      title: 'Callback latency, milliseconds',
      metrics: labelled('CallbackLatency'),
      statistics: ['p50', 'p90', 'p99', 'Maximum'],
    },
    { title: 'Longest duration of each function, milliseconds', metrics: ofFunctions('Duration', all), ...HIGHEST },
  ],
  Tasks: [
    { title: 'Tasks that were opened, and that expired', metrics: labelled('TaskOpened', 'TaskExpired'), ...SUM },
    { title: 'Requests for a task of another application', metrics: labelled('ForeignTaskRequested'), ...SUM },
  ],
  Workflows: [
    {
      title: 'Workflows that were told, and that will not be',
      metrics: labelled('WorkflowResumed', 'ResumeRefused'),
      ...SUM,
      exists: resumesWorkflows,
    },
    {
      title: 'Workflows that will not be told, by some reasons',
      metrics: (sources) => ownMetricBy('ResumeRefused', [...WAIT_IS_OVER, ...Object.values(RESUME_REASONS)], sources),
      ...STACKED_SUM,
      exists: resumesWorkflows,
    },
    {
      title: 'Time until a workflow was told, milliseconds',
      metrics: labelled('ResumeDelay'),
      statistics: ['p50', 'p90', 'p99', 'Maximum'],
      exists: resumesWorkflows,
    },
    { title: 'Outcomes in the queue', metrics: countOfOutcomes, ...HIGHEST, exists: resumesWorkflows },
    { title: 'Age of the oldest outcome, seconds', metrics: ageOfOutcomes, ...HIGHEST, exists: resumesWorkflows },
    {
      title: 'Age of the oldest change that is not queued, milliseconds',
      metrics: ofFunctions('IteratorAge', (name) => name === 'queue-outcomes'),
      ...HIGHEST,
      exists: (environment) => resumesWorkflows(environment) || sendsWork(environment),
    },
  ],
  Dispatch: [
    {
      title: 'Work accepted, by processor',
      ...byDispatchedProcessor('DispatchAccepted'),
      ...STACKED_SUM,
      exists: sendsWork,
    },
    {
      title: 'Attempts that failed and are repeated, by processor',
      ...byDispatchedProcessor('DispatchRetried'),
      ...STACKED_SUM,
      exists: sendsWork,
    },
    {
      title: 'Work that could not be sent, by processor',
      ...byDispatchedProcessor('DispatchFailed'),
      ...STACKED_SUM,
      exists: sendsWork,
    },
    {
      title: 'Times at which Postern stopped to send, by processor',
      ...byDispatchedProcessor('ProcessorPaused'),
      ...STACKED_SUM,
      exists: sendsWork,
    },
    {
      title: 'Time until a processor had accepted, milliseconds',
      metrics: labelled('DispatchDelay'),
      statistics: ['p50', 'p90', 'p99', 'Maximum'],
      exists: sendsWork,
    },
    {
      title: 'Longest time for which an attempt is due, seconds',
      metrics: labelled('DispatchOldest'),
      ...HIGHEST,
      exists: sendsWork,
    },
    { title: 'Messages in the queues of processors', metrics: countOfDispatches, ...HIGHEST, exists: sendsWork },
  ],
  Operators: [
    {
      title: 'Actions of operators, by action',
      metrics: (sources) => ownMetricBy('OperatorActions', OPERATOR_ACTIONS, sources),
      ...STACKED_SUM,
    },
  ],
  'Signing keys': [
    {
      title: 'Keys that sign next',
      metrics: labelled('NextSigningKeys'),
      exists: ({ signing }) => signing.kind === 'rotating',
      ...HIGHEST,
    },
  ],
  Functions: [
    { title: 'Errors', metrics: ofFunctions('Errors', all), ...STACKED_SUM },
    { title: 'Throttles', metrics: ofFunctions('Throttles', all), ...STACKED_SUM },
    { title: 'Concurrent executions', metrics: ofFunctions('ConcurrentExecutions', all), ...HIGHEST },
    {
      title: 'Age of the oldest unpublished change, milliseconds',
      metrics: ofFunctions('IteratorAge', (name) => name === 'publish'),
      ...HIGHEST,
    },
    {
      title: 'Dead letters',
      metrics: deadLettersOf(
        'publish',
        'expire',
        'complete-upload',
        'revoke-callbacks',
        'queue-outcomes',
        'resume',
        'dispatch',
      ),
      ...HIGHEST,
    },
  ],
  Tables: [
    {
      title: 'Read units',
      metrics: together(ofTables('ConsumedReadCapacityUnits'), ofIndexes('ConsumedReadCapacityUnits')),
      ...SUM,
    },
    {
      title: 'Write units',
      metrics: together(ofTables('ConsumedWriteCapacityUnits'), ofIndexes('ConsumedWriteCapacityUnits')),
      ...SUM,
    },
    {
      title: 'Throttled requests',
      metrics: together(tableThrottles, ofIndexes('ReadThrottleEvents'), ofIndexes('WriteThrottleEvents')),
      ...STACKED_SUM,
    },
    {
      title: 'System errors of DynamoDB',
      metrics: tableSystemErrors('tasks', 'jtis', 'lookups', 'audit', 'signingKeys'),
      ...STACKED_SUM,
    },
  ],
  'Web ACL': [
    {
      title: 'Callbacks blocked, by rule',
      metrics: blockedCallbacks,
      exists: hasFullLoadBalancer,
      ...STACKED_SUM,
    },
    {
      title: 'All requests',
      metrics: ofWebAcl('AllowedRequests', 'BlockedRequests'),
      exists: hasLoadBalancer,
      ...SUM,
    },
  ],
  'Network door': [
    {
      title: 'Requests blocked, by rule',
      metrics: labelled('DoorBlocked'),
      search: busiestDoorRules,
      exists: hasDoor,
      ...STACKED_SUM,
    },
    {
      title: 'CPU time and memory of the tasks, percent',
      metrics: ofDoorTasks('CPUUtilization', 'MemoryUtilization'),
      exists: hasDoor,
      ...HIGHEST,
    },
    {
      title: 'Tasks',
      metrics: ofDoorBalancer('HealthyHostCount', 'UnHealthyHostCount'),
      exists: hasDoor,
      ...HIGHEST,
    },
    {
      title: 'New connections, and those that were reset',
      metrics: ofDoorBalancer('NewFlowCount', 'TCP_Client_Reset_Count', 'TCP_Target_Reset_Count'),
      exists: hasDoor,
      ...SUM,
    },
    {
      title: 'Days until the certificate ends',
      metrics: labelled('DoorCertificateDays'),
      exists: hasDoor,
      statistics: ['Minimum'],
    },
  ],
};
