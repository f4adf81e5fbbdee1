import { type Input, isRecord, requiredText, ServiceError } from './aws-json.ts';
import type { Queue, Queues } from './sqs-queues.ts';

const MAX_ENTRIES = 10;

/** SQS says each error twice: in JSON, and in a header for clients that knew its query protocol. */
export const refuse = (name: string, message: string, queryCode = name): ServiceError =>
  new ServiceError(`com.amazonaws.sqs#${name}`, message, 400, { 'x-amzn-query-error': `${queryCode};Sender` });

/** The same for errors that have a longer name in the query protocol. */
export const refuseLong = (name: string, message: string): ServiceError =>
  refuse(name, message, `AWS.SimpleQueueService.${name}`);

export const invalid = (member: string, value: unknown, reason: string): ServiceError =>
  refuse('InvalidParameterValue', `Value ${String(value)} for parameter ${member} is invalid. Reason: ${reason}`);

export const missing = (member: string): ServiceError =>
  refuse('MissingParameter', `The request must contain the parameter ${member}.`);

export const INVALID_RECEIPT = refuse('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');

export const findQueue = (queues: Queues, input: Input): Queue => {
  const queue = queues.find(requiredText(input, 'QueueUrl'));
  if (queue !== undefined) return queue;
  throw refuse('QueueDoesNotExist', 'The specified queue does not exist.', 'AWS.SimpleQueueService.NonExistentQueue');
};

/** @throws {ServiceError} unless the member is absent or a whole number between `min` and `max` */
export const number = (input: Input, member: string, min: number, max: number): number | undefined => {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw invalid(member, value, `Must be between ${min} and ${max}, if provided.`);
};

export const texts = (input: Input, member: string): readonly string[] => {
  const value = input[member];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new ServiceError('SerializationException', `${member} is not a list of strings.`);
};

/**
 * Reads the entries of a batch.
 * @throws {ServiceError} that refuses the batch as a whole: none or too many entries, or an id that is wrong or comes twice
 */
export const readEntries = ({ Entries: entries }: Input): readonly Input[] => {
  if (entries === undefined || entries === null) throw missing('Entries');
  if (!Array.isArray(entries) || !entries.every(isRecord)) {
    throw new ServiceError('SerializationException', 'Entries is not a list of structures.');
  }
  if (entries.length === 0) throw refuseLong('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > MAX_ENTRIES) {
    const most = `Maximum number of entries per request are ${MAX_ENTRIES}.`;
    throw refuseLong('TooManyEntriesInBatchRequest', `${most} You have sent ${entries.length}.`);
  }
  const ids = entries.map((entry) => requiredText(entry, 'Id'));
  if (!ids.every((id) => /^[A-Za-z0-9_-]{1,80}$/.test(id))) {
    const form = 'A batch entry id can only contain alphanumeric characters, hyphens and underscores.';
    throw refuseLong('InvalidBatchEntryId', `${form} It can be at most 80 letters long.`);
  }
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw refuseLong('BatchEntryIdsNotDistinct', `Id ${twice} repeated.`);
  return entries;
};

/** Does each entry of a batch by itself. Those that are refused do not hinder the others. */
export const doEach = (entries: readonly Input[], action: (entry: Input) => object): object => {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of entries) {
    const Id = entry.Id;
    try {
      successful.push({ Id, ...action(entry) });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const Code = error.name.replace(/^.*#/, '');
      failed.push({ Id, Code, Message: error.message, SenderFault: true });
    }
  }
  return {
    ...(successful.length > 0 && { Successful: successful }),
    ...(failed.length > 0 && { Failed: failed }),
  };
};
