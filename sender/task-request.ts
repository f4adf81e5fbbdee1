import type { Duration } from 'aws-cdk-lib';
import { type Capability, DEFAULT_CALLBACKS } from '../lambda/contract/capabilities.ts';
import type { Carrier } from '../lambda/contract/carriers.ts';
import { toOperand } from './jsonata.ts';

/**
 * Properties of the request that a state sends. A text is a literal, or an expression in JSONata: `{% $states.input.invoice %}`. Texts
 * inside `metadata` and `input` can be expressions too.
 */
export interface TaskRequestProps {
  /** Id of a processor. */
  readonly processor: string;
  /** The sender's own name for the thing that the work is about, 1 to 256 characters. */
  readonly resource: string;
  /**
   * User or tenant that the work is done for.
   * @default none
   */
  readonly owner?: string;
  /** Lifetime of the task, in whole seconds from 1 minute to the processor's maximum. */
  readonly expiresIn: Duration;
  /**
   * The task expires if no progress comes for this time: 30 seconds to `expiresIn`.
   * @default none
   */
  readonly heartbeat?: Duration;
  /** @default result and failure, and with `heartbeat` progress too */
  readonly callbacks?: readonly Capability[];
  /** @default the first carrier of the processor */
  readonly carrier?: Carrier;
  /**
   * A JSON object of up to 2 KB, which events contain.
   * @default none
   */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * The input of the processor, if Postern sends the work. Otherwise data for the opener, under `input` of its event: then it is no
   * part of the request.
   * @default none
   */
  readonly input?: unknown;
  /**
   * ARN of the state machine, as `resumes` of the application names it, for an application that may resume workflows of several
   * accounts or Regions.
   * @default none: Postern sends to the only account and Region that the application may resume
   */
  readonly stateMachineArn?: string;
}

/** SHA-256 in hex, 64 characters: within the limits of the idempotency key and of `supersedes`. */
const hash = (operand: string): string => `{% $hash(${operand}, "SHA-256") %}`;

/**
 * Each attempt of a state has another task token. Within an attempt, the opener may invoke the target again after a lost answer. A key
 * of execution, state and number of retries would come again in a loop, in the iterations of a Map state and after a redrive.
 */
const IDEMPOTENCY_KEY = hash('$states.context.Task.Token');

/**
 * Names the place in the workflow that waits: the same for all attempts, and another one for each iteration of a Map state, whose tasks
 * would cancel each other otherwise. The documentation has `Map.Item.Index` in examples of item selection only, so the resource
 * is a part of the name too.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
 */
const supersedes = (resource: string): string => hash(`$string([${[...PLACE, toOperand(resource)].join(', ')}])`);

/** Outside of a Map state, JSONata omits the index from the list. */
const PLACE = [
  '$states.context.Execution.Id',
  '$states.context.State.Name',
  '$string($states.context.Map.Item.Index)',
] as const;

/** Returns the callbacks of a task. Without progress, a task with a heartbeat would always expire. */
export const callbacksOf = ({
  callbacks,
  heartbeat,
}: Pick<TaskRequestProps, 'callbacks' | 'heartbeat'>): readonly Capability[] | undefined =>
  callbacks ?? (heartbeat === undefined ? undefined : [...DEFAULT_CALLBACKS, 'progress']);

/** Returns the event of the opener: the request for the invocation target, and `input`. */
export const requestOf = (props: TaskRequestProps): Record<string, unknown> => {
  const { carrier, expiresIn, heartbeat, input, metadata, owner, processor, resource, stateMachineArn } = props;
  const callbacks = callbacksOf(props);
  return {
    processor,
    resource,
    ...(owner !== undefined && { owner }),
    expiresIn: expiresIn.toSeconds(),
    ...(heartbeat !== undefined && { heartbeat: heartbeat.toSeconds() }),
    ...(callbacks !== undefined && { callbacks: [...callbacks] }),
    ...(carrier !== undefined && { carrier }),
    ...(metadata !== undefined && { metadata }),
    idempotencyKey: IDEMPOTENCY_KEY,
    supersedes: supersedes(resource),
    resume: {
      kind: 'stepFunctions',
      taskToken: '{% $states.context.Task.Token %}',
      ...(stateMachineArn !== undefined && { arn: stateMachineArn }),
    },
    ...(input !== undefined && { input }),
  };
};
