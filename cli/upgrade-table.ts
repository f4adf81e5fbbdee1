import type { AttributeValue, DynamoDBClient, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { DEFAULT_APPLICATION } from '../lambda/contract/applications.ts';
import { applicationShardKey, searchShardKey, timeKey } from '../lambda/contract/tables.ts';
import type { TaskChange, TaskItem } from '../lambda/contract/task.ts';
import { searchDigest } from '../lambda/shared/tables/hashed-keys.ts';

/** The used parts of the AWS SDK. They are given, because the command line is one file and works without the SDK. */
export type Sdk = Pick<
  typeof import('@aws-sdk/client-dynamodb'),
  'ConditionalCheckFailedException' | 'ScanCommand' | 'UpdateItemCommand'
> &
  Pick<typeof import('@aws-sdk/util-dynamodb'), 'unmarshall'>;

export interface UpgradeOptions {
  readonly sdk: Sdk;
  readonly client: Pick<DynamoDBClient, 'send'>;
  /** Name of the tasks table. */
  readonly table: string;
  /** Tasks that are changed per second, at most. A multiple of ten. */
  readonly pace: number;
  /** True if nothing is written. */
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
  /** Called after each page of the scan. */
  readonly onProgress: (counts: Counts) => void;
}

export interface Counts {
  /** Tasks without an application that were found. */
  readonly found: number;
  readonly upgraded: number;
  /** Tasks that somebody deleted or upgraded meanwhile. */
  readonly settled: number;
  /** Tasks that changed at each attempt. The next run finds them again. */
  readonly busy: number;
}

/** Tasks that one request reads. */
const PAGE = 500;
const TICK_MILLISECONDS = 100;
/** Attempts for a task that changes between reading and writing. */
const ATTEMPTS = 5;

const ATTRIBUTES = [
  ...['taskId', 'shard', 'resource', 'owner', 'sequence', 'change', 'changedAt'],
  ...['quarantine', 'reopened', 'quarantineShard', 'lastReplay', 'replays', 'replayShard'],
] as const;
type OldTask = Pick<TaskItem, (typeof ATTRIBUTES)[number]>;
type Item = Readonly<Record<string, AttributeValue>>;

/**
 * Gives every task without an application the index attributes of the application `default`. Each write is conditional on what
 * was read, so it may run beside live traffic, several times, and again after an interruption. A write does not raise
 * `sequence`, and is not published.
 */
export const upgradeTable = async (options: UpgradeOptions): Promise<Counts> => {
  const { client, dryRun, now, onProgress, pace, table, wait } = options;
  const counts = { found: 0, upgraded: 0, settled: 0, busy: 0 };
  const perTick = Math.max(1, Math.floor((pace * TICK_MILLISECONDS) / 1_000));
  let from: Item | undefined;
  do {
    const page = await client.send(
      new options.sdk.ScanCommand({
        TableName: table,
        Limit: PAGE,
        FilterExpression: 'attribute_not_exists(application)',
        ProjectionExpression: ATTRIBUTES.map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(ATTRIBUTES.map((name) => [`#${name}`, name])),
        ...(from !== undefined && { ExclusiveStartKey: from }),
      }),
    );
    const items = page.Items ?? [];
    counts.found += items.length;
    for (let start = 0; start < items.length && !dryRun; start += perTick) {
      const began = now();
      const outcomes = await Promise.all(items.slice(start, start + perTick).map((item) => upgrade(options, item)));
      for (const outcome of outcomes) counts[outcome] += 1;
      await wait(Math.max(0, TICK_MILLISECONDS - (now() - began)));
    }
    onProgress({ ...counts });
    from = page.LastEvaluatedKey;
    if (from !== undefined) await wait(TICK_MILLISECONDS);
  } while (from !== undefined);
  return counts;
};

const upgrade = async (
  { client, now, sdk, table }: UpgradeOptions,
  found: Item,
): Promise<Exclude<keyof Counts, 'found'>> => {
  let item = found;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      await client.send(new sdk.UpdateItemCommand(updateOf(table, sdk.unmarshall(item) as OldTask, new Date(now()))));
      return 'upgraded';
    } catch (error) {
      if (!(error instanceof sdk.ConditionalCheckFailedException)) throw error;
      // DynamoDB returns the item that failed the condition; none if it was deleted.
      if (error.Item === undefined || error.Item.application !== undefined) return 'settled';
      item = error.Item;
    }
  }
  return 'busy';
};

/**
 * Returns the update of one task. The list of quarantined deliveries is unchanged if `sequence` and the two sizes are: an entry
 * is added with a published change, which raises `sequence`, and a removed one is counted by a size.
 */
const updateOf = (table: string, task: OldTask, at: Date): UpdateItemCommandInput => {
  const { owner, reopened, resource, sequence, shard, taskId } = task;
  const sizes = {
    late: Object.keys(task.quarantine).length,
    ...(reopened !== undefined && { reopened: Object.keys(reopened).length }),
  };
  const attributes: Record<string, AttributeValue> = {
    application: { S: DEFAULT_APPLICATION },
    applicationShard: { S: applicationShardKey(DEFAULT_APPLICATION, shard) },
    resourceShard: { S: searchShardKey(DEFAULT_APPLICATION, shard, searchDigest(resource)) },
    ...(owner !== undefined && { ownerShard: { S: searchShardKey(DEFAULT_APPLICATION, shard, searchDigest(owner)) } }),
    ...quarantineKeys(task),
    ...replayKeys(task),
    change: { S: 'upgraded' satisfies TaskChange },
    changedAt: { S: at.toISOString() },
  };
  const names = Object.keys(attributes);
  return {
    TableName: table,
    Key: { taskId: { S: taskId } },
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: [
      'attribute_not_exists(application) AND #sequence = :sequence AND size(quarantine) = :late',
      sizes.reopened === undefined ? 'attribute_not_exists(reopened)' : 'size(reopened) = :reopened',
    ].join(' AND '),
    ExpressionAttributeNames: {
      ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
      '#sequence': 'sequence',
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(names.map((name) => [`:${name}`, attributes[name] as AttributeValue])),
      ':sequence': { N: `${sequence}` },
      ...Object.fromEntries(Object.entries(sizes).map(([name, size]) => [`:${name}`, { N: `${size}` }])),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
};

/** Keys of a task with deliveries in quarantine, by the time of the last one. A later write of a function has set them already. */
const quarantineKeys = ({ quarantine, quarantineShard, reopened, shard, taskId }: OldTask) => {
  const times = [...Object.values(quarantine), ...Object.values(reopened ?? {})].map(({ receivedAt }) => receivedAt);
  const last = times.sort().at(-1);
  if (last === undefined || quarantineShard !== undefined) return {};
  return { quarantineShard: { N: `${shard}` }, quarantinedKey: { S: timeKey(last, taskId) } };
};

/**
 * Keys of a task with replays. Earlier versions did not store the time of a replay. It is the time of the last change if that
 * was the replay, and otherwise not later than it.
 */
const replayKeys = ({ changedAt, lastReplay, replayShard, shard, taskId }: OldTask) =>
  lastReplay === undefined || replayShard !== undefined
    ? {}
    : { replayShard: { N: `${shard}` }, replayedKey: { S: timeKey(lastReplay.at ?? changedAt, taskId) } };
