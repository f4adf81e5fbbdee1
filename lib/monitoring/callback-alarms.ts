import { Duration } from 'aws-cdk-lib';
import type { AlarmName as OutcomeAlarmName } from '../../lambda/contract/metrics.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { AT_ONCE } from './alarm-definition.ts';
import { counted } from './sources.ts';

/** Alarms on what the functions count. */
export const CALLBACK_ALARMS = {
  ReplayDetected: {
    severity: 'page',
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
} as const satisfies Record<OutcomeAlarmName, AlarmDefinition> & Record<string, AlarmDefinition>;
