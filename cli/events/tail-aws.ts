import { randomBytes } from 'node:crypto';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../io.ts';
import { type BusEvent, readEvent } from './bus-event.ts';
import { type Aws, findLeftovers, removeAll, subscribe, subscriptionName } from './temporary-subscription.ts';

/** Seconds of one long poll, the longest that SQS allows. */
const POLL_SECONDS = 20;
/** Messages of one request, the most that SQS allows. */
const BATCH = 10;

/**
 * Follows the events of a bus on AWS until the signal, by a temporary rule and queue. It removes both, also after an error.
 * @throws {CommandError} with the error of AWS
 */
export const tailAws = async (
  { io, now, signal }: Pick<Context, 'io' | 'now' | 'signal'>,
  bus: string,
  show: (event: BusEvent) => void,
): Promise<void> => {
  const aws = await loadAws();
  const seconds = Math.floor(now() / 1_000);
  const name = subscriptionName(seconds, randomBytes(4).toString('hex'));
  const removals: Parameters<typeof removeAll>[0][number][] = [];
  try {
    const leftovers = await findLeftovers(aws, bus, seconds, signal);
    if (leftovers.length > 0) {
      io.note(`An earlier "postern events tail" was killed, or runs for more than an hour. This removes what it made:

${leftovers.map((command) => `  ${command}`).join('\n')}
`);
    }
    const { queueUrl } = await subscribe(aws, bus, name, (removal) => removals.push(removal));
    io.note(`Following ${bus} by the rule and the queue ${name}, which Ctrl-C removes.`);
    await followQueue(aws, queueUrl, signal, show);
  } catch (error) {
    if (!signal.aborted) throw explain(error, bus);
  } finally {
    const left = await removeAll(removals);
    if (left.length > 0)
      io.note(`These could not be removed. Remove them:\n\n${left.map((one) => `  ${one}`).join('\n')}\n`);
    aws.events.destroy();
    aws.queues.destroy();
  }
};

const followQueue = async (
  { queues, sqs }: Aws,
  QueueUrl: string,
  signal: AbortSignal,
  show: (event: BusEvent) => void,
): Promise<void> => {
  while (!signal.aborted) {
    const { Messages: messages = [] } = await queues.send(
      new sqs.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: BATCH, WaitTimeSeconds: POLL_SECONDS }),
      { abortSignal: signal },
    );
    for (const { Body: body = '' } of messages) {
      const event = readEvent(body);
      if (event !== undefined) show(event);
    }
    if (messages.length === 0) continue;
    await queues.send(
      new sqs.DeleteMessageBatchCommand({
        QueueUrl,
        Entries: messages.map(({ ReceiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle })),
      }),
      { abortSignal: signal },
    );
  }
};

/** @throws {CommandError} `failed`, if the packages of the AWS SDK are not installed beside this command line */
const loadAws = async (): Promise<Aws> => {
  try {
    const [eventBridge, sqs] = await Promise.all([
      import('@aws-sdk/client-eventbridge'),
      import('@aws-sdk/client-sqs'),
    ]);
    return { eventBridge, sqs, events: new eventBridge.EventBridgeClient({}), queues: new sqs.SQSClient({}) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandError(
      'failed',
      'This command needs two packages of the AWS SDK that are not installed here.',
      'npm install @aws-sdk/client-eventbridge @aws-sdk/client-sqs',
    );
  }
};

/** Puts an error of the AWS SDK into words. */
const explain = (error: unknown, bus: string): unknown => {
  if (!(error instanceof Error) || error instanceof CommandError) return error;
  const { message, name } = error;
  const text = `AWS refused the request: ${name}: ${oneLine(message)}`;
  if (name === 'ResourceNotFoundException') {
    return new CommandError('notFound', text, `Is ${bus} the event bus, and AWS_REGION its Region?`);
  }
  if (/AccessDenied|NotAuthorized/.test(name)) return new CommandError('refused', text);
  if (/Credentials|Token|Signature/.test(name)) return new CommandError('refused', text, 'Sign in to AWS.');
  if (/region/i.test(message)) return new CommandError('usage', oneLine(message), 'Set AWS_REGION.');
  return new CommandError('unavailable', `${name}: ${oneLine(message)}`);
};
