import { Duration } from 'aws-cdk-lib';
import type { AlarmName as OutcomeAlarmName } from '../../lambda/contract/metrics.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { AT_ONCE } from './alarm-definition.ts';
import { counted } from './own-metrics.ts';

/** Alarms on what the functions count. */
export const CALLBACK_ALARMS = {
  ReplayDetected: {
    severity: 'page',
    concern: 'security',
    description: 'A used callback token came again with another payload: somebody else may have it.',
    watched: counted('ReplayDetected'),
    ...AT_ONCE,
  },
  CallbackUnavailable: {
    severity: 'page',
    description: 'Callbacks are answered with 503: the store or the key service does not answer.',
    watched: counted('CallbackUnavailable'),
    ...AT_ONCE,
  },
  TaskExpired: {
    severity: 'ticket',
    description: 'More tasks than usual end without a result: a processor may have stopped calling back.',
    watched: counted('TaskExpired'),
    ...AT_ONCE,
    period: Duration.minutes(15),
    threshold: ({ toleratedExpiries }) => toleratedExpiries + 1,
  },
  TokenRefused: {
    severity: 'ticket',
    description:
      'More callbacks than usual are refused for their token: a processor is broken, or somebody is guessing.',
    watched: counted('TokenRefused'),
    ...AT_ONCE,
    period: Duration.minutes(15),
    threshold: ({ toleratedRefusals }) => toleratedRefusals + 1,
  },
  CallbackLatency: {
    severity: 'ticket',
    description: 'Callbacks take longer than usual, for a quarter of an hour: processors may give up on them.',
    watched: counted('CallbackLatency'),
    ...AT_ONCE,
    // With few callbacks this is the slowest of them, which a cold start alone can make: not three times in a row.
    statistic: 'p99',
    period: Duration.minutes(5),
    evaluationPeriods: 3,
    threshold: ({ toleratedLatency }) => toleratedLatency.toMilliseconds(),
  },
} as const satisfies Record<OutcomeAlarmName, AlarmDefinition> & Record<string, AlarmDefinition>;
