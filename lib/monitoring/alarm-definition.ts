import { Duration } from 'aws-cdk-lib';
import type { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { TreatMissingData as Missing } from 'aws-cdk-lib/aws-cloudwatch';
import type { Environment } from '../config/environment.ts';
import type { MetricIdentity, Sources } from './sources.ts';

/** What an alarm watches and when it is raised. */
export interface AlarmDefinition {
  /** A page wakes somebody; a ticket waits for the next working day. */
  readonly severity: 'page' | 'ticket';
  /**
   * Which of the two pages it belongs to. Apart, so that an outage never hides an attack: whoever is woken already is not
   * woken again.
   * @default 'service'
   */
  readonly concern?: 'service' | 'security';
  /** One line for whoever is woken by it. */
  readonly description: string;
  /** What is watched; of several metrics, their sum: ten at most. */
  readonly watched: (sources: Sources) => readonly MetricIdentity[];
  /**
   * Whether an environment has what is watched.
   * @default always
   */
  readonly exists?: (environment: Environment) => boolean;
  readonly statistic: 'Sum' | 'Maximum' | 'p99';
  readonly period: Duration;
  /** The lowest value of a period that raises it; what is normal may be an environment's own. */
  readonly threshold: (environment: Environment) => number;
  /** How many periods are looked at. */
  readonly evaluationPeriods: number;
  /**
   * How many of them must reach the threshold.
   * @default all
   */
  readonly datapointsToAlarm?: number;
  readonly missingData: TreatMissingData;
}

const one = (): number => 1;

/** One is enough, within a minute. Nothing is counted while nothing happens. */
export const AT_ONCE = {
  statistic: 'Sum',
  period: Duration.minutes(1),
  threshold: one,
  evaluationPeriods: 1,
  missingData: Missing.NOT_BREACHING,
} as const satisfies Partial<AlarmDefinition>;

/** As long as a queue holds one message. */
export const NOT_EMPTY = { ...AT_ONCE, statistic: 'Maximum' } as const satisfies Partial<AlarmDefinition>;

/**
 * A sum over several metrics. What is missing counts as nothing there, so that the last period may look better than it
 * was until all of it has come in: two are looked at, and one is enough.
 */
export const SUMMED = {
  ...AT_ONCE,
  period: Duration.minutes(5),
  evaluationPeriods: 2,
  datapointsToAlarm: 1,
} as const satisfies Partial<AlarmDefinition>;
