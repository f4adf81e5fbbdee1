import { Duration } from 'aws-cdk-lib';
import type { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { TreatMissingData as Missing } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName, AlarmName as OutcomeAlarmName } from '../../lambda/contract/metrics.ts';
import type { Environment } from '../environment.ts';
import type { BackgroundFunction } from '../functions/background-functions.ts';

/** What is watched: a metric that the functions count, or the messages in a queue of dead letters. */
export type Watched = { readonly metric: MetricName } | { readonly deadLettersOf: BackgroundFunction };

/** What an alarm watches and when it is raised. */
export interface AlarmDefinition {
  readonly severity: 'page' | 'ticket';
  /** One line for whoever is woken by it. */
  readonly description: string;
  readonly watched: Watched;
  readonly statistic: 'Sum' | 'Maximum';
  readonly period: Duration;
  /** The lowest value of a period that raises it; what is normal may be an environment's own. */
  readonly threshold: (environment: Pick<Environment, 'toleratedExpiries' | 'toleratedRefusals'>) => number;
  /** How many periods in a row. */
  readonly evaluationPeriods: number;
  readonly missingData: TreatMissingData;
}

const one = (): number => 1;

/** One is enough, within a minute. Nothing is counted while nothing happens. */
const AT_ONCE = {
  statistic: 'Sum',
  period: Duration.minutes(1),
  threshold: one,
  evaluationPeriods: 1,
  missingData: Missing.NOT_BREACHING,
} as const;

/** As long as a queue holds one message. */
const NOT_EMPTY = { ...AT_ONCE, statistic: 'Maximum' } as const;

/** Every alarm of Postern. Each has an entry of the same name in the runbook. */
export const ALARMS = {
  ReplayDetected: {
    severity: 'page',
    description: 'A used callback token came again with another payload: somebody else may have it.',
    watched: { metric: 'ReplayDetected' },
    ...AT_ONCE,
  },
  CallbackUnavailable: {
    severity: 'page',
    description: 'Callbacks are answered with 503: the store or the key service does not answer.',
    watched: { metric: 'CallbackUnavailable' },
    ...AT_ONCE,
  },
  TaskExpired: {
    severity: 'ticket',
    description: 'More tasks than usual end without a result: a processor may have stopped calling back.',
    watched: { metric: 'TaskExpired' },
    ...AT_ONCE,
    period: Duration.minutes(15),
    threshold: ({ toleratedExpiries }) => toleratedExpiries + 1,
  },
  TokenRefused: {
    severity: 'ticket',
    description:
      'More callbacks than usual are refused for their token: a processor is broken, or somebody is guessing.',
    watched: { metric: 'TokenRefused' },
    ...AT_ONCE,
    period: Duration.minutes(15),
    threshold: ({ toleratedRefusals }) => toleratedRefusals + 1,
  },
  PublishDeadLetters: {
    severity: 'page',
    description: 'A change of a task could not be published: applications wait for an event that does not come.',
    watched: { deadLettersOf: 'publish' },
    ...NOT_EMPTY,
  },
  ExpireDeadLetters: {
    severity: 'ticket',
    description: 'Tasks whose time is over could not be expired twice in a row: their events are late.',
    watched: { deadLettersOf: 'expire' },
    ...NOT_EMPTY,
  },
  ArriveDeadLetters: {
    severity: 'page',
    description: 'An uploaded result arrived and could not be recorded: its task does not know of it.',
    watched: { deadLettersOf: 'arrive' },
    ...NOT_EMPTY,
  },
} as const satisfies Record<OutcomeAlarmName, AlarmDefinition> & Record<string, AlarmDefinition>;

export type AlarmName = keyof typeof ALARMS;

/** Where the runbook tells what to do: its headings are the names of the alarms. */
export const runbookAnchor = (name: AlarmName): string => `docs/runbook.md#${name.toLowerCase()}`;
