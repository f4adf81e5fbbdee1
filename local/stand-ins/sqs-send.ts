import { createHash } from 'node:crypto';
import { type Input, optionalText } from './aws-json.ts';
import { MAX_DELAY, MAX_MESSAGE_BYTES } from './sqs-queue-definition.ts';
import type { Queue, Queues } from './sqs-queues.ts';
import { doEach, findQueue, invalid, missing, number, readEntries, refuse, refuseLong } from './sqs-requests.ts';

/** Characters that XML 1.0 cannot represent. SQS refuses a message with one. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** Form of message group ids and of deduplication ids: letters, digits and punctuation. */
const ID = /^[!-~]{1,128}$/;

const OTHER_TYPE = 'The request includes a parameter that is not valid for this queue type.';

/** Members of the API that are not done here. */
const NOT_DONE = ['MessageAttributes', 'MessageSystemAttributes'];

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export const sendMessage = (queues: Queues, input: Input): object => send(queues, findQueue(queues, input), input);

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
export const sendMessageBatch = (queues: Queues, input: Input): object => {
  const queue = findQueue(queues, input);
  const entries = readEntries(input);
  const size = entries.reduce((total, entry) => total + Buffer.byteLength(optionalText(entry, 'MessageBody') ?? ''), 0);
  if (size > MAX_MESSAGE_BYTES) {
    const most = `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes.`;
    throw refuseLong('BatchRequestTooLong', `${most} You have sent ${size} bytes.`);
  }
  return doEach(entries, (entry) => send(queues, queue, entry));
};

const send = (queues: Queues, queue: Queue, input: Input): object => {
  const body = optionalText(input, 'MessageBody') ?? '';
  if (body === '') throw missing('MessageBody');
  const notDone = NOT_DONE.find((member) => input[member] !== undefined);
  if (notDone !== undefined) throw refuse('UnsupportedOperation', `${notDone} is not supported by the local SQS.`);
  if (Buffer.byteLength(body) > queue.maximumMessageBytes) {
    throw refuse(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${queue.maximumMessageBytes} bytes.`,
    );
  }
  if (FORBIDDEN.test(body)) throw refuse('InvalidMessageContents', 'Invalid characters in message.');
  const delay = number(input, 'DelaySeconds', 0, MAX_DELAY);
  const groupId = id(input, 'MessageGroupId');
  const deduplicationId = id(input, 'MessageDeduplicationId');
  if (queue.isFifo) {
    // It takes a delay of 0, as SQS does: https://github.com/localstack/localstack/issues/6612
    if (delay !== undefined && delay > 0) throw invalid('DelaySeconds', delay, OTHER_TYPE);
    if (groupId === undefined) throw missing('MessageGroupId');
    if (deduplicationId === undefined && !queue.deduplicatesByContent) {
      const either =
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided';
      throw refuse('InvalidParameterValue', `${either} explicitly`);
    }
  } else if (deduplicationId !== undefined) {
    throw invalid('MessageDeduplicationId', deduplicationId, OTHER_TYPE);
  }
  const { messageId, sequenceNumber } = queues.send(queue, body, { groupId, deduplicationId, delay });
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(body),
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
  };
};

const id = (input: Input, member: string): string | undefined => {
  const value = optionalText(input, member);
  if (value === undefined || ID.test(value)) return value;
  throw invalid(
    member,
    value,
    `${member} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
};

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
