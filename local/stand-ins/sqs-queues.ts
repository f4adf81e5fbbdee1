import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedResource } from '../resource.ts';

export interface Queue {
  readonly name: string;
  readonly arn: string;
  /**
   * File of the queue, one JSON document per line: a message that was sent (`messageId`, `sentAt`, `body`), or a later
   * change of it (`messageId` with `deleted`, or with `receipt`, `receives`, `firstReceivedAt` and `hiddenUntil`).
   */
  readonly file: string;
}

/** A message of a queue. Times other than `sentAt` are milliseconds since 1970. */
interface Message {
  readonly messageId: string;
  readonly sentAt: string;
  readonly body: string;
  /** The handle of the last receive; others do nothing. */
  readonly receipt?: string;
  readonly receives?: number;
  readonly firstReceivedAt?: number;
  readonly hiddenUntil?: number;
}

export type ReceivedMessage = Message & Required<Pick<Message, 'receipt' | 'receives' | 'firstReceivedAt'>>;

/** Result of a call with a receipt handle. A handle is `invalid` if this queue never gave it out. */
export type ReceiptOutcome = 'done' | 'not in flight' | 'invalid';

/** The queues of one account and region. Each change is in the queue's file before the call returns. */
export class Queues {
  readonly #folder: string;
  readonly #arnPrefix: string;
  readonly #now: () => number;
  readonly #queues = new Map<string, Queue>();
  /** Messages by queue and id, in the order in which they were sent. */
  readonly #messages = new Map<string, Map<string, Message>>();

  constructor(folder: string, region: string, accountId: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#arnPrefix = `arn:aws:sqs:${region}:${accountId}:`;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The queue of an `AWS::SQS::Queue`, named by the template or else by its logical id. */
  ensureQueue({ logicalId, properties }: ResolvedResource): Queue {
    const { QueueName: given } = properties;
    const name = typeof given === 'string' ? given : logicalId;
    const queue = { name, arn: `${this.#arnPrefix}${name}`, file: join(this.#folder, `${name}.jsonl`) };
    this.#queues.set(name, queue);
    this.#messages.set(name, openFile(queue.file));
    return queue;
  }

  /** Finds a queue by its URL (`…/ACCOUNT/NAME`) or ARN. */
  find(id: string): Queue | undefined {
    if (id.startsWith('arn:')) return [...this.#queues.values()].find(({ arn }) => arn === id);
    return this.#queues.get(id.slice(id.lastIndexOf('/') + 1));
  }

  /** Returns the id of the message. */
  send(queue: Queue, body: string): string {
    const messageId = randomUUID();
    this.#write(queue, { messageId, sentAt: new Date(this.#now()).toISOString(), body });
    return messageId;
  }

  /** Returns the oldest visible messages, and hides them for this many seconds. */
  receive(queue: Queue, limit: number, seconds: number): readonly ReceivedMessage[] {
    const now = this.#now();
    const visible = [...this.#messagesOf(queue).values()].filter((message) => !isHidden(message, now)).slice(0, limit);
    return visible.map((message) => {
      const { messageId, firstReceivedAt = now, receives = 0 } = message;
      const change = {
        receipt: `${messageId}#${randomUUID()}`,
        receives: receives + 1,
        firstReceivedAt,
        hiddenUntil: now + seconds * 1_000,
      };
      this.#change(queue, message, change);
      return { ...message, ...change };
    });
  }

  /**
   * Deletes a message. With a handle of an earlier receive it succeeds and deletes nothing, as SQS documents.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
   */
  delete(queue: Queue, receipt: string): 'done' | 'invalid' {
    if (!isReceipt(receipt)) return 'invalid';
    const message = this.#messagesOf(queue).get(messageIdOf(receipt));
    if (message?.receipt !== receipt) return 'done';
    appendLine(queue.file, { messageId: message.messageId, deleted: true });
    this.#messagesOf(queue).delete(message.messageId);
    return 'done';
  }

  /** Changes for how many seconds from now a received message is hidden. */
  hide(queue: Queue, receipt: string, seconds: number): ReceiptOutcome {
    if (!isReceipt(receipt)) return 'invalid';
    const now = this.#now();
    const message = this.#messagesOf(queue).get(messageIdOf(receipt));
    if (message?.receipt !== receipt || !isHidden(message, now)) return 'not in flight';
    this.#change(queue, message, { hiddenUntil: now + seconds * 1_000 });
    return 'done';
  }

  count(queue: Queue): { readonly visible: number; readonly hidden: number } {
    const all = [...this.#messagesOf(queue).values()];
    const hidden = all.filter((message) => isHidden(message, this.#now())).length;
    return { visible: all.length - hidden, hidden };
  }

  #write(queue: Queue, message: Message): void {
    appendLine(queue.file, message);
    this.#messagesOf(queue).set(message.messageId, message);
  }

  #change(queue: Queue, message: Message, change: Partial<Message>): void {
    appendLine(queue.file, { messageId: message.messageId, ...change });
    this.#messagesOf(queue).set(message.messageId, { ...message, ...change });
  }

  #messagesOf({ name }: Queue): Map<string, Message> {
    const messages = this.#messages.get(name);
    if (messages === undefined) throw new Error(`There is no queue ${name}.`);
    return messages;
  }
}

const isHidden = ({ hiddenUntil = 0 }: Message, now: number): boolean => hiddenUntil > now;

const isReceipt = (receipt: string): boolean => /^[0-9a-f-]{36}#[0-9a-f-]{36}$/.test(receipt);

const messageIdOf = (receipt: string): string => receipt.slice(0, receipt.indexOf('#'));

const appendLine = (file: string, line: object): void =>
  appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });

/** Reads the messages that were not deleted, and rewrites the file without the others. */
const openFile = (file: string): Map<string, Message> => {
  const messages = new Map<string, Message>();
  if (!existsSync(file)) return messages;
  for (const text of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const line = JSON.parse(text) as Partial<Message> & { readonly messageId: string; readonly deleted?: true };
    if (line.deleted) messages.delete(line.messageId);
    else messages.set(line.messageId, { ...messages.get(line.messageId), ...line } as Message);
  }
  const lines = [...messages.values()].map((message) => `${JSON.stringify(message)}\n`);
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return messages;
};
