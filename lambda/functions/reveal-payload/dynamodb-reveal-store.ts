import { type AttributeValue, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { keptBytes } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { completeTask } from '../../shared/tables/complete-task.ts';
import type { RevealStore, StoredPayloadInfo } from './reveal-store.ts';

/** Attributes that are read of every task. None has bytes of a payload. */
const TASK = [
  'taskId',
  'application',
  'processor',
  'resource',
  'owner',
  'carrier',
  'createdAt',
  'expiresAt',
  'purgeAt',
  'payloadKey',
  'result',
  'failure',
  'closedAt',
] as const satisfies readonly (keyof TaskItem)[];

/** Attributes of a delivery in quarantine, without its bytes. */
const DELIVERY = [
  'contentType',
  'size',
  'sha256',
  'receivedAt',
  'payloadKey',
] as const satisfies readonly (keyof StoredPayloadInfo)[];

/** The tasks table, for payloads. */
export const createDynamoDBRevealStore = (client: Pick<DynamoDBClient, 'send'>, tasksTable: string): RevealStore => {
  /** @param paths attribute names from the item down */
  const get = async (
    taskId: string,
    paths: readonly (readonly string[])[],
  ): Promise<Record<string, AttributeValue> | undefined> => {
    const names = [...new Set(paths.flat())];
    const placeholder = (name: string) => `#${names.indexOf(name)}`;
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: tasksTable,
        Key: { taskId: { S: taskId } },
        ConsistentRead: true,
        ProjectionExpression: paths.map((path) => path.map(placeholder).join('.')).join(', '),
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [placeholder(name), name])),
      }),
    );
    return Item;
  };

  return {
    find: async (taskId, quarantineId) => {
      const ofDelivery = (attribute: string) =>
        quarantineId === undefined ? [] : DELIVERY.map((name) => [attribute, quarantineId, name]);
      const item = await get(taskId, [
        ...TASK.map((name) => [name]),
        ...ofDelivery('quarantine'),
        ...ofDelivery('reopened'),
      ]);
      if (item === undefined) return undefined;
      const { quarantine, reopened, ...task } = unmarshall(item);
      const late = quarantineId === undefined ? undefined : quarantine?.[quarantineId];
      const earlier = quarantineId === undefined ? undefined : reopened?.[quarantineId];
      return {
        ...completeTask(task, TASK),
        ...(late && { quarantined: late }),
        ...(earlier && { reopened: earlier }),
      };
    },

    readBytes: async (taskId, place) => {
      if (place.in === 'task') return (await get(taskId, [['payload']]))?.payload?.B;
      const attribute = keptBytes(place.id);
      // An entry from before its bytes had an attribute has them itself.
      const item = await get(taskId, [[attribute], [place.in, place.id, 'payload']]);
      return item?.[attribute]?.B ?? item?.[place.in]?.M?.[place.id]?.M?.payload?.B;
    },
  };
};
