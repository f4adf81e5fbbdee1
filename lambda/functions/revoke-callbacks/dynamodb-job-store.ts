import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { JobState } from '../../contract/operator-api.ts';
import { BULK_JOB } from '../../contract/operator-limits.ts';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { jobKey, planPartKey, type RevocationJob, RUNNING_JOBS_KEY } from '../../shared/operator/revocation-job.ts';
import type { JobStore } from './job-store.ts';

export interface DynamoDBJobStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly lookupsTable: string;
}

const IS_MINE = 'leaseOwner = :owner AND #position = :position';
const FREE = 'attribute_not_exists(leaseUntil) OR leaseUntil < :now';

/** Jobs in the lookups table. */
export const createDynamoDBJobStore = (options: DynamoDBJobStoreOptions): JobStore => {
  const { client, lookupsTable } = options;

  const get = async (key: string) => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: lookupsTable, Key: keyOf(key), ConsistentRead: true }),
    );
    return Item && unmarshall(Item);
  };

  const update = (key: string, input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) => {
    const command: UpdateItemCommandInput = {
      TableName: lookupsTable,
      Key: keyOf(key),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...input,
    };
    return writeConditionally(() => retryConflicts(() => client.send(new UpdateItemCommand(command)), options));
  };

  return {
    findRunning: async () => [...(((await get(RUNNING_JOBS_KEY))?.jobs as Set<string> | undefined) ?? [])],

    claim: async (jobId, owner, now) => {
      const claim = await update(jobKey(jobId), {
        UpdateExpression: 'SET leaseOwner = :owner, leaseUntil = :until',
        ConditionExpression: `attribute_exists(${LOOKUPS_TABLE.partitionKey}) AND (${FREE})`,
        ExpressionAttributeValues: {
          ':owner': { S: owner },
          ':until': { N: `${now + BULK_JOB.leaseMilliseconds}` },
          ':now': { N: `${now}` },
        },
      });
      const item = claim.written ? claim.output.Attributes : claim.item;
      if (item === undefined) return 'missing';
      const job = unmarshall(item) as RevocationJob;
      // If a response is lost, the SDK's own retry finds the lease of its first attempt.
      return claim.written || job.leaseOwner === owner ? { job, owner } : undefined;
    },

    nextTasks: async ({ planId, position }, size) => {
      const part = Math.floor(position / BULK_JOB.listedTasks);
      const begin = position % BULK_JOB.listedTasks;
      const listed = (await get(planPartKey(planId, part)))?.taskIds as readonly string[] | undefined;
      if (listed === undefined) throw new Error('A part of the list of tasks is missing.');
      return listed.slice(begin, begin + size);
    },

    advance: async ({ job, owner }, { done, failed, size, skipped }, now) => {
      const position = job.position + size;
      const advance = await update(jobKey(job.jobId), {
        UpdateExpression:
          'SET #position = :next, batchAt = :at, leaseUntil = :until, failed = list_append(failed, :failed) ADD done :done, skipped :skipped',
        ConditionExpression: IS_MINE,
        ExpressionAttributeNames: { '#position': 'position' },
        ExpressionAttributeValues: {
          ':owner': { S: owner },
          ':position': { N: `${job.position}` },
          ':next': { N: `${position}` },
          ':at': { S: new Date(now).toISOString() },
          ':until': { N: `${now + BULK_JOB.leaseMilliseconds}` },
          ':failed': { L: failed.map((taskId) => ({ S: taskId })) },
          ':done': { N: `${done}` },
          ':skipped': { N: `${skipped}` },
        },
      });
      const item = advance.written ? advance.output.Attributes : advance.item;
      const current = item && (unmarshall(item) as RevocationJob);
      // If a response is lost, the SDK's own retry finds the position after the batch, and our lease.
      const isOurs = advance.written || (current?.leaseOwner === owner && current.position === position);
      return isOurs && current ? { job: current, owner } : undefined;
    },

    settle: async ({ job, owner }, done) => {
      await update(jobKey(job.jobId), {
        UpdateExpression: 'REMOVE batchAt ADD done :done',
        ConditionExpression: `${IS_MINE} AND attribute_exists(batchAt)`,
        ExpressionAttributeNames: { '#position': 'position' },
        ExpressionAttributeValues: {
          ':owner': { S: owner },
          ':position': { N: `${job.position}` },
          ':done': { N: `${done}` },
        },
      });
    },

    finish: async ({ job, owner }, now) => {
      await update(jobKey(job.jobId), {
        UpdateExpression: 'SET #state = :done, endedAt = :at',
        ConditionExpression: `${IS_MINE} AND #state = :running`,
        ExpressionAttributeNames: { '#position': 'position', '#state': 'state' },
        ExpressionAttributeValues: {
          ':owner': { S: owner },
          ':position': { N: `${job.count}` },
          ':running': { S: 'running' satisfies JobState },
          ':done': { S: 'done' satisfies JobState },
          ':at': { S: new Date(now).toISOString() },
        },
      });
    },

    release: async ({ job, owner }) => {
      await update(jobKey(job.jobId), {
        UpdateExpression: 'REMOVE leaseOwner, leaseUntil',
        ConditionExpression: 'leaseOwner = :owner',
        ExpressionAttributeValues: { ':owner': { S: owner } },
      });
    },

    forget: async (jobId) => {
      await update(RUNNING_JOBS_KEY, {
        UpdateExpression: 'DELETE jobs :jobs',
        ExpressionAttributeValues: { ':jobs': { SS: [jobId] } },
      });
    },
  };
};

const keyOf = (key: string): Record<string, AttributeValue> => ({ [LOOKUPS_TABLE.partitionKey]: { S: key } });
