import { Duration, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { DeduplicationScope, FifoThroughputLimit, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { Environment } from '../config/environment.ts';
import type { FunctionBundles } from '../functions/bundles.ts';
import { PosternFunction } from '../functions/postern-function.ts';
import { capitalize, FUNCTION_IDS } from '../names.ts';
import type { State } from '../state/state.ts';
import type { WorkflowTokenKey } from '../state/workflow-token-key.ts';
import { acceptServiceKey, deadLetterQueue, grantSend, QUEUE_PROPS } from './dead-letters.ts';
import { grantResumeWorkflows } from './workflow-grants.ts';

export interface WorkflowResumptionProps {
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
  readonly state: Pick<State, 'tasks' | 'lookups' | 'payloads' | 'logKey'>;
  readonly key: WorkflowTokenKey;
}

/** Longer than the attempts of all calls of one outcome, and shorter than `redrive` waits for a result. */
const RESUME_TIMEOUT = Duration.seconds(60);

/**
 * Receives of a message until SQS itself moves it to the dead letters: the most that SQS allows. The function gives an outcome up
 * after 24 hours (`RESUME_DELIVERY`), and no outcome comes so far by then. With the shortest waits, half of 2, 4, … 512 s and then of
 * 900 s, 24 hours have 9 + (86,400 - 511) / 450 = 200 receives. If no wait can be set, each lasts the visibility timeout of 360 s,
 * which makes 240.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const MAX_RECEIVES = 1_000;

/**
 * Most executions of `resume` at the same time. A workflow's service that hangs must not take the account's executions, which the
 * functions behind the load balancer need. An execution usually takes less than 200 ms, so that 500 outcomes a second are told.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const MAX_CONCURRENCY = 100;

/**
 * Tells waiting workflows the outcomes of their tasks. `ChangeQueuing` reads the stream of tasks into a FIFO queue. A function takes
 * outcomes from the queue and calls the workflow. A task is a message group, so its outcomes stay in order, and an outcome that
 * waits for its next attempt delays no other task. The queue takes as many messages as a FIFO queue can:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
 */
export class WorkflowResumption extends Construct {
  readonly function: PosternFunction<'resume'>;
  /** Outcomes that were given up. */
  readonly deadLetters: Queue;
  /** Outcomes that wait. */
  readonly outcomes: Queue;

  constructor(scope: Construct, id: string, { environment, bundles, key, state }: WorkflowResumptionProps) {
    super(scope, id);
    const { lookups, payloads, tasks } = state;
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', { isFifo: true });
    this.outcomes = new Queue(this, 'Outcomes', {
      ...QUEUE_PROPS,
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      // Six times the timeout of the function: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(6 * RESUME_TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
    acceptServiceKey(this.outcomes);

    this.function = new PosternFunction(this, capitalize(FUNCTION_IDS.resume), {
      environment,
      bundles,
      logKey: state.logKey,
      name: 'resume',
      description: 'Tells waiting workflows the outcomes of tasks',
      timeout: RESUME_TIMEOUT,
      connect: (grantee) => {
        grantResumeWorkflows(environment.resumeTargets, grantee);
        return {
          ...tasks.grantResume(grantee),
          ...lookups.grantKeepHeartbeats(grantee),
          ...payloads.grantReadCallbacks(grantee),
          ...key.grantDecrypt(grantee),
          ...this.grantWork(grantee),
        };
      },
    });
    const mapping = new EventSourceMapping(this, 'Deliveries', {
      target: this.function.alias,
      eventSourceArn: this.outcomes.queueArn,
      // An outcome that is slow or fails delays no other one.
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency: MAX_CONCURRENCY,
    });
    // Lambda checks the role's permissions when the mapping is created.
    mapping.node.addDependency(this.function.role);
    Validations.of(mapping).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason: 'A queue has no destination of its mapping: a message that fails stays, and its queue has dead letters.',
    });
  }

  /** Lets a function take outcomes from the queue, and give them up. Its mapping uses the same role. */
  private grantWork(grantee: IGrantable): Pick<Variables<'resume'>, 'OUTCOME_QUEUE_URL' | 'DEAD_LETTER_QUEUE_URL'> {
    Grant.addToPrincipal({
      grantee,
      actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      resourceArns: [this.outcomes.queueArn],
    });
    grantSend(this.deadLetters, grantee);
    return { OUTCOME_QUEUE_URL: this.outcomes.queueUrl, DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl };
  }
}
