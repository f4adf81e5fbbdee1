import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { AuditEntry } from '../../contract/audit.ts';
import type { JobState } from '../../contract/operator-api.ts';
import { BULK_JOB } from '../../contract/operator-limits.ts';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { inSeconds } from '../../contract/task.ts';
import { callBySdk } from '../aws/dynamodb-sdk.ts';
import { transact } from '../aws/transact-write.ts';
import type { ConflictRetries } from '../aws/transaction-conflicts.ts';
import { concurrently } from '../concurrently.ts';
import { auditPut } from './audit-item.ts';
import {
  jobKey,
  planKey,
  planPartKey,
  type RevocationJob,
  type RevocationPlan,
  RUNNING_JOBS_KEY,
} from './revocation-job.ts';
import type { RevocationStore } from './revocation-store.ts';

export interface DynamoDBRevocationStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly lookupsTable: string;
  readonly auditTable: string;
  /** Seconds for which audit items are kept. */
  readonly auditRetention: number;
}

/** Parts of a list that are written at the same time. */
const CONCURRENT_PARTS = 8;

/** Plans and jobs in the lookups table. */
export const createDynamoDBRevocationStore = (options: DynamoDBRevocationStoreOptions): RevocationStore => {
  const { auditRetention, auditTable, client, lookupsTable } = options;

  const write = (items: readonly TransactWriteItem[]) => transact(callBySdk(client), items, options);
  const put = (item: Record<string, unknown>) =>
    client.send(new PutItemCommand({ TableName: lookupsTable, Item: marshall(item, { removeUndefinedValues: true }) }));
  const find = async <T>(key: string): Promise<T | undefined> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: lookupsTable, Key: keyOf(key), ConsistentRead: true }),
    );
    return Item && (unmarshall(Item) as T);
  };
  const audit = (entry: AuditEntry): TransactWriteItem => auditPut(auditTable, entry, auditRetention);

  return {
    putPlan: async (plan, taskIds) => {
      const keptUntil = inSeconds(Date.parse(plan.plannedAt)) + BULK_JOB.keptSeconds;
      const parts = Array.from({ length: Math.ceil(taskIds.length / BULK_JOB.listedTasks) }, (_, part) => part);
      await concurrently(parts, CONCURRENT_PARTS, async (part) => {
        const begin = part * BULK_JOB.listedTasks;
        await put({
          [LOOKUPS_TABLE.partitionKey]: planPartKey(plan.planId, part),
          taskIds: taskIds.slice(begin, begin + BULK_JOB.listedTasks),
          [LOOKUPS_TABLE.timeToLive]: keptUntil,
        });
      });
      // The plan is written last, so that a plan that can be confirmed has its whole list.
      await put({ [LOOKUPS_TABLE.partitionKey]: planKey(plan.planId), ...plan });
    },

    findPlan: (planId) => find<RevocationPlan>(planKey(planId)),

    start: async (job, entry) => {
      const reasons = await write([
        {
          Update: {
            TableName: lookupsTable,
            Key: keyOf(planKey(job.planId)),
            UpdateExpression: 'SET jobId = :job',
            ConditionExpression: `attribute_exists(${LOOKUPS_TABLE.partitionKey}) AND attribute_not_exists(jobId)`,
            ExpressionAttributeValues: { ':job': { S: job.jobId } },
          },
        },
        {
          Put: { TableName: lookupsTable, Item: marshall({ [LOOKUPS_TABLE.partitionKey]: jobKey(job.jobId), ...job }) },
        },
        {
          Update: {
            TableName: lookupsTable,
            Key: keyOf(RUNNING_JOBS_KEY),
            UpdateExpression: 'ADD jobs :jobs',
            ExpressionAttributeValues: { ':jobs': { SS: [job.jobId] } },
          },
        },
        audit(entry),
      ]);
      return reasons === undefined;
    },

    findJob: (jobId) => find<RevocationJob>(jobKey(jobId)),

    abort: async (jobId, entry) => {
      if ((await find(jobKey(jobId))) === undefined) return undefined;
      const reasons = await write([
        {
          Update: {
            TableName: lookupsTable,
            Key: keyOf(jobKey(jobId)),
            UpdateExpression: 'SET #state = :aborted, endedAt = :at',
            ConditionExpression: '#state = :running',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: {
              ':aborted': { S: 'aborted' satisfies JobState },
              ':running': { S: 'running' satisfies JobState },
              ':at': { S: entry.at },
            },
          },
        },
        audit(entry),
      ]);
      const isChanged = reasons === undefined;
      // A job that has ended stays as it is. The operator's action still counts as done.
      if (!isChanged) await write([audit({ ...entry, isRepeated: true })]);
      const job = await find<RevocationJob>(jobKey(jobId));
      return job && { job, isChanged };
    },
  };
};

const keyOf = (key: string): Record<string, AttributeValue> => ({ [LOOKUPS_TABLE.partitionKey]: { S: key } });
