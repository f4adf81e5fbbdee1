import { Duration } from 'aws-cdk-lib';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DispatchState } from '../../lambda/contract/dispatch.ts';
import { DISPATCH_QUEUED_CHANGES, INPUT_ENDS } from '../../lambda/contract/dispatch-changes.ts';
import type { ResumeState } from '../../lambda/contract/resume.ts';
import { WORKFLOW_CHANGES } from '../../lambda/contract/task.ts';
import type { Environment } from '../config/environment.ts';
import type { FunctionBundles } from '../functions/bundles.ts';
import { PosternFunction } from '../functions/postern-function.ts';
import { capitalize, FUNCTION_IDS } from '../names.ts';
import type { State } from '../state/state.ts';
import { deadLetterQueue, grantSend } from './dead-letters.ts';
import type { DispatchQueues } from './dispatch-queues.ts';
import { mapStream } from './stream-mapping.ts';

export interface ChangeQueuingProps {
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
  readonly state: Pick<State, 'tasks' | 'lookups' | 'logKey'>;
  /** Queue of outcomes for waiting workflows. Undefined if no application may resume one. */
  readonly outcomes: IQueue | undefined;
  /** Queues of processors. Undefined if the environment sends no work. */
  readonly dispatchQueues: DispatchQueues | undefined;
}

/**
 * Reads the stream of tasks into queues: outcomes for waiting workflows, and work for processors. One function does both, because at
 * most two functions may read a stream, and `publish` is the other one.
 */
export class ChangeQueuing extends Construct {
  readonly function: PosternFunction<'queue-outcomes'>;
  /** Changes that could not be queued. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: ChangeQueuingProps) {
    super(scope, id);
    const { bundles, dispatchQueues, environment, outcomes, state } = props;
    this.deadLetters = deadLetterQueue(this, 'ChangeDeadLetters');
    this.function = new PosternFunction(this, capitalize(FUNCTION_IDS['queue-outcomes']), {
      environment,
      bundles,
      logKey: state.logKey,
      name: 'queue-outcomes',
      description: 'Queues outcomes of tasks for waiting workflows, and work for processors',
      timeout: Duration.seconds(60),
      connect: (grantee) => {
        grantSend(this.deadLetters, grantee);
        if (outcomes !== undefined) grantSend(outcomes, grantee);
        return {
          OUTCOME_QUEUE_URL: outcomes?.queueUrl,
          ...(dispatchQueues === undefined
            ? { DISPATCH_QUEUE_PREFIX: undefined, LOOKUPS_TABLE: undefined }
            : { ...dispatchQueues.grantSend(grantee), ...state.lookups.grantDeleteInputs(grantee) }),
        };
      },
    });
    mapStream(this, 'Changes', {
      table: state.tasks,
      function: this.function,
      deadLetters: this.deadLetters,
      filters: [...(outcomes === undefined ? [] : [OUTCOMES]), ...(dispatchQueues === undefined ? [] : DISPATCHES)],
    });
  }
}

/** Records of changes that are sent to the workflow of a task, until the workflow has its outcome. */
const OUTCOMES = {
  dynamodb: {
    NewImage: {
      change: { S: [...WORKFLOW_CHANGES] },
      resume: { M: { state: { S: ['pending' satisfies ResumeState] } } },
    },
  },
};

/** Records of changes after which the dispatcher looks at a task, or the input of a task is deleted. */
const DISPATCHES = [
  {
    dynamodb: {
      NewImage: {
        change: { S: [...DISPATCH_QUEUED_CHANGES] },
        dispatch: { M: { state: { S: ['queued' satisfies DispatchState] } } },
      },
    },
  },
  {
    dynamodb: {
      NewImage: { change: { S: [...INPUT_ENDS] }, dispatch: { M: { state: { S: [{ exists: true }] } } } },
    },
  },
];
