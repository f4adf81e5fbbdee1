import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedResource } from '../resource.ts';
import { type Message, Messages } from './sqs-messages.ts';
import { type QueueDefinition, readQueue } from './sqs-queue-definition.ts';

export interface Queue extends QueueDefinition {
  readonly arn: string;
  readonly file: string;
}

/** What the sender of a message may say about it. */
export interface SendOptions {
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** Seconds until the message can be received. @default 0 */
  readonly delay?: number | undefined;
}

export type SentMessage = Pick<Message, 'messageId' | 'sequenceNumber'>;

export type ReceivedMessage = Message & Required<Pick<Message, 'receipt' | 'receives' | 'firstReceivedAt'>>;

/** Result of a call with a receipt handle. A handle is `invalid` if this queue never gave it out. */
export type ReceiptOutcome = 'done' | 'not in flight' | 'invalid';

/** The queues of one account and region. Each change is in the queue's file before the call returns. */
export class Queues {
  readonly #folder: string;
  readonly #arnPrefix: string;
  readonly #now: () => number;
  readonly #queues = new Map<string, Queue>();
  readonly #messages = new Map<string, Messages>();
  /** JSON text by the name of the queue. */
  readonly #policies = new Map<string, string>();

  constructor(folder: string, region: string, accountId: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#arnPrefix = `arn:aws:sqs:${region}:${accountId}:`;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /**
   * The queue of an `AWS::SQS::Queue`, named by the template or else by its logical id.
   * @throws {Error} naming the queue and the property that is wrong or not done here
   */
  ensureQueue(resource: ResolvedResource): Queue {
    const definition = readQueue(resource);
    const { name } = definition;
    const queue = { ...definition, arn: `${this.#arnPrefix}${name}`, file: join(this.#folder, `${name}.jsonl`) };
    this.#queues.set(name, queue);
    this.#messages.set(name, new Messages(queue.file, queue.deduplicationScope, this.#now));
    return queue;
  }

  /** Removes a queue with its messages. */
  remove({ file, name }: Queue): void {
    this.#queues.delete(name);
    this.#messages.delete(name);
    this.#policies.delete(name);
    rmSync(file, { force: true });
  }

  /** Names of all queues, in the order in which they were made. */
  names(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Sets the resource policy of a queue. Only what delivers events of EventBridge reads it. */
  setPolicy({ name }: Queue, policy: string): void {
    this.#policies.set(name, policy);
  }

  policyOf({ name }: Queue): string | undefined {
    return this.#policies.get(name);
  }

  /** @throws {Error} naming a queue whose dead-letter queue is none of these */
  assertDeadLetterQueues(): void {
    for (const { name, redrive } of this.#queues.values()) {
      if (redrive === undefined || this.find(redrive.deadLetterArn) !== undefined) continue;
      throw new Error(`Queue ${name}: there is no dead-letter queue ${redrive.deadLetterArn}.`);
    }
  }

  /** Finds a queue by its URL (`…/ACCOUNT/NAME`) or ARN. */
  find(id: string): Queue | undefined {
    if (id.startsWith('arn:')) return [...this.#queues.values()].find(({ arn }) => arn === id);
    return this.#queues.get(id.slice(id.lastIndexOf('/') + 1));
  }

  /**
   * Sends a message. A FIFO queue that got one with the same deduplication id in the last five minutes sends none, and
   * returns the earlier one.
   */
  send(queue: Queue, body: string, { deduplicationId, delay = 0, groupId }: SendOptions = {}): SentMessage {
    const messages = this.#messagesOf(queue);
    const id = deduplicationId ?? (queue.deduplicatesByContent ? sha256Of(body) : undefined);
    const duplicate = id === undefined ? undefined : messages.duplicateOf(id, groupId);
    if (duplicate !== undefined) return duplicate;
    const now = this.#now();
    const message = {
      messageId: randomUUID(),
      sentAt: new Date(now).toISOString(),
      body,
      ...(groupId !== undefined && { groupId }),
      ...(id !== undefined && { deduplicationId: id }),
      ...(queue.isFifo && { sequenceNumber: messages.nextSequenceNumber() }),
      ...(delay > 0 && { delayedUntil: now + delay * 1_000 }),
    };
    messages.add(message);
    return message;
  }

  /**
   * Returns the oldest visible messages, and hides them. A FIFO queue returns none of a group of which a message is hidden. A
   * message that was received as often as the queue allows goes to the dead-letter queue instead.
   * @param seconds time for which they are hidden. @default the queue's visibility timeout
   */
  receive(queue: Queue, limit: number, seconds: number = queue.visibilityTimeout): readonly ReceivedMessage[] {
    const now = this.#now();
    const messages = this.#messagesOf(queue);
    const all = messages.all();
    const busy = new Set(all.filter((message) => queue.isFifo && isHidden(message, now)).map(({ groupId }) => groupId));
    const received: ReceivedMessage[] = [];
    for (const message of all) {
      if (received.length === limit) break;
      if (isHidden(message, now) || isDelayed(message, now) || (queue.isFifo && busy.has(message.groupId))) continue;
      const { messageId, firstReceivedAt = now, receives = 0 } = message;
      if (queue.redrive !== undefined && receives >= queue.redrive.maxReceiveCount) {
        this.#moveToDeadLetters(queue, message, queue.redrive.deadLetterArn);
        continue;
      }
      const change = {
        receipt: `${messageId}#${randomUUID()}`,
        receives: receives + 1,
        firstReceivedAt,
        hiddenUntil: now + seconds * 1_000,
      };
      messages.change(message, change);
      received.push({ ...message, ...change });
    }
    return received;
  }

  /**
   * Deletes a message. With a handle of an earlier receive a standard queue succeeds and deletes nothing, as SQS documents. A
   * FIFO queue refuses it, also when the visibility timeout of the handle has ended.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
   */
  delete(queue: Queue, receipt: string): 'done' | 'expired' | 'invalid' {
    if (!isReceipt(receipt)) return 'invalid';
    const messages = this.#messagesOf(queue);
    const message = messages.get(messageIdOf(receipt));
    if (message === undefined) return 'done';
    const isLast = message.receipt === receipt;
    if (queue.isFifo && !(isLast && isHidden(message, this.#now()))) return 'expired';
    if (isLast) messages.delete(message);
    return 'done';
  }

  /** Changes for how many seconds from now a received message is hidden. */
  hide(queue: Queue, receipt: string, seconds: number): ReceiptOutcome {
    if (!isReceipt(receipt)) return 'invalid';
    const now = this.#now();
    const messages = this.#messagesOf(queue);
    const message = messages.get(messageIdOf(receipt));
    if (message?.receipt !== receipt || !isHidden(message, now)) return 'not in flight';
    messages.change(message, { hiddenUntil: now + seconds * 1_000 });
    return 'done';
  }

  /** Counts the messages that can be received, and those that are hidden after a receive. See `countDelayed`. */
  count(queue: Queue): { readonly visible: number; readonly hidden: number } {
    const all = this.#messagesOf(queue).all();
    const hidden = all.filter((message) => isHidden(message, this.#now())).length;
    return { visible: all.length - hidden - this.countDelayed(queue), hidden };
  }

  /** Counts the messages whose delay has not ended. */
  countDelayed(queue: Queue): number {
    const now = this.#now();
    return this.#messagesOf(queue)
      .all()
      .filter((message) => isDelayed(message, now)).length;
  }

  /** The message is new in the dead-letter queue, but for its id, its body, its group and, in a standard queue, its time. */
  #moveToDeadLetters(queue: Queue, { body, deduplicationId, groupId, messageId, sentAt }: Message, arn: string): void {
    const target = this.find(arn);
    if (target === undefined) throw new Error(`The dead-letter queue ${arn} of ${queue.arn} does not exist.`);
    const messages = this.#messagesOf(target);
    messages.add({
      messageId,
      sentAt: queue.isFifo ? new Date(this.#now()).toISOString() : sentAt,
      body,
      ...(groupId !== undefined && { groupId }),
      ...(deduplicationId !== undefined && { deduplicationId }),
      ...(target.isFifo && { sequenceNumber: messages.nextSequenceNumber() }),
      deadLetterSourceArn: queue.arn,
    });
    this.#messagesOf(queue).delete({ messageId });
  }

  #messagesOf({ name }: Queue): Messages {
    const messages = this.#messages.get(name);
    if (messages === undefined) throw new Error(`There is no queue ${name}.`);
    return messages;
  }
}

const isHidden = ({ hiddenUntil = 0 }: Message, now: number): boolean => hiddenUntil > now;

const isDelayed = ({ delayedUntil = 0 }: Message, now: number): boolean => delayedUntil > now;

const isReceipt = (receipt: string): boolean => /^[0-9a-f-]{36}#[0-9a-f-]{36}$/.test(receipt);

const messageIdOf = (receipt: string): string => receipt.slice(0, receipt.indexOf('#'));

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
