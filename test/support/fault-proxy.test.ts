import {
  GetItemCommand,
  InternalServerError,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openStore } from './engine.ts';
import { type Fault, openFaultProxy } from './fault-proxy.ts';

const store = await openStore();
const proxy = await openFaultProxy(store.endpoint);
afterEach(proxy.clear);
afterAll(async () => {
  await store.close();
  await proxy.close();
});

const once = store.connect({ endpoint: proxy.endpoint, maxAttempts: 1 });
const retrying = store.connect({ endpoint: proxy.endpoint, maxAttempts: 3 });

const put = (taskId: string) => new PutItemCommand({ TableName: store.tasksTable, Item: { taskId: { S: taskId } } });
const read = async (taskId: string) =>
  (await store.client.send(new GetItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: taskId } } }))).Item;
const transact = (taskId: string) =>
  new TransactWriteItemsCommand({
    TransactItems: [
      { Put: { TableName: store.tasksTable, Item: { taskId: { S: taskId } } } },
      { Put: { TableName: store.jtiTable, Item: { jti: { S: taskId } } } },
    ],
  });

describe('the proxy between client and engine', () => {
  test('lets requests through and counts them by operation', async () => {
    await once.send(put('counted'));
    await once.send(transact('counted'));

    expect(await read('counted')).toEqual({ taskId: { S: 'counted' } });
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['PutItem', 'TransactWriteItems']);
    expect(proxy.count('PutItem')).toBe(1);
  });

  test.each<[Fault, new (...args: never[]) => Error]>([
    [{ kind: 'conflict' }, TransactionConflictException],
    [{ kind: 'throttled' }, ProvisionedThroughputExceededException],
    [{ kind: 'error', status: 500 }, InternalServerError],
  ])('%j is recognised by the SDK, and the engine has seen nothing', async (fault, expected) => {
    proxy.injectNext('PutItem', fault);

    await expect(once.send(put('refused'))).rejects.toThrow(expected);
    expect(await read('refused')).toBeUndefined();
  });

  test.each<[Fault, string]>([
    [{ kind: 'throttled', as: 'ThrottlingException' }, 'ThrottlingException'],
    [{ kind: 'reset' }, 'ECONNRESET'],
  ])('%j is an error that the SDK retries by itself', async (fault, expected) => {
    proxy.injectNext('PutItem', fault);
    const error: unknown = await once.send(put('unlucky')).catch((reason) => reason);
    expect(error).toSatisfy(({ name, code }) => [name, code].includes(expected));

    proxy.clear();
    proxy.injectNext('PutItem', fault, fault);
    await retrying.send(put('lucky'));
    expect(proxy.count('PutItem')).toBe(3);
    expect(await read('lucky')).toBeDefined();
  });

  test('a conflict cancels a transaction with a reason for each item, which the SDK does not retry', async () => {
    proxy.injectNext('TransactWriteItems', { kind: 'conflict' });

    const error: unknown = await retrying.send(transact('conflict')).catch((reason) => reason);

    expect(error).toBeInstanceOf(TransactionCanceledException);
    const reason = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' };
    expect(error).toMatchObject({ CancellationReasons: [reason, reason] });
    expect(proxy.count()).toBe(1);
  });

  test('a lost answer: the engine has committed, the client does not know', async () => {
    proxy.injectNext('PutItem', { kind: 'lostAnswer' });

    await expect(once.send(put('lost'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await read('lost')).toBeDefined();
  });

  test('a delayed request arrives', async () => {
    proxy.inject(({ operation, number }) =>
      operation === 'PutItem' && number === 1 ? { kind: 'delay', milliseconds: 5 } : undefined,
    );
    await once.send(put('late'));
    expect(await read('late')).toBeDefined();
  });

  test('silence lasts until the client gives up', async () => {
    proxy.injectNext('PutItem', { kind: 'silence' });
    await expect(once.send(put('silent'), { abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
