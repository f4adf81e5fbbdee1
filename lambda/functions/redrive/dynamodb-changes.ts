import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams';
import { withoutBytes } from '../../shared/tables/kept-bytes.ts';
import type { ChangeRecord, Changes } from './changes.ts';

export interface DynamoDBChangesOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly streams: Pick<DynamoDBStreamsClient, 'send'>;
  readonly tasksTable: string;
}

/** A stream keeps records for 24 hours. */
const TRIMMED = 'the stream does not have the records any more';
/** Largest number of empty pages of a shard before a reader gives up. Parts of a shard may have no records. */
const MAX_PAGES = 100;

/** The tasks' stream and table, for changes that were given up. */
export const createDynamoDBChanges = ({ client, streams, tasksTable }: DynamoDBChangesOptions): Changes => {
  /** Returns the records of a shard from a position on, until `isEnough`; undefined if the stream does not have them. */
  const readShard = async (
    StreamArn: string,
    ShardId: string | undefined,
    SequenceNumber: string,
    isEnough: (records: readonly StreamRecord[]) => boolean,
    Limit?: number,
  ): Promise<readonly StreamRecord[] | undefined> => {
    try {
      const records: StreamRecord[] = [];
      const start = { StreamArn, ShardId, ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber } as const;
      let { ShardIterator: iterator } = await streams.send(new GetShardIteratorCommand(start));
      for (let page = 1; iterator !== undefined && page <= MAX_PAGES && !isEnough(records); page += 1) {
        const { NextShardIterator: next, Records = [] } = await streams.send(
          new GetRecordsCommand({ ShardIterator: iterator, Limit }),
        );
        records.push(...Records);
        iterator = next;
      }
      return records;
    } catch (error) {
      if (error instanceof Error && GONE.includes(error.name)) return undefined;
      throw error;
    }
  };

  const shardsOf = async (StreamArn: string): Promise<readonly Shard[]> => {
    const shards: Shard[] = [];
    let last: string | undefined;
    do {
      const { StreamDescription: description } = await streams.send(
        new DescribeStreamCommand({ StreamArn, ...(last !== undefined && { ExclusiveStartShardId: last }) }),
      );
      shards.push(...(description?.Shards ?? []));
      last = description?.LastEvaluatedShardId;
    } while (last !== undefined);
    return shards;
  };

  /** The letter of a change does not have its shard. Several shards have records of the same time. */
  const findInStream = async (streamArn: string, sequenceNumber: string): Promise<StreamRecord | undefined> => {
    let shards: readonly Shard[];
    try {
      shards = await shardsOf(streamArn);
    } catch (error) {
      if (error instanceof Error && GONE.includes(error.name)) return undefined;
      throw error;
    }
    for (const shard of shards.filter((shard) => mayHave(shard, sequenceNumber))) {
      const records = await readShard(streamArn, shard.ShardId, sequenceNumber, ({ length }) => length > 0, 1);
      const found = records?.find(({ dynamodb }) => dynamodb?.SequenceNumber === sequenceNumber);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return {
    readOne: async ({ sequence, sequenceNumber, streamArn, taskId }) => {
      const record = streamArn === undefined ? undefined : await findInStream(streamArn, sequenceNumber);
      if (record !== undefined) return toLambdaRecord(record, streamArn);
      if (taskId === undefined || sequence === undefined) return { lost: TRIMMED };
      const { Item: image } = await client.send(
        new GetItemCommand({ TableName: tasksTable, Key: { taskId: { S: taskId } }, ConsistentRead: true }),
      );
      if (image === undefined) return { lost: `${TRIMMED}, and the task does not exist any more` };
      if (image.sequence?.N !== `${sequence}`) return { lost: `${TRIMMED}, and the task has changed since` };
      return toLambdaRecord(
        { eventName: 'MODIFY', dynamodb: { SequenceNumber: sequenceNumber, NewImage: image } },
        streamArn,
      );
    },

    readBatch: async ({ firstSequenceNumber, lastSequenceNumber, shardId, streamArn }) => {
      const last = BigInt(lastSequenceNumber);
      const isAfter = ({ dynamodb }: StreamRecord) => BigInt(dynamodb?.SequenceNumber ?? 0) > last;
      const isLast = ({ dynamodb }: StreamRecord) => dynamodb?.SequenceNumber === lastSequenceNumber;
      const records = await readShard(streamArn, shardId, firstSequenceNumber, (read) =>
        read.some((record) => isLast(record) || isAfter(record)),
      );
      const batch = records?.filter((record) => !isAfter(record)) ?? [];
      if (!batch.some(isLast)) return { lost: TRIMMED };
      return batch.map((record) => toLambdaRecord(record, streamArn));
    },
  };
};

/**
 * Errors for records, shards and streams that do not exist any more, and for a position that a shard does not have.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html
 */
const GONE: readonly string[] = ['TrimmedDataAccessException', 'ResourceNotFoundException', 'ValidationException'];

const mayHave = ({ SequenceNumberRange: range }: Shard, sequenceNumber: string): boolean => {
  const { EndingSequenceNumber: last, StartingSequenceNumber: first } = range ?? {};
  const position = BigInt(sequenceNumber);
  return (first === undefined || BigInt(first) <= position) && (last === undefined || position <= BigInt(last));
};

/** Returns a record as Lambda passes it to a function. Payloads are omitted, because no event has them. */
const toLambdaRecord = ({ dynamodb, eventName }: StreamRecord, streamArn: string | undefined): ChangeRecord => ({
  eventName,
  eventSource: 'aws:dynamodb',
  ...(streamArn !== undefined && { eventSourceARN: streamArn }),
  dynamodb: { SequenceNumber: dynamodb?.SequenceNumber, NewImage: withoutBytes(dynamodb?.NewImage ?? {}) },
});
