import { Duration } from 'aws-cdk-lib';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { sendsWork } from '../config/dispatches.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { onFirst, onSum, whileNonEmpty } from './alarm-definition.ts';
import { deadLettersOf, ofFunctions } from './aws-metrics.ts';
import { ownMetric } from './own-metrics.ts';
import type { Sources } from './sources.ts';

/**
 * The functions that send work. `queue-outcomes` is in the alarms of workflows if the environment resumes some: one failure raises
 * one alarm.
 */
const dispatching = ({ functions }: Sources): readonly ('dispatch' | 'queue-outcomes')[] =>
  functions.resume === undefined ? ['queue-outcomes', 'dispatch'] : ['dispatch'];

const ofDispatching =
  (metric: 'Errors' | 'Throttles'): AlarmDefinition['metrics'] =>
  (sources) => {
    const names: readonly FunctionName[] = dispatching(sources);
    return ofFunctions(metric, (name) => names.includes(name))(sources);
  };

/** Alarms of an environment that sends work to processors. */
export const DISPATCH_ALARMS = {
  DispatchFailed: {
    // A ticket: the task shows the reason, and its application got an event.
    severity: 'ticket',
    description: 'The work of a task could not be sent to its processor, and no attempt follows.',
    metrics: ownMetric('DispatchFailed'),
    exists: sendsWork,
    ...onFirst,
  },
  DispatchDelayed: {
    severity: 'page',
    description: 'An attempt to send work is due and is not made. The time of the task passes meanwhile.',
    metrics: ownMetric('DispatchOldest'),
    exists: sendsWork,
    ...whileNonEmpty,
    period: Duration.minutes(5),
    threshold: ({ toleratedDispatchDelay }) => toleratedDispatchDelay.toSeconds(),
  },
  ProcessorUnreachable: {
    // A ticket: the breaker tries again by itself. Work that runs out of time raises `DispatchFailed`.
    severity: 'ticket',
    description: 'A processor does not answer, or wants no more work. Postern stopped to send to it.',
    metrics: ownMetric('ProcessorPaused'),
    exists: sendsWork,
    ...onFirst,
  },
  DispatchDeadLetters: {
    severity: 'page',
    description: 'A message about a task, or a search for overdue tasks, failed repeatedly. Work may be sent late.',
    metrics: (sources) => deadLettersOf(...dispatching(sources))(sources),
    exists: sendsWork,
    ...onSum,
    statistic: 'Maximum',
  },
  DispatchErrors: {
    severity: 'ticket',
    description: 'Functions that send work to processors end without an answer. Their work is repeated.',
    metrics: ofDispatching('Errors'),
    exists: sendsWork,
    ...onSum,
  },
  DispatchThrottles: {
    severity: 'ticket',
    description: 'Lambda throttles functions that send work to processors. Their work is repeated.',
    metrics: ofDispatching('Throttles'),
    exists: sendsWork,
    ...onSum,
  },
} as const satisfies Record<string, AlarmDefinition>;
