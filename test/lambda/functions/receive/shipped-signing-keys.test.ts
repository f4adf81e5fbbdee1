import { type KeyObject, sign } from 'node:crypto';
import { describe, expect } from 'vitest';
import { fetchPublicKeys, type PublicKey } from '../../../../lambda/shared/callback-token/public-keys.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import { anAwsEnvironment } from '../../../support/environments.ts';
import type { FaultProxy } from '../../../support/fault-proxy.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aSigningKey as aKmsSigningKey } from '../../../support/kms.ts';
import { type OpenTask, putTask, readTask } from '../../../support/receiver.ts';
import { type ShippedReceiver, startShippedReceiver } from '../../../support/shipped-receiver.ts';
import { aSigningKeyItem, putSigningKey, retireSigningKey } from '../../../support/signing-keys.ts';
import { aSigningKey, aToken, NOW, type SigningKey } from '../../../support/tokens.ts';

const USE = 'TransactWriteItems';
const environment = anAwsEnvironment({
  processors: { 'acme-ocr': { carriers: ['header'], contentTypes: ['application/json'] } },
});

const withToken = (task: OpenTask, token = task.tokens.result): EventOverrides => ({
  path: task.path('result'),
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  body: '{"text":"Total"}',
});

/** Signs with the private half of a key of the stand-in for KMS. */
const aSignerOf = (publicKey: PublicKey, privateKey: KeyObject): SigningKey => ({
  publicKey,
  privateKey,
  signer: {
    alg: publicKey.alg,
    kid: publicKey.kid,
    sign: async (input) => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  },
});

/** Each reading of the keys fails. Everything else works. */
const failReadings = (proxy: FaultProxy): void =>
  proxy.inject(({ operation }) => (operation === 'Query' ? { kind: 'error', status: 500 } : undefined));

const test = base
  .extend('keyItem', async ({ key, ownStore }) => {
    const item = aSigningKeyItem(key);
    await putSigningKey(ownStore, item);
    return item;
  })
  .extend(
    'aTask',
    ({ key, keyItem: _, ownStore }) =>
      () =>
        putTask(ownStore, key),
  )
  /** Starts the deployed files. Their clock stands at `NOW` until the test moves it. */
  .extend('start', ({ keyItem: _, kmsProxy, proxy, ownStore }, { onCleanup }) => {
    const processes: ShippedReceiver[] = [];
    onCleanup(async () => {
      await Promise.all(processes.map((process) => process.stop()));
    });
    return async (signingKeyIds: readonly string[] = []): Promise<ShippedReceiver> => {
      const endpoints = { dynamodb: proxy.endpoint, kms: kmsProxy.endpoint };
      const process = await startShippedReceiver({ environment, store: ownStore, signingKeyIds, now: NOW, endpoints });
      processes.push(process);
      return process;
    };
  })
  /** Delivers a callback, and lists the requests to DynamoDB for it. */
  .extend('deliver', ({ aTask, proxy }) => async (by: ShippedReceiver, event?: EventOverrides) => {
    const own = event ?? withToken(await aTask());
    const before = proxy.count();
    const { json, status } = await by.deliver(own);
    const { code } = json as { readonly code?: string };
    return { status, ...(code !== undefined && { code }), requests: operationsOf(proxy).slice(before) };
  });

const operationsOf = ({ requests }: FaultProxy): readonly string[] => requests.map(({ operation }) => operation);

describe('the requests of a process', () => {
  test('are one reading of the keys at its start, and no request to KMS', async ({
    deliver,
    kmsProxy,
    proxy,
    start,
  }) => {
    const process = await start();
    for (let count = 0; count < 3; count += 1) expect(await deliver(process)).toMatchObject({ status: 200 });
    process.at(NOW + 59);
    expect(await deliver(process)).toMatchObject({ status: 200 });
    expect(operationsOf(proxy)).toEqual(['Query', USE, USE, USE, USE]);
    expect(kmsProxy.requests).toEqual([]);
  });

  test('are one reading of the keys in 60 seconds, for accepted and refused callbacks', async ({
    aTask,
    deliver,
    key,
    start,
  }) => {
    const process = await start();
    await deliver(process);
    process.at(NOW + 60);
    expect(await deliver(process)).toEqual({ status: 200, requests: ['Query', USE] });
    expect(await deliver(process)).toEqual({ status: 200, requests: [USE] });
    process.at(NOW + 120);
    const task = await aTask();
    const unknown = withToken(task, await aToken(key, task.claims('result'), { kid: 'unknown' }));
    expect(await deliver(process, unknown)).toEqual({ status: 401, code: 'token_key_unknown', requests: ['Query'] });
    expect(await deliver(process, unknown)).toEqual({ status: 401, code: 'token_key_unknown', requests: [] });
    expect(await deliver(process)).toEqual({ status: 200, requests: [USE] });
  });

  test('are no reading of the keys for a request without a token', async ({ aTask, deliver, start }) => {
    const process = await start();
    await deliver(process);
    process.at(NOW + 60);
    const event = { ...withToken(await aTask()), headers: { 'content-type': 'application/json' } };
    expect(await deliver(process, event)).toMatchObject({ code: 'token_missing', requests: [] });
  });

  test('are also one to KMS for each of its keys, if the environment signs with KMS', async ({
    deliver,
    kms,
    kmsProxy,
    ownStore,
    proxy,
    start,
  }) => {
    const arns = [kms.key.arn, kms.standIns.kms.ensureKey(aKmsSigningKey('PreviousKey')).arn];
    const [publicKey] = await fetchPublicKeys(kms.getPublicKey, arns);
    const { privateKey } = kms.key;
    if (publicKey === undefined || privateKey === undefined) throw new Error('The stand-in has no key.');
    const process = await start(arns);
    const task = await putTask(ownStore, aSignerOf(publicKey, privateKey));
    expect(await deliver(process, withToken(task))).toMatchObject({ status: 200 });
    // Keys of the table are accepted too.
    expect(await deliver(process)).toMatchObject({ status: 200 });
    expect(kmsProxy.requests.map(({ input, operation }) => [operation, input.KeyId])).toEqual(
      arns.map((arn) => ['GetPublicKey', arn]),
    );
    expect(operationsOf(proxy)).toEqual(['Query', USE, USE]);
  });
});

test('C7 KMS that does not answer refuses only tokens of its keys, until it answers again', async ({
  deliver,
  kms,
  kmsProxy,
  ownStore,
  start,
}) => {
  const [publicKey] = await fetchPublicKeys(kms.getPublicKey, [kms.key.arn]);
  const { privateKey } = kms.key;
  if (publicKey === undefined || privateKey === undefined) throw new Error('The stand-in has no key.');
  const task = await putTask(ownStore, aSignerOf(publicKey, privateKey));
  kmsProxy.inject(() => ({ kind: 'error', status: 500 }));
  const process = await start([kms.key.arn]);
  expect(await deliver(process)).toMatchObject({ status: 200 });
  expect(await deliver(process, withToken(task))).toMatchObject({ status: 503, code: 'unavailable' });
  kmsProxy.clear();
  expect(await deliver(process, withToken(task))).toMatchObject({ status: 200 });
});

describe('C7 a table of keys that does not answer', () => {
  test('refuses the first callback of a process, and the next one tries again', async ({ deliver, proxy, start }) => {
    failReadings(proxy);
    const process = await start();
    const refused = await deliver(process);
    expect(refused).toMatchObject({ status: 503, code: 'unavailable' });
    expect(operationsOf(proxy)).not.toContain(USE);
    proxy.clear();
    expect(await deliver(process)).toEqual({ status: 200, requests: ['Query', USE] });
  });

  test('ends the acceptance of a running process after 600 seconds', async ({ deliver, proxy, start }) => {
    const process = await start();
    await deliver(process);
    failReadings(proxy);
    process.at(NOW + 599);
    expect(await deliver(process)).toMatchObject({ status: 200 });
    process.at(NOW + 600);
    expect(await deliver(process)).toMatchObject({ status: 503, code: 'unavailable' });
    proxy.clear();
    expect(await deliver(process)).toEqual({ status: 200, requests: ['Query', USE] });
  });

  test('is asked once in 60 seconds while the process goes on, with the retries of one call', async ({
    deliver,
    proxy,
    start,
  }) => {
    const process = await start();
    await deliver(process);
    failReadings(proxy);
    process.at(NOW + 60);
    const { requests } = await deliver(process);
    expect(requests).toEqual(['Query', 'Query', 'Query', 'Query', USE]);
    process.at(NOW + 119);
    expect(await deliver(process)).toEqual({ status: 200, requests: [USE] });
  });

  test('makes an unknown kid 503 once the list is 60 seconds old', async ({ aTask, deliver, key, proxy, start }) => {
    const process = await start();
    await deliver(process);
    failReadings(proxy);
    const task = await aTask();
    const unknown = withToken(task, await aToken(key, task.claims('result'), { kid: 'unknown' }));
    process.at(NOW + 59);
    expect(await deliver(process, unknown)).toMatchObject({ status: 401, code: 'token_key_unknown' });
    process.at(NOW + 60);
    expect(await deliver(process, unknown)).toMatchObject({ status: 503, code: 'unavailable' });
  });
});

describe('O3 a retired key', () => {
  test('is refused 60 seconds later at the latest, for repeats too, and nothing is kept', async ({
    aTask,
    deliver,
    keyItem,
    ownStore,
    start,
  }) => {
    const process = await start();
    const [used, unused] = [await aTask(), await aTask()];
    expect(await deliver(process, withToken(used))).toMatchObject({ status: 200 });
    await retireSigningKey(ownStore, keyItem, NOW);
    process.at(NOW + 59);
    expect(await deliver(process)).toMatchObject({ status: 200 });
    process.at(NOW + 60);
    for (const task of [used, unused]) {
      expect(await deliver(process, withToken(task))).toMatchObject({ status: 401, code: 'token_key_unknown' });
    }
    expect(await readTask(ownStore, unused.taskId)).toMatchObject({ status: 'pending', quarantine: {} });
  });

  test('is refused by a process that was frozen for an hour', async ({ aTask, deliver, keyItem, ownStore, start }) => {
    const process = await start();
    await deliver(process);
    await retireSigningKey(ownStore, keyItem, NOW + 60);
    process.at(NOW + 3_600);
    expect(await deliver(process, withToken(await aTask()))).toEqual({
      status: 401,
      code: 'token_key_unknown',
      requests: ['Query'],
    });
  });

  test('is refused by a process that was frozen while it read the keys', async ({
    aTask,
    keyItem,
    ownStore,
    proxy,
    start,
  }) => {
    const process = await start();
    await process.deliver(withToken(await aTask()));
    const task = await aTask();
    // The engine answers before the key is retired, and the process gets the answer an hour later.
    let thaw: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    proxy.injectNext('Query', { kind: 'heldAnswer', until: frozen });
    process.at(NOW + 60);
    const delivery = process.deliver(withToken(task));
    await expect.poll(() => proxy.count('Query')).toBe(2);
    await retireSigningKey(ownStore, keyItem, NOW + 60);
    process.at(NOW + 3_660);
    thaw();
    expect((await delivery).json).toMatchObject({ code: 'token_key_unknown' });
    expect(proxy.count('Query')).toBeGreaterThan(2);
  });
});

describe('a new key', () => {
  test('is accepted once the process has read it, without a refusal before', async ({ deliver, ownStore, start }) => {
    const process = await start();
    await deliver(process);
    const next = await aSigningKey();
    await putSigningKey(ownStore, aSigningKeyItem(next, { generation: 2, publishedAt: NOW + 1 }));
    // It signs 65 seconds later: the tolerance of clocks, and the age of the lists.
    process.at(NOW + 66);
    const task = await putTask(ownStore, next, {}, { iat: NOW + 66, nbf: NOW + 66 });
    expect(await deliver(process, withToken(task))).toEqual({ status: 200, requests: ['Query', USE] });
  });
});
