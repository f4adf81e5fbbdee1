import { Duration } from 'aws-cdk-lib';
import type { AlarmDefinition } from './alarm-definition.ts';
import { NOT_EMPTY } from './alarm-definition.ts';
import { deadLettersOf, ofFunctions } from './aws-metrics.ts';

/** Alarms on the functions that nobody waits for. */
export const BACKGROUND_ALARMS = {
  PublishDelayed: {
    severity: 'page',
    description: 'Changes of tasks wait to be published: applications do not hear of results that are there.',
    watched: ofFunctions('IteratorAge', (name) => name === 'publish'),
    ...NOT_EMPTY,
    period: Duration.minutes(5),
    threshold: ({ toleratedPublishDelay }) => toleratedPublishDelay.toMilliseconds(),
  },
  PublishDeadLetters: {
    severity: 'page',
    description: 'A change of a task could not be published: applications wait for an event that does not come.',
    watched: deadLettersOf('publish'),
    ...NOT_EMPTY,
  },
  ExpireDeadLetters: {
    severity: 'ticket',
    description: 'Tasks whose time is over could not be expired twice in a row: their events are late.',
    watched: deadLettersOf('expire'),
    ...NOT_EMPTY,
  },
  ArriveDeadLetters: {
    severity: 'page',
    description: 'An uploaded result arrived and could not be recorded: its task does not know of it.',
    watched: deadLettersOf('complete-upload'),
    ...NOT_EMPTY,
  },
} as const satisfies Record<string, AlarmDefinition>;
