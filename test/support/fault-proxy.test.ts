import {
  GetItemCommand,
  InternalServerError,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import type { Fault } from './fault-proxy.ts';
import { test as base } from './fixtures.ts';

const test = base
  .extend('once', ({ proxy, store }) => store.connect({ endpoint: proxy.endpoint, maxAttempts: 1 }))
  .extend('retrying', ({ proxy, store }) => store.connect({ endpoint: proxy.endpoint, maxAttempts: 3 }))
  .extend(
    'put',
    ({ store }) =>
      (taskId: string) =>
        new PutItemCommand({ TableName: store.tasksTable, Item: { taskId: { S: taskId } } }),
  )
  .extend(
    'read',
    ({ store }) =>
      async (taskId: string) =>
        (await store.client.send(new GetItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: taskId } } })))
          .Item,
  )
  .extend(
    'transact',
    ({ store }) =>
      (taskId: string) =>
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: store.tasksTable, Item: { taskId: { S: taskId } } } },
            { Put: { TableName: store.jtiTable, Item: { jti: { S: taskId } } } },
          ],
        }),
  );

describe('the proxy between client and engine', () => {
  test('lets requests through and counts them by operation', async ({ once, proxy, put, read, transact }) => {
    await once.send(put('counted'));
    await once.send(transact('counted'));

    expect(await read('counted')).toEqual({ taskId: { S: 'counted' } });
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['PutItem', 'TransactWriteItems']);
    expect(proxy.count('PutItem')).toBe(1);
  });

  test.for<[Fault, new (...args: never[]) => Error]>([
    [{ kind: 'conflict' }, TransactionConflictException],
    [{ kind: 'throttled' }, ProvisionedThroughputExceededException],
    [{ kind: 'error', status: 500 }, InternalServerError],
  ])(
    '%j is recognised by the SDK, and the engine has seen nothing',
    async ([fault, expected], { once, proxy, put, read }) => {
      proxy.injectNext('PutItem', fault);

      await expect(once.send(put('refused'))).rejects.toThrow(expected);
      expect(await read('refused')).toBeUndefined();
    },
  );

  test.for<[Fault, string]>([
    [{ kind: 'throttled', as: 'ThrottlingException' }, 'ThrottlingException'],
    [{ kind: 'reset' }, 'ECONNRESET'],
  ])(
    '%j is an error that the SDK retries by itself',
    async ([fault, expected], { once, proxy, put, read, retrying }) => {
      proxy.injectNext('PutItem', fault);
      const error: unknown = await once.send(put('unlucky')).catch((reason) => reason);
      expect(error).toSatisfy(({ name, code }) => [name, code].includes(expected));

      proxy.clear();
      proxy.injectNext('PutItem', fault, fault);
      await retrying.send(put('lucky'));
      expect(proxy.count('PutItem')).toBe(3);
      expect(await read('lucky')).toBeDefined();
    },
  );

  test('a conflict cancels a transaction with a reason for each item, which the SDK does not retry', async ({
    proxy,
    retrying,
    transact,
  }) => {
    proxy.injectNext('TransactWriteItems', { kind: 'conflict' });

    const error: unknown = await retrying.send(transact('conflict')).catch((reason) => reason);

    expect(error).toBeInstanceOf(TransactionCanceledException);
    const reason = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' };
    expect(error).toMatchObject({ CancellationReasons: [reason, reason] });
    expect(proxy.count()).toBe(1);
  });

  test('a lost answer: the engine has committed, the client does not know', async ({ once, proxy, put, read }) => {
    proxy.injectNext('PutItem', { kind: 'lostAnswer' });

    await expect(once.send(put('lost'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await read('lost')).toBeDefined();
  });

  test('a delayed request arrives', async ({ once, proxy, put, read }) => {
    proxy.inject(({ operation, number }) =>
      operation === 'PutItem' && number === 1 ? { kind: 'delay', milliseconds: 5 } : undefined,
    );
    await once.send(put('late'));
    expect(await read('late')).toBeDefined();
  });

  test('silence lasts until the client gives up', async ({ once, proxy, put }) => {
    proxy.injectNext('PutItem', { kind: 'silence' });
    await expect(once.send(put('silent'), { abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
