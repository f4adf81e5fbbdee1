import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { CLOCK_SKEW_MILLISECONDS } from '../../../../lambda/contract/call-limits.ts';
import { DYNAMODB_CONFIGURATION } from '../../../../lambda/shared/aws/client-configuration.ts';
import { writeConditionally } from '../../../../lambda/shared/aws/conditional-write.ts';
import { type CallDynamoDB, createDynamoDBClient } from '../../../../lambda/shared/aws/dynamodb.ts';
import { callBySdk } from '../../../../lambda/shared/aws/dynamodb-sdk.ts';
import { transact } from '../../../../lambda/shared/aws/transact-write.ts';
import { LOCAL_ENVIRONMENT } from '../../../support/engine.ts';
import type { Fault } from '../../../support/fault-proxy.ts';
import { test as base } from '../../../support/fixtures.ts';

/** The receiver's own client and the SDK's, so that what one is held to, the other is held to. */
const CLIENTS = ['own', 'sdk'] as const;
type Client = (typeof CLIENTS)[number];

const errorOf = async (call: Promise<unknown>): Promise<Error> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof Error)) throw new Error('It was no error.');
  return error;
};

const test = base
  /** The client of the `describe`. */
  .extend('client', (): Client => 'own')
  .extend(
    'connect',
    ({ store }) =>
      (client: Client, endpoint: string): CallDynamoDB =>
        client === 'own'
          ? createDynamoDBClient({ environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: endpoint } })
          : callBySdk(store.connect({ ...DYNAMODB_CONFIGURATION, endpoint })),
  )
  .extend('call', ({ client, connect, proxy }) => connect(client, proxy.endpoint))
  .extend('jti', () => randomUUID())
  /** A service that gives these answers, and notes the date of each request. */
  .extend('service', async ({}, { onCleanup }) => {
    const answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [];
    const dates: string[] = [];
    const server = createServer((request, response) => {
      request.resume();
      request.once('end', () => {
        dates.push(String(request.headers['x-amz-date']));
        const answer = answers.shift();
        if (answer === undefined) response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
        else answer(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => {
      server.closeAllConnections();
      server.close();
    });
    return { answers, dates, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  })
  .extend(
    'update',
    ({ call, jti, store }) =>
      (expression: string, more: object = {}) =>
        call('UpdateItem', {
          TableName: store.jtiTable,
          Key: { jti: { S: jti } },
          UpdateExpression: expression,
          ...more,
        }),
  )
  .extend(
    'read',
    ({ call, jti, store }) =>
      async () =>
        (await call('GetItem', { TableName: store.jtiTable, Key: { jti: { S: jti } }, ConsistentRead: true })).Item,
  )
  .extend('put', ({ store }) => (key: string, more: object = {}) => ({
    Update: {
      TableName: store.jtiTable,
      Key: { jti: { S: key } },
      UpdateExpression: 'SET #a = :a',
      ExpressionAttributeNames: { '#a': 'a' },
      ExpressionAttributeValues: { ':a': { S: 'x' } },
      ...more,
    },
  }))
  .extend(
    'ask',
    ({ call }) =>
      () =>
        call('GetItem', { TableName: 't', Key: { jti: { S: 'x' } } }),
  );

describe.each(CLIENTS)('the %s client', (client) => {
  test.override('client', () => client);

  test('writes and reads every kind of value, an attribute that is called B too', async ({ jti, read, update }) => {
    const item = {
      text: { S: 'ä "\\ 😀 \u2028' },
      number: { N: '12345678901234567890' },
      bytes: { B: randomBytes(1_000) },
      none: { NULL: true },
      B: { M: { B: { S: 'a string' }, list: { L: [{ BOOL: false }, { B: Uint8Array.of(0, 255) }] } } },
    };
    const names = Object.keys(item);
    await update(`SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`, {
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(Object.entries(item).map(([name, value]) => [`:${name}`, value])),
    });
    expect(plain(await read())).toEqual(plain({ ...item, jti: { S: jti } }));
  });

  test('reads nothing where nothing is, and what an update leaves', async ({ jti, read, update }) => {
    expect(await read()).toBeUndefined();
    const { Attributes } = await update('SET a = :a', {
      ExpressionAttributeValues: { ':a': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    });
    expect(Attributes).toEqual({ jti: { S: jti }, a: { N: '1' } });
  });

  test('reports the name of DynamoDB’s error', async ({ proxy, update }) => {
    const exists = { ConditionExpression: 'attribute_exists(jti)', ExpressionAttributeValues: { ':a': { N: '1' } } };
    expect((await errorOf(update('SET a = :a', exists))).name).toBe('ConditionalCheckFailedException');
    expect((await errorOf(update('SAT a'))).name).toBe('ValidationException');
    expect(proxy.count()).toBe(2);
  });

  test('tells which item made a conditional put fail, if the put asks for it', async ({ call, jti, store }) => {
    const put = (a: Uint8Array, more: object = {}) =>
      writeConditionally(() =>
        call('PutItem', {
          TableName: store.jtiTable,
          Item: { jti: { S: jti }, a: { B: a } },
          ConditionExpression: 'attribute_not_exists(jti)',
          ...more,
        }),
      );
    expect(await put(Uint8Array.of(1, 255))).toMatchObject({ written: true });
    expect(await put(Uint8Array.of(2))).toMatchObject({ written: false, item: undefined });
    const failed = await put(Uint8Array.of(3), { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(plain(failed)).toMatchObject({
      written: false,
      item: plain({ jti: { S: jti }, a: { B: Uint8Array.of(1, 255) } }),
    });
  });

  test('tells why a transaction was cancelled, by position, with the items that were asked for', async ({
    call,
    jti,
    put,
    update,
  }) => {
    await update('SET a = :a', { ExpressionAttributeValues: { ':a': { B: Uint8Array.of(1, 2) } } });
    const first = { ConditionExpression: 'attribute_not_exists(jti)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    const reasons = await transact(call, [put(randomUUID()), put(jti, first)], {
      wait: async () => {},
      random: () => 0,
    });
    expect(reasons?.map(({ Code }) => Code)).toEqual(['None', 'ConditionalCheckFailed']);
    expect(plain(reasons?.[1]?.Item)).toEqual(plain({ jti: { S: jti }, a: { B: Uint8Array.of(1, 2) } }));
  });

  const faults: readonly (readonly [string, readonly Fault[], string | undefined])[] = [
    ['a reset connection, twice', [{ kind: 'reset' }, { kind: 'reset' }], undefined],
    ['a reset connection, three times', [{ kind: 'reset' }, { kind: 'reset' }, { kind: 'reset' }], undefined],
    [
      'a reset connection, four times',
      [{ kind: 'reset' }, { kind: 'reset' }, { kind: 'reset' }, { kind: 'reset' }],
      'TimeoutError',
    ],
    [
      '500 and 503',
      [
        { kind: 'error', status: 500 },
        { kind: 'error', status: 503 },
      ],
      undefined,
    ],
    ['throttling', [{ kind: 'throttled', as: 'ThrottlingException' }], undefined],
    ['a busy table', [{ kind: 'throttled' }], undefined],
    ['too many requests', [{ kind: 'throttled', as: 'RequestLimitExceeded' }], undefined],
    ['silence, once', [{ kind: 'silence' }], undefined],
    ['an answer that is lost', [{ kind: 'lostAnswer' }], undefined],
  ];
  test.for(faults)(
    'goes through %s as the SDK does',
    async ([_name, fault, outcome], { call, jti, proxy, put, read }) => {
      proxy.injectNext('TransactWriteItems', ...fault);
      const transaction = call('TransactWriteItems', { TransactItems: [put(jti)] });
      if (outcome === undefined) {
        await transaction;
        expect(await read()).toBeDefined();
        expect(proxy.count('TransactWriteItems')).toBe(fault.length + 1);
      } else {
        // Node's own name of it, or the SDK's.
        expect(['TimeoutError', 'Error']).toContain((await errorOf(transaction)).name);
        expect(proxy.count('TransactWriteItems')).toBe(4);
      }
    },
  );

  test('does not repeat a conflict, which is the caller’s to repeat', async ({ call, jti, proxy, put }) => {
    proxy.inject(() => ({ kind: 'conflict' }));
    const error = await errorOf(call('TransactWriteItems', { TransactItems: [put(jti)] }));
    expect(error).toMatchObject({ name: 'TransactionCanceledException' });
    expect(proxy.count()).toBe(1);
  });

  test('C6 sends retries of a call as one transaction, and the next call as another', async ({
    call,
    jti,
    proxy,
    put,
  }) => {
    proxy.injectNext('TransactWriteItems', { kind: 'reset' }, { kind: 'lostAnswer' });
    await call('TransactWriteItems', { TransactItems: [put(jti)] });
    await call('TransactWriteItems', { TransactItems: [put(jti)] });
    const tokens = proxy.requests.map(({ input }) => input.ClientRequestToken);
    expect(tokens).toHaveLength(4);
    expect(new Set(tokens.slice(0, 3)).size).toBe(1);
    expect(tokens[3]).not.toBe(tokens[0]);
    expect(tokens[3]).toMatch(/^[\w-]{36}$/);
  });

  describe('with a service that answers', () => {
    test.override('call', ({ connect, client, service }) => connect(client, service.url));

    const refusing =
      (status: number, body: object | string, headers: Record<string, string> = {}) =>
      (_request: IncomingMessage, response: ServerResponse) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers }).end(text);
      };

    test.for([
      ['no JSON, of a proxy', refusing(502, '<html>Bad gateway</html>'), 2],
      ['429', refusing(429, {}), 2],
      ['the code alone in a header', refusing(400, {}, { 'x-amzn-errortype': 'ThrottlingException:http://x/' }), 2],
      [
        'a half answer',
        (_request: IncomingMessage, response: ServerResponse) => {
          response.writeHead(500, { 'content-length': '100' }).write('{');
          setImmediate(() => response.destroy());
        },
        2,
      ],
      ['501', refusing(501, { __type: 'x#NotImplemented' }), 1],
      ['403', refusing(403, { __type: 'x#AccessDeniedException', Message: 'no' }), 1],
      ['404', refusing(404, {}), 1],
    ] as const)(
      'repeats the request, or not, as the SDK does: %s',
      async ([_name, answer, requests], { ask, service }) => {
        service.answers.push(answer);
        await ask().catch(() => undefined);
        expect(service.dates).toHaveLength(requests);
      },
    );

    test('corrects a wrong clock, and signs the request again with the service’s time', async ({ ask, service }) => {
      const theirs = new Date(Date.now() + CLOCK_SKEW_MILLISECONDS + 3_600_000);
      const skewed = {
        __type: 'com.amazon.coral.service#InvalidSignatureException',
        message: 'Signature not yet current',
      };
      service.answers.push(refusing(400, skewed, { date: theirs.toUTCString() }));
      // A service's clock goes on being its own.
      service.answers.push(refusing(200, {}, { date: theirs.toUTCString() }));
      await ask();
      expect(service.dates).toHaveLength(2);
      expect(Math.abs(timeOf(service.dates[1] as string) - theirs.getTime())).toBeLessThan(60_000);
      await ask();
      expect(Math.abs(timeOf(service.dates[2] as string) - theirs.getTime())).toBeLessThan(60_000);
    });

    test('does not repeat a request whose signature is refused although the clocks agree', async ({ ask, service }) => {
      service.answers.push(refusing(400, { __type: 'x#InvalidSignatureException', message: 'no' }));
      expect((await errorOf(ask())).name).toBe('InvalidSignatureException');
      expect(service.dates).toHaveLength(1);
    });
  });

  test('reports an error of the connection if the service does not run', async ({ client, connect }) => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const error = await errorOf(connect(client, `http://127.0.0.1:${port}`)('GetItem', { TableName: 't', Key: {} }));
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

/** 20261126T200000Z → milliseconds. */
const timeOf = (date: string): number =>
  Date.parse(date.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'));

/** Makes bytes of different classes comparable. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, member) =>
      member?.type === 'Buffer'
        ? Buffer.from(member.data).toString('hex')
        : member instanceof Uint8Array
          ? Buffer.from(member).toString('hex')
          : member,
    ),
  );
