import { FORM_FAULTS } from '../../lambda/contract/console-session.ts';
import type { MetricName } from '../../lambda/contract/metrics.ts';
import type { Outcome } from '../../lambda/contract/outcomes.ts';
import { OUTCOMES } from '../../lambda/contract/outcomes.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import {
  blockedCallbacks,
  deadLettersOf,
  ofFunctions,
  ofLoadBalancer,
  ofTables,
  ofWebAcl,
  tableSystemErrors,
  tableThrottles,
} from './aws-metrics.ts';
import type { MetricIdentity } from './metric.ts';
import { ownMetric, ownMetricBy } from './own-metrics.ts';
import type { Sources } from './sources.ts';

/** A graph of the dashboard. */
export interface Graph {
  readonly title: string;
  readonly metrics: (sources: Sources, registry: Registry) => readonly MetricIdentity[];
  /** The metric that is drawn for each processor. @default none */
  readonly ofProcessors?: MetricName;
  /** With several, each metric is drawn once for each. */
  readonly statistics: readonly string[];
  /** @default false */
  readonly stacked?: boolean;
}

const SUM = { statistics: ['Sum'] } as const;
const HIGHEST = { statistics: ['Maximum'] } as const;
const STACKED_SUM = { ...SUM, stacked: true } as const;

/** The codes that count as a metric. */
const reasonsOf = (metric: MetricName): readonly string[] =>
  Object.entries(OUTCOMES as Readonly<Record<string, Outcome>>)
    .filter(([, outcome]) => outcome.metric === metric)
    .map(([code]) => code);

const byProcessor = (metric: MetricName): Pick<Graph, 'metrics' | 'ofProcessors'> => ({
  metrics: (sources, registry) => ownMetricBy(metric, Object.keys(registry), sources),
  ofProcessors: metric,
});

const byReason =
  (metric: MetricName): Graph['metrics'] =>
  (sources) =>
    ownMetricBy(metric, reasonsOf(metric), sources);

const labelled =
  (...metrics: readonly MetricName[]): Graph['metrics'] =>
  (sources) =>
    metrics.flatMap((metric) => ownMetric(metric)(sources).map((identity) => ({ ...identity, label: metric })));

const all = (): boolean => true;

/** The graphs under their headings, as they are read from top to bottom. */
export const GRAPHS: Readonly<Record<string, readonly Graph[]>> = {
  Traffic: [
    { title: 'Callbacks recorded, by processor', ...byProcessor('CallbackAccepted'), ...STACKED_SUM },
    { title: 'Repeats answered again, by processor', ...byProcessor('CallbackAcknowledged'), ...STACKED_SUM },
    {
      title: 'All requests, and those answered with an error',
      metrics: ofLoadBalancer(
        'RequestCount',
        'HTTPCode_ELB_4XX_Count',
        'HTTPCode_ELB_5XX_Count',
        'HTTPCode_Target_5XX_Count',
      ),
      ...SUM,
    },
    { title: 'Callbacks answered with 503', metrics: labelled('CallbackUnavailable'), ...SUM },
  ],
  Refusals: [
    { title: 'Refused for their token, by reason', metrics: byReason('TokenRefused'), ...STACKED_SUM },
    { title: 'Refused for something else, by reason', metrics: byReason('CallbackRefused'), ...STACKED_SUM },
    {
      title: 'Forms of the console that were refused, by what was wrong',
      metrics: (sources) => ownMetricBy('FormRefused', FORM_FAULTS, sources),
      ...STACKED_SUM,
    },
  ],
  'Replays and late deliveries': [
    { title: 'Used tokens with another payload, by processor', ...byProcessor('ReplayDetected'), ...STACKED_SUM },
    { title: 'Late, and kept in quarantine', metrics: labelled('CallbackLate', 'TaskQuarantined'), ...SUM },
  ],
  Latency: [
    {
      title: 'From event to answer of a callback, milliseconds',
      metrics: labelled('CallbackLatency'),
      statistics: ['p50', 'p90', 'p99', 'Maximum'],
    },
    { title: 'Longest run of each function, milliseconds', metrics: ofFunctions('Duration', all), ...HIGHEST },
  ],
  Tasks: [{ title: 'Tasks whose time ended without a result', metrics: labelled('TaskExpired'), ...SUM }],
  Functions: [
    { title: 'Errors', metrics: ofFunctions('Errors', all), ...STACKED_SUM },
    { title: 'Throttles', metrics: ofFunctions('Throttles', all), ...STACKED_SUM },
    { title: 'Running at the same time', metrics: ofFunctions('ConcurrentExecutions', all), ...HIGHEST },
    {
      title: 'Age of the oldest change not yet published, milliseconds',
      metrics: ofFunctions('IteratorAge', (name) => name === 'publish'),
      ...HIGHEST,
    },
    {
      title: 'Dead letters',
      metrics: (sources) =>
        (['publish', 'expire', 'complete-upload'] as const).flatMap((name) => deadLettersOf(name)(sources)),
      ...HIGHEST,
    },
  ],
  Tables: [
    { title: 'Read units', metrics: ofTables('ConsumedReadCapacityUnits', true), ...SUM },
    { title: 'Write units', metrics: ofTables('ConsumedWriteCapacityUnits', true), ...SUM },
    { title: 'Throttled requests', metrics: tableThrottles, ...STACKED_SUM },
    { title: 'Errors of DynamoDB', metrics: tableSystemErrors, ...STACKED_SUM },
  ],
  'Web ACL': [
    { title: 'Callbacks blocked, by rule', metrics: blockedCallbacks, ...STACKED_SUM },
    { title: 'All requests', metrics: ofWebAcl('AllowedRequests', 'BlockedRequests'), ...SUM },
  ],
};
