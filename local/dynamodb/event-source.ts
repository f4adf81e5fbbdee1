import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type Shard,
  type ShardIteratorType,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { ResolvedResource } from '../resource.ts';
import { handleBatch } from './batch.ts';
import { Checkpoint } from './checkpoint.ts';
import { type Mapping, readMapping } from './event-source-mapping.ts';
import { toLambdaRecord } from './stream-record.ts';

const POLL_INTERVAL_MS = 60;
const SHARDS_INTERVAL_MS = 1_000;
/** After a failure of the engine itself: it may be starting, or stopping. */
const TROUBLE_INTERVAL_MS = 250;
const MAX_RECORDS_A_READ = 1_000;

export interface EventSourceOptions {
  readonly client: DynamoDBStreamsClient;
  /** An `AWS::Lambda::EventSourceMapping` whose `EventSourceArn` is the stream's ARN in the engine. */
  readonly mapping: ResolvedResource;
  /** Keeps how far the stream is read. */
  readonly dataDirectory: string;
  /** `awsRegion` of the records. @default eu-west-1 */
  readonly region?: string;
  /** Calls the function; rejects when the function failed. */
  readonly invoke: (event: DynamoDBStreamEvent) => Promise<unknown>;
  /** Sends a message to the mapping's on-failure destination, if it has one. */
  readonly sendToDestination: (destinationArn: string, message: string) => void | Promise<void>;
  /** Called with errors of the engine, after which the reader tries again. @default - not called */
  readonly onTrouble?: (error: unknown) => void;
}

export interface EventSource {
  /** Waits for the batch in hand, then reads no further. */
  stop(): Promise<void>;
}

/**
 * Does for one stream what Lambda's event source mapping does: reads each shard in order (a child after its parent),
 * calls the function batch by batch, one at a time for each shard, and goes on where it was after a restart. Records
 * come at least once: those that were handled when the process was killed, but not yet noted, come again.
 *
 * @throws {Error} naming what the mapping asks for and this does not do
 */
export const startEventSource = async (options: EventSourceOptions): Promise<EventSource> => {
  const mapping = readMapping(options.mapping);
  const checkpoint = new Checkpoint(
    join(options.dataDirectory, `${options.mapping.logicalId}.json`),
    mapping.streamArn,
  );
  const stopping = new AbortController();
  const reader: Reader = {
    ...options,
    settings: mapping,
    checkpoint,
    signal: stopping.signal,
    region: options.region ?? 'eu-west-1',
  };
  if (checkpoint.isNew && mapping.startsAtEnd) await skipToEnd(reader);
  const running = mapping.enabled ? readStream(reader) : Promise.resolve();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

interface Reader extends EventSourceOptions {
  readonly settings: Mapping;
  readonly checkpoint: Checkpoint;
  readonly signal: AbortSignal;
  readonly region: string;
}

const readStream = async (reader: Reader): Promise<void> => {
  const reading = new Map<string, Promise<void>>();
  while (!reader.signal.aborted) {
    await withPatience(reader, async () => {
      const shards = await listShards(reader);
      const isDone = (id: string) => reader.checkpoint.positionOf(id) === 'end';
      for (const { ShardId: id, ParentShardId: parent } of shards) {
        if (id === undefined || isDone(id) || reading.has(id)) continue;
        const parentIsThere = shards.some(({ ShardId }) => ShardId === parent);
        if (parent !== undefined && parentIsThere && !isDone(parent)) continue;
        reading.set(id, readShard(reader, id));
      }
    });
    await sleep(SHARDS_INTERVAL_MS, reader.signal);
  }
  await Promise.all(reading.values());
};

const listShards = async ({ client, settings }: Reader): Promise<readonly Shard[]> => {
  const shards: Shard[] = [];
  let from: string | undefined;
  do {
    const { StreamDescription } = await client.send(
      new DescribeStreamCommand({
        StreamArn: settings.streamArn,
        ...(from !== undefined && { ExclusiveStartShardId: from }),
      }),
    );
    shards.push(...(StreamDescription?.Shards ?? []));
    from = StreamDescription?.LastEvaluatedShardId;
  } while (from !== undefined);
  return shards;
};

const readShard = async (reader: Reader, shardId: string): Promise<void> => {
  let iterator: string | undefined;
  const { checkpoint, signal, settings } = reader;
  while (!signal.aborted && checkpoint.positionOf(shardId) !== 'end') {
    await withPatience(reader, async () => {
      try {
        iterator ??= await openShard(reader, shardId);
        const batch = await collect(reader, iterator);
        for (let start = 0; start < batch.records.length; start += settings.batchSize) {
          await handleRecords(reader, shardId, batch.records.slice(start, start + settings.batchSize));
          if (signal.aborted) return;
        }
        iterator = batch.next;
        if (iterator === undefined) checkpoint.set(shardId, 'end');
        else if (batch.records.length === 0) await sleep(POLL_INTERVAL_MS, signal);
      } catch (error) {
        // From the last record that was handled: nothing in hand is lost, some of it may come again.
        iterator = undefined;
        if (!(error instanceof ExpiredIteratorException)) throw error;
      }
    });
  }
};

/** Hands the records that match to the function. The others count as handled once those before them are. */
const handleRecords = async (reader: Reader, shardId: string, records: readonly DynamoDBRecord[]): Promise<void> => {
  const { checkpoint, invoke, sendToDestination, settings, signal } = reader;
  const matching = records.filter(settings.matches);
  await handleBatch(matching, {
    ...settings,
    shardId,
    signal,
    invoke,
    advance: (after) => checkpoint.set(shardId, { after }),
    giveUp: async (account) => {
      const { destinationArn } = settings;
      if (destinationArn !== undefined) await sendToDestination(destinationArn, account);
    },
  });
  const last = records.at(-1)?.dynamodb?.SequenceNumber;
  if (!signal.aborted && matching.at(-1) !== records.at(-1) && last !== undefined) {
    checkpoint.set(shardId, { after: last });
  }
};

interface Collected {
  readonly records: readonly DynamoDBRecord[];
  /** `undefined` at the end of the shard. Where an engine says that a shard ends before it does, this knows better. */
  readonly next: string | undefined;
}

/** Reads the available records. With a batching window, reads until it ends or the batch is full. */
const collect = async (reader: Reader, from: string): Promise<Collected> => {
  const { settings, region, signal } = reader;
  const records: DynamoDBRecord[] = [];
  let next: string | undefined = from;
  let deadline: number | undefined;
  do {
    const page: GetRecordsCommandOutput = await reader.client.send(
      new GetRecordsCommand({ ShardIterator: next, Limit: Math.min(settings.batchSize, MAX_RECORDS_A_READ) }),
    );
    records.push(...(page.Records ?? []).map((record) => toLambdaRecord(record, settings.streamArn, region)));
    next = page.NextShardIterator;
    if (records.length === 0 || records.length >= settings.batchSize || next === undefined) break;
    deadline ??= Date.now() + settings.batchingWindow * 1_000;
    if (Date.now() < deadline) await sleep(POLL_INTERVAL_MS, signal);
  } while (Date.now() < deadline && !signal.aborted);
  return { records, next };
};

const openShard = async (reader: Reader, shardId: string): Promise<string> => {
  const position = reader.checkpoint.positionOf(shardId);
  if (typeof position !== 'object') return await iteratorAt(reader, shardId, { ShardIteratorType: 'TRIM_HORIZON' });
  try {
    const after = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.after } as const;
    return await iteratorAt(reader, shardId, after);
  } catch (error) {
    if (!(error instanceof TrimmedDataAccessException)) throw error;
    // A stream keeps 24 hours: what we had is gone, everything still there is newer.
    return await iteratorAt(reader, shardId, { ShardIteratorType: 'TRIM_HORIZON' });
  }
};

const iteratorAt = async (
  { client, settings }: Reader,
  shardId: string,
  where: Pick<GetShardIteratorCommandInput, 'SequenceNumber'> & { ShardIteratorType: ShardIteratorType },
): Promise<string> => {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamArn: settings.streamArn, ShardId: shardId, ...where }),
  );
  if (ShardIterator === undefined) throw new Error(`The engine gave no iterator for shard ${shardId}.`);
  return ShardIterator;
};

/** `LATEST`: notes where each shard ends now, so that a restart before the first record does not skip any either. */
const skipToEnd = async (reader: Reader): Promise<void> => {
  for (const { ShardId: id } of await listShards(reader)) {
    if (id === undefined) continue;
    let iterator: string | undefined = await openShard(reader, id);
    while (iterator !== undefined) {
      const page: Collected = await collect(reader, iterator);
      const last = page.records.at(-1)?.dynamodb?.SequenceNumber;
      if (last === undefined) break;
      reader.checkpoint.set(id, { after: last });
      iterator = page.next;
    }
  }
};

const withPatience = async ({ signal, onTrouble }: Reader, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (signal.aborted) return;
    onTrouble?.(error);
    await sleep(TROUBLE_INTERVAL_MS, signal);
  }
};

const sleep = (time: number, signal: AbortSignal): Promise<unknown> =>
  delay(time, undefined, { signal }).catch(() => undefined);
