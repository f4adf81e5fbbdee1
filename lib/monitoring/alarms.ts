import { Duration } from 'aws-cdk-lib';
import type { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { TreatMissingData as Missing } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmName, MetricName } from '../../lambda/contract/metrics.ts';

/** What an alarm watches and when it is raised. */
export interface AlarmDefinition {
  readonly severity: 'page' | 'ticket';
  /** One line for whoever is woken by it. */
  readonly description: string;
  readonly metric: MetricName;
  readonly statistic: 'Sum';
  readonly period: Duration;
  readonly threshold: number;
  /** How many periods in a row. */
  readonly evaluationPeriods: number;
  readonly missingData: TreatMissingData;
}

/** Every alarm of Postern. Each has an entry of the same name in the runbook. */
export const ALARMS = {
  ReplayDetected: {
    severity: 'page',
    description: 'A used callback token came again with another payload: somebody else may have it.',
    metric: 'ReplayDetected',
    statistic: 'Sum',
    period: Duration.minutes(1),
    threshold: 1,
    evaluationPeriods: 1,
    // Nothing is counted while nothing is replayed.
    missingData: Missing.NOT_BREACHING,
  },
  CallbackUnavailable: {
    severity: 'page',
    description: 'Callbacks are answered with 503: the store or the key service does not answer.',
    metric: 'CallbackUnavailable',
    statistic: 'Sum',
    period: Duration.minutes(1),
    threshold: 1,
    evaluationPeriods: 1,
    missingData: Missing.NOT_BREACHING,
  },
} as const satisfies Record<AlarmName, AlarmDefinition>;

/** Where the runbook tells what to do: its headings are the names of the alarms. */
export const runbookAnchor = (name: AlarmName): string => `docs/runbook.md#${name.toLowerCase()}`;
