import type { Carrier } from '../../../lambda/contract/carriers.ts';
import { MAX_CONFORMANCE_UPLOAD_BYTES } from '../../../lambda/contract/conformance.ts';
import { MAX_BODY_BYTES } from '../../../lambda/contract/limits.ts';
import type { Clock } from '../clock.ts';
import type { KitProof } from '../read-proof.ts';
import { createAnswerRequest } from './answer-request.ts';
import { describeAnswer } from './describe-answer.ts';
import type { Exchange, SentRequest } from './exchange.ts';
import type { PlanAnswer } from './fault.ts';
import type { FrontAnswer } from './front-answers.ts';
import { type ReceivedRequest, startHttpServer } from './http-server.ts';
import { createKitReceiver } from './kit-receiver.ts';
import { createKitRegistry } from './kit-registry.ts';
import { createKitSigningKey } from './kit-signing-key.ts';
import { createMemoryStore } from './memory-store.ts';
import { createObjects, OBJECTS_PATH } from './objects.ts';
import { type OpenTask, openTask, type TaskSetUp } from './open-task.ts';
import { placeOf } from './place-request.ts';

export interface KitGatewayOptions extends KitProof {
  /** 0 picks a free one. */
  readonly port: number;
  readonly carrier: Carrier;
  /** Content types that were agreed on. */
  readonly contentTypes: readonly string[];
  readonly clock: Clock;
  /** Milliseconds without a byte after which a body counts as incomplete. */
  readonly idleMilliseconds: number;
  /** Answers requests that are not of a processor. @default none */
  readonly control?: (method: string, path: string) => Promise<FrontAnswer | undefined>;
  /** Called for a request that belongs to no task. @default ignored */
  readonly onStray?: (request: ReceivedRequest) => void;
}

/** A task of one case, and what a processor has sent to it. */
export interface KitTask extends OpenTask {
  /** In the order in which they were answered. */
  readonly exchanges: readonly Exchange[];
  /** Texts that let their bearer deliver, those of presigned URLs included. */
  readonly secrets: readonly string[];
}

export interface KitGateway {
  readonly origin: string;
  /**
   * Opens a task.
   * @param changed called after each exchange
   */
  open(setUp: TaskSetUp, plan: PlanAnswer, changed: () => void): Promise<KitTask>;
  stop(): Promise<void>;
}

/** A task with the lists that grow. */
export interface PlayedTask extends OpenTask {
  readonly plan: PlanAnswer;
  readonly exchanges: Exchange[];
  readonly secrets: string[];
  readonly changed: () => void;
}

/**
 * Plays a gateway on this machine. Requests go through the receiver's own checks, and get its answers, unless the plan of the
 * task says otherwise.
 */
export const startKitGateway = async (options: KitGatewayOptions): Promise<KitGateway> => {
  const { clock, control, onStray } = options;
  const tasks: PlayedTask[] = [];
  const withSurplus = new WeakSet<ReceivedRequest>();
  const finished = new WeakMap<ReceivedRequest, () => void>();
  let answerTask: ReturnType<typeof createAnswerRequest>;

  const answer = async (received: ReceivedRequest): Promise<FrontAnswer | undefined> => {
    const controlled = await control?.(received.method, received.target);
    if (controlled !== undefined) return controlled;
    const { request, task } = placeOf(received, server.origin, tasks);
    if (task === undefined) onStray?.(received);
    const played = task?.exchanges.filter((exchange) => exchange.answer.isPlanned) ?? [];
    const fault = task?.plan(request, played);
    const { isPlanned, reply } = await answerTask(request, task, fault);
    if (task !== undefined) finished.set(received, () => record(task, received, request, reply, isPlanned));
    return reply;
  };

  const record = (
    task: PlayedTask,
    received: ReceivedRequest,
    request: SentRequest,
    reply: FrontAnswer | undefined,
    isPlanned: boolean,
  ): void => {
    const length = withSurplus.has(received) ? 'surplus' : request.length;
    task.exchanges.push({ ...request, length, answer: describeAnswer(reply, isPlanned), answeredAt: clock.elapsed() });
    task.changed();
  };

  const server = await startHttpServer({
    port: options.port,
    clock,
    idleMilliseconds: options.idleMilliseconds,
    bodyLimitOf: (target) => (target.startsWith(OBJECTS_PATH) ? MAX_CONFORMANCE_UPLOAD_BYTES : MAX_BODY_BYTES),
    answer,
    answered: (received) => finished.get(received)?.(),
    surplus: (received) => withSurplus.add(received),
  });

  const { origin } = server;
  const { now } = clock;
  const store = createMemoryStore();
  const key = createKitSigningKey();
  const registry = createKitRegistry(options);
  const taskOfKey = (objectKey: string) => tasks.find(({ taskId }) => objectKey.includes(taskId));
  const objects = createObjects({
    origin,
    now,
    signText: key.signText,
    presigned: (objectKey, signature) => taskOfKey(objectKey)?.secrets.push(signature),
    stored: (objectKey) => store.closeTask(taskOfKey(objectKey)?.taskId ?? '', 'succeeded'),
  });
  const receiver = createKitReceiver({
    origin,
    now,
    registry,
    keys: key.keys,
    store,
    payloads: objects,
    webhookSecret: options.webhookSecret,
  });
  answerTask = createAnswerRequest({ origin, contentTypes: options.contentTypes, objects, receiver, store });

  return {
    origin,
    open: async (setUp, plan, changed) => {
      const opened = await openTask({ origin, registry, carrier: options.carrier, key, store, now }, setUp);
      const task: PlayedTask = { ...opened, secrets: [...opened.secrets], plan, changed, exchanges: [] };
      tasks.push(task);
      return task;
    },
    stop: server.stop,
  };
};
