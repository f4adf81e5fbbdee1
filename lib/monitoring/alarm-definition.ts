import { Duration } from 'aws-cdk-lib';
import type { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { TreatMissingData as Missing } from 'aws-cdk-lib/aws-cloudwatch';
import type { Environment } from '../config/environment.ts';
import type { MetricIdentity } from './metric.ts';
import type { Sources } from './sources.ts';

/** One alarm: its metrics, its threshold, and the people that it is sent to. */
export interface AlarmDefinition {
  /** A page calls the operator on duty now; a ticket waits for the next working day. */
  readonly severity: 'page' | 'ticket';
  /**
   * The pager alarm that a page belongs to. There are two, so that an outage never hides an attack: a pager alarm that is
   * already raised sends no second notification.
   * @default 'service'
   */
  readonly concern?: 'service' | 'security';
  /** One line for the operator who receives the alarm. */
  readonly description: string;
  /** Metrics of the alarm: one, or up to ten that are summed. */
  readonly metrics: (sources: Sources) => readonly MetricIdentity[];
  /**
   * Metrics whose sum is subtracted.
   * @default none
   */
  readonly except?: (sources: Sources) => readonly MetricIdentity[];
  /**
   * True if the environment has these metrics.
   * @default always
   */
  readonly exists?: (environment: Environment) => boolean;
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'p99';
  readonly period: Duration;
  /** Lowest value of a period that raises the alarm. An environment can set its own normal level. */
  readonly threshold: (environment: Environment) => number;
  /**
   * True if the alarm is raised by values below the threshold.
   * @default false
   */
  readonly isFloor?: boolean;
  /** Number of periods that are evaluated. */
  readonly evaluationPeriods: number;
  /**
   * Number of evaluated periods that must reach the threshold.
   * @default all
   */
  readonly datapointsToAlarm?: number;
  readonly missingData: TreatMissingData;
}

const one = (): number => 1;

/** Raised by one event, within a minute. Missing data means that nothing happened. */
export const onFirst = {
  statistic: 'Sum',
  period: Duration.minutes(1),
  threshold: one,
  evaluationPeriods: 1,
  missingData: Missing.NOT_BREACHING,
} as const satisfies Partial<AlarmDefinition>;

/** Raised while a queue holds a message, or while another level is above zero. */
export const whileNonEmpty = { ...onFirst, statistic: 'Maximum' } as const satisfies Partial<AlarmDefinition>;

/**
 * Raised by a sum over several metrics. A missing metric counts as zero, so the last period can look too low until all of
 * its data has arrived. Two periods are evaluated, and one of them is enough.
 */
export const onSum = {
  ...onFirst,
  period: Duration.minutes(5),
  evaluationPeriods: 2,
  datapointsToAlarm: 1,
} as const satisfies Partial<AlarmDefinition>;
