import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { QueueDefinition } from './sqs-queue-definition.ts';

/** A message of a queue. Times other than `sentAt` are milliseconds since 1970. */
export interface Message {
  readonly messageId: string;
  readonly sentAt: string;
  readonly body: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** Of FIFO queues: 20 digits, which grow. */
  readonly sequenceNumber?: string;
  /** ARN of the queue that moved the message to this dead-letter queue. */
  readonly deadLetterSourceArn?: string;
  /** The handle of the last receive; others do nothing. */
  readonly receipt?: string;
  readonly receives?: number;
  readonly firstReceivedAt?: number;
  readonly hiddenUntil?: number;
  /** A message that was sent with a delay is not received before. */
  readonly delayedUntil?: number;
}

/** What is left of a message of a FIFO queue after it was deleted: later messages are compared with it. */
type Sent = Pick<Message, 'messageId' | 'sentAt' | 'groupId' | 'deduplicationId' | 'sequenceNumber'>;

/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-key-terms.html
 */
const DEDUPLICATION_MS = 5 * 60_000;

/** The messages of one queue. Each change is in the file of the queue before the call returns. */
export class Messages {
  readonly #file: string;
  readonly #scope: QueueDefinition['deduplicationScope'];
  readonly #now: () => number;
  /** By id, in the order in which they were sent. */
  readonly #messages = new Map<string, Message>();
  /** The messages of the last five minutes that have a deduplication id. */
  readonly #sent = new Map<string, Sent>();
  #sequence = 0n;

  /**
   * Reads the file, if there is one, and rewrites it without what counts no more. It has one JSON document per line: a
   * message that was sent (`messageId`, `sentAt`, `body`, perhaps `delayedUntil`), or a later change of it (`messageId` with `deleted`, or with
   * `receipt`, `receives`, `firstReceivedAt` and `hiddenUntil`).
   */
  constructor(file: string, scope: QueueDefinition['deduplicationScope'], now: () => number) {
    this.#file = file;
    this.#scope = scope;
    this.#now = now;
    if (existsSync(file)) this.#open();
  }

  /** All messages, in the order in which they were sent. */
  all(): readonly Message[] {
    return [...this.#messages.values()];
  }

  get(messageId: string): Message | undefined {
    return this.#messages.get(messageId);
  }

  /** The message of the last five minutes with this deduplication id, even if it has been deleted. */
  duplicateOf(deduplicationId: string, groupId: string | undefined): Sent | undefined {
    const sent = this.#sent.get(this.#keyOf({ deduplicationId, groupId }));
    return sent !== undefined && this.#isRecent(sent) ? sent : undefined;
  }

  nextSequenceNumber(): string {
    const byTime = 10n ** 19n + BigInt(this.#now()) * 1_000_000n;
    return `${this.#sequence < byTime ? byTime : this.#sequence + 1n}`;
  }

  add(message: Message): void {
    this.#append(message);
    this.#note(message);
    this.#messages.set(message.messageId, message);
  }

  change(message: Message, change: Partial<Message>): void {
    this.#append({ messageId: message.messageId, ...change });
    this.#messages.set(message.messageId, { ...message, ...change });
  }

  delete({ messageId }: Pick<Message, 'messageId'>): void {
    this.#append({ messageId, deleted: true });
    this.#messages.delete(messageId);
  }

  #append(line: object): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }

  #open(): void {
    for (const text of readFileSync(this.#file, 'utf8').split('\n').filter(Boolean)) {
      const line = JSON.parse(text) as Partial<Message> & { readonly messageId: string; readonly deleted?: true };
      const message = { ...this.#messages.get(line.messageId), ...line } as Message;
      this.#note(message);
      if (line.deleted) this.#messages.delete(line.messageId);
      else this.#messages.set(line.messageId, message);
    }
    const deleted = [...this.#sent.values()].filter(
      (sent) => this.#isRecent(sent) && !this.#messages.has(sent.messageId),
    );
    const kept = [...deleted.map((sent) => ({ ...sent, deleted: true })), ...this.#messages.values()];
    const lines = kept.map((line) => `${JSON.stringify(line)}\n`);
    writeFileSync(`${this.#file}.new`, lines.join(''), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  #note({ messageId, sentAt, groupId, deduplicationId, sequenceNumber }: Message): void {
    if (sequenceNumber === undefined || deduplicationId === undefined) return;
    if (BigInt(sequenceNumber) > this.#sequence) this.#sequence = BigInt(sequenceNumber);
    const sent = { messageId, sentAt, ...(groupId !== undefined && { groupId }), deduplicationId, sequenceNumber };
    this.#sent.set(this.#keyOf(sent), sent);
  }

  #keyOf({ deduplicationId, groupId }: { readonly deduplicationId?: string; readonly groupId?: string | undefined }) {
    return JSON.stringify(this.#scope === 'queue' ? [deduplicationId] : [deduplicationId, groupId]);
  }

  #isRecent({ sentAt }: Sent): boolean {
    return this.#now() - Date.parse(sentAt) < DEDUPLICATION_MS;
  }
}
