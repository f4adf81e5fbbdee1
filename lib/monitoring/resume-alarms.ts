import { Duration } from 'aws-cdk-lib';
import { WAIT_IS_OVER } from '../../lambda/contract/resume.ts';
import { sendsWork } from '../config/dispatches.ts';
import { resumesWorkflows } from '../config/resumes.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { onFirst, onSum, whileNonEmpty } from './alarm-definition.ts';
import { ageOfOutcomes, deadLettersOf, isResuming, ofFunctions } from './aws-metrics.ts';
import { ownMetric, ownMetricBy } from './own-metrics.ts';

/** Alarms of an environment whose applications resume workflows. */
export const RESUME_ALARMS = {
  ResumeRefused: {
    // A ticket: the outcome is stored, and the task shows the reason.
    severity: 'ticket',
    description: 'A workflow waits for the outcome of its task, and will not be told.',
    metrics: ownMetric('ResumeRefused'),
    // A workflow whose wait is over does not wait any more. Each retry of a state ends the wait of its earlier attempt.
    except: (sources) => ownMetricBy('ResumeRefused', WAIT_IS_OVER, sources),
    exists: resumesWorkflows,
    ...onFirst,
  },
  ResumeDelayed: {
    severity: 'page',
    description: 'The outcome of a task waits in the queue, and its workflow waits for it.',
    // Our own metric `ResumeDelay` is written when a workflow was told. It says nothing about those that still wait.
    metrics: ageOfOutcomes,
    exists: resumesWorkflows,
    ...whileNonEmpty,
    period: Duration.minutes(5),
    threshold: ({ toleratedResumeDelay }) => toleratedResumeDelay.toSeconds(),
  },
  OutcomesDelayed: {
    severity: 'page',
    description:
      'Changes of tasks are queued late. Workflows wait for results that are stored, and processors for work.',
    metrics: ofFunctions('IteratorAge', (name) => name === 'queue-outcomes'),
    exists: (environment) => resumesWorkflows(environment) || sendsWork(environment),
    ...whileNonEmpty,
    period: Duration.minutes(5),
    threshold: ({ toleratedResumeDelay }) => toleratedResumeDelay.toMilliseconds(),
  },
  ResumeDeadLetters: {
    severity: 'page',
    description:
      'An outcome was not queued, or was given up after 24 hours. A workflow waits for a result that does not come.',
    metrics: deadLettersOf('queue-outcomes', 'resume'),
    exists: resumesWorkflows,
    ...onSum,
    statistic: 'Maximum',
  },
  ResumeErrors: {
    severity: 'ticket',
    description: 'Functions that resume workflows end without an answer. Their work is repeated.',
    metrics: ofFunctions('Errors', isResuming),
    exists: resumesWorkflows,
    ...onSum,
  },
  ResumeThrottles: {
    severity: 'ticket',
    description: 'Lambda throttles functions that resume workflows. Their work is repeated.',
    metrics: ofFunctions('Throttles', isResuming),
    exists: resumesWorkflows,
    ...onSum,
  },
} as const satisfies Record<string, AlarmDefinition>;
