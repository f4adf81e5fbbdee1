import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { jtiKey } from '../../lambda/contract/tables.ts';
import { createDynamoDBStore } from '../../lambda/functions/receive/store/dynamodb-callback-store.ts';
import { callBySdk } from '../../lambda/shared/aws/dynamodb-sdk.ts';
import { ORIGIN, PROCESSOR } from './names.ts';
import { PAYLOAD, type World } from './test-bed.ts';

/** Write units that DynamoDB says a callback's transaction took: `ReturnConsumedCapacity`, indexes included. */
export const writeUnitsOfACallback = async (world: World): Promise<number> => {
  const [callback] = await world.callbacks(1);
  if (callback === undefined) throw new Error('There is no callback.');
  let units = 0;
  const counting: Pick<DynamoDBClient, 'send'> = {
    send: async (command: TransactWriteItemsCommand) => {
      command.input.ReturnConsumedCapacity = 'TOTAL';
      const output = await world.dynamodb.send(command);
      for (const { CapacityUnits = 0 } of output.ConsumedCapacity ?? []) units += CapacityUnits;
      return output;
    },
  };
  const store = createDynamoDBStore({
    dynamodb: callBySdk(counting),
    tasksTable: 'tasks',
    jtiTable: 'jti',
    lookupsTable: 'lookups',
    wait,
    random: Math.random,
  });
  const { exp, jti } = JSON.parse(Buffer.from(callback.token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    readonly exp: number;
    readonly jti: string;
  };
  const now = Date.now();
  const receivedAt = new Date(now).toISOString();
  const digest = randomBytes(32).toString('hex');
  const { recorded } = await store.consume(
    {
      jtiKey: jtiKey(ORIGIN, jti),
      jti,
      taskId: callback.taskId,
      processor: PROCESSOR,
      capability: 'result',
      maxUses: 1,
      digest,
      exp,
      now: Math.floor(now / 1000),
      receivedAt,
      signatures: [],
    },
    {
      kind: 'close',
      capability: 'result',
      payload: { contentType: 'application/json', size: PAYLOAD.length, sha256: digest, receivedAt },
      stored: { payload: Buffer.from(PAYLOAD) },
    },
  );
  if (!recorded) throw new Error('The callback was not recorded.');
  return units;
};
