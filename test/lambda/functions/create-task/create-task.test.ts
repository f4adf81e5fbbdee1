import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { describe, expect } from 'vitest';
import { INDEX_SHARDS, NEVER } from '../../../../lambda/contract/limits.ts';
import type { Proof } from '../../../../lambda/contract/proofs.ts';
import { shardOf } from '../../../../lambda/shared/tables/hashed-keys.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { countsOf, readTask } from '../../../support/receiver.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { RETENTION, type SenderFunction } from '../../../support/sender-api.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const aBody = (overrides: Record<string, unknown> = {}) => ({
  processor: 'acme-ocr',
  resource: 'invoice-77',
  expiresIn: 3_600,
  ...overrides,
});

const postTo =
  (open: SenderFunction) =>
  (body: unknown = aBody(), more: EventOverrides = {}) =>
    open.send({
      path: '/v1/tasks',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...more,
      headers: { 'content-type': 'application/json', ...more.headers },
    });

interface Opened {
  readonly taskId: string;
  readonly callbacks: Record<string, { readonly url: string; readonly token?: string; readonly grade?: string }>;
}

const test = base.extend('post', ({ open }) => postTo(open));

/** The first 132 bits of the SHA-256. */
const digest = (value: string): string => createHash('sha256').update(value).digest('base64url').slice(0, 22);

describe('opening a task', () => {
  test('answers 201 with a callback URL for each capability, the token in it for carrier path', async ({ post }) => {
    const answer = await post();
    expect(answer.status).toBe(201);
    const { taskId } = answer.json as Opened;
    expect(taskId).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const callback = (base: string) => ({
      method: 'POST',
      url: expect.stringMatching(
        new RegExp(`^${ORIGIN}/v1/${base}/${taskId}/[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$`),
      ),
      expiresAt: '2100-06-01T13:00:00.000Z',
      maxUses: 1,
      grade: 'D',
    });
    expect(answer.json).toEqual({
      taskId,
      application: 'default',
      status: 'pending',
      createdAt: '2100-06-01T12:00:00.000Z',
      expiresAt: '2100-06-01T13:00:00.000Z',
      callbacks: { result: callback('results'), failure: callback('failures') },
    });
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Location: `${ORIGIN}/v1/tasks/${taskId}`,
    });
  });

  test('gives the token apart from the URL for carrier header, and only what was asked for', async ({ post }) => {
    const answer = await post(aBody({ carrier: 'header', callbacks: ['failure'] }));
    const { taskId } = answer.json as Opened;
    expect((answer.json as Opened).callbacks).toEqual({
      failure: {
        method: 'POST',
        url: `${ORIGIN}/v1/failures/${taskId}`,
        token: expect.stringMatching(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/),
        expiresAt: '2100-06-01T13:00:00.000Z',
        maxUses: 1,
        grade: 'C',
      },
    });
  });

  test("takes the processor's first carrier unless one is named", async ({ post }) => {
    const { callbacks } = (await post(aBody({ processor: 'header-ocr' }))).json as Opened;
    expect(callbacks.result?.token).toBeDefined();
  });

  test('binds tokens to the key of the proof, and uses the port that asks for certificates', async ({ sender }) => {
    const proofs: readonly Proof[] = [
      { kind: 'none' },
      { kind: 'private_key_jwt', clientId: 'acme' },
      { kind: 'dpop', jkt: 'the-key', nonce: false },
      { kind: 'http_signature', keys: {} },
      { kind: 'standard_webhooks', secretName: 'acme' },
      { kind: 'webhook', origins: [] },
      { kind: 'mtls', x5tS256: 'the-certificate', port: 8443 },
    ];
    const registry = registryOf(...proofs.map((proof, i) => aProcessor({ id: `proof-${i}`, proof })));
    const post = postTo(sender.opener({ registry }));
    const shown = await Promise.all(
      proofs.map(async ({ kind }, i) => {
        const { callbacks } = (await post(aBody({ processor: `proof-${i}`, carrier: 'header' }))).json as Opened;
        const { grade, token = '', url = '' } = callbacks.result ?? {};
        return [kind, grade, decodeJwt(token).cnf, new URL(url).port, decodeJwt(token).iss];
      }),
    );
    expect(shown).toEqual([
      ['none', 'C', undefined, '', ORIGIN],
      ['private_key_jwt', 'B', undefined, '', ORIGIN],
      ['dpop', 'A', { jkt: 'the-key' }, '', ORIGIN],
      ['http_signature', 'A', undefined, '', ORIGIN],
      ['standard_webhooks', 'B', undefined, '', ORIGIN],
      ['webhook', 'B', undefined, '', ORIGIN],
      ['mtls', 'A', { 'x5t#S256': 'the-certificate' }, '8443', ORIGIN],
    ]);
  });

  test('gives the port that asks for certificates with a short URL and a token in the path too', async ({ sender }) => {
    const proof: Proof = { kind: 'mtls', x5tS256: 'the-certificate', port: 9443 };
    const mtls = aProcessor({ id: 'mtls-ocr', carriers: ['short', 'path'], proof });
    const post = postTo(sender.opener({ registry: registryOf(mtls) }));
    for (const carrier of ['short', 'path']) {
      const { callbacks } = (await post(aBody({ processor: 'mtls-ocr', carrier }))).json as Opened;
      expect(new URL(callbacks.result?.url ?? '').port).toBe('9443');
      expect(callbacks.result?.grade).toBe('B');
    }
  });

  test('puts the owner into the tokens only where the environment says so', async ({ sender }) => {
    const post = postTo(sender.opener({ ownerClaim: true }));
    const body = aBody({ carrier: 'header', owner: 'user-12' });
    const { callbacks } = (await post(body)).json as Opened;
    expect(decodeJwt(callbacks.result?.token ?? '').owner).toBe('user-12');
  });

  test('stores the task with its current jtis, deadline, first history entry and sequence', async ({
    open,
    post,
    sender,
  }) => {
    open.at(NOW * 1000 + 789);
    const metadata = { invoice: 77, lines: ['ä'] };
    const answer = await post(
      aBody({ carrier: 'header', owner: 'user-12', heartbeat: 4_000, expiresIn: 7_200, metadata }),
    );
    const { callbacks, taskId } = answer.json as Opened;
    const createdAt = '2100-06-01T12:00:00.789Z';
    const shard = shardOf(taskId, INDEX_SHARDS.default);
    expect(await readTask(sender.store, taskId)).toEqual({
      taskId,
      application: 'default',
      status: 'pending',
      processor: 'acme-ocr',
      resource: 'invoice-77',
      owner: 'user-12',
      metadata: JSON.stringify(metadata),
      openedBy: 'local-sender',
      carrier: 'header',
      createdAt,
      expiresAt: '2100-06-01T14:00:00.000Z',
      deadline: NOW + 7_205,
      heartbeat: 4_000,
      heartbeatDeadline: NOW + 4_000,
      shard,
      createdKey: `${createdAt}#${taskId}`,
      applicationShard: `default#${shard}`,
      resourceShard: `default#${shard}#${digest('invoice-77')}`,
      ownerShard: `default#${shard}#${digest('user-12')}`,
      due: NOW + 4_000,
      uploads: {},
      quarantine: {},
      callbacks: {
        result: { jti: decodeJwt(callbacks.result?.token ?? '').jti, maxUses: 1 },
        failure: { jti: decodeJwt(callbacks.failure?.token ?? '').jti, maxUses: 1 },
      },
      history: [{ at: createdAt, status: 'pending' }],
      sequence: 1,
      revision: 1,
      change: 'opened',
      changedAt: createdAt,
      purgeAt: NOW + 7_200 + RETENTION,
    });
  });

  test('sets the deadline to the expiry and the tolerance if there is no heartbeat', async ({ post, sender }) => {
    const { taskId } = (await post()).json as Opened;
    const times = { deadline: NOW + 3_605, heartbeatDeadline: NEVER, due: NOW + 3_605 };
    expect(await readTask(sender.store, taskId)).toMatchObject(times);
  });

  test('C6 never gives the same task id or jti twice', async ({ post }) => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => post(aBody({ carrier: 'header' }))));
    const ids = opened.flatMap(({ json }) => {
      const { callbacks, taskId } = json as Opened;
      return [taskId, ...Object.values(callbacks).map(({ token }) => decodeJwt(token ?? '').jti)];
    });
    expect(new Set(ids).size).toBe(8 * 3);
  });

  test('stays under 1,024 bytes of URL for the longest legal input', async ({ sender }) => {
    const post = postTo(sender.opener({ ownerClaim: true }));
    const { callbacks } = (await post(aBody({ owner: 'x'.repeat(64), expiresIn: 604_800 }))).json as Opened;
    for (const { url } of Object.values(callbacks)) expect(Buffer.byteLength(url)).toBeLessThan(1_024);
  });
});

describe('a request that is malformed', () => {
  test.for([
    undefined,
    'text/plain',
    'application/problem+json',
    'application/json-seq',
    'application/json; charset=iso-8859-1',
    'application/json, text/plain',
  ])('H3 gets 415 for the type %s', async (contentType, { post }) => {
    expect(await post(aBody(), { headers: { 'content-type': contentType } })).toBeRefusedWith('content_type_refused');
  });

  test.for([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('is accepted with the type %s', async (contentType, { post }) => {
    expect((await post(aBody(), { headers: { 'content-type': contentType } })).status).toBe(201);
  });

  test('H3 gets 415 for two content types or an encoding', async ({ post }) => {
    const twice = { 'content-type': ['application/json', 'application/json'] };
    expect(await post(aBody(), { headers: twice })).toBeRefusedWith('content_type_refused');
    expect(await post(aBody(), { headers: { 'content-encoding': 'gzip' } })).toBeRefusedWith('content_type_refused');
    expect((await post(aBody(), { headers: { 'content-encoding': 'identity' } })).status).toBe(201);
  });

  test.for(['', '{', 'null', '[]', '\ufeff{}', '{"processor":"acme-ocr",}'])(
    'T7 gets 400 for the body %j',
    async (body, { post }) => {
      expect(await post(body)).toBeRefusedWith('request_invalid');
    },
  );

  test('T7 gets 400 for a body that is not UTF-8', async ({ post }) => {
    const body = Buffer.concat([Buffer.from('{"resource":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(await post(aBody(), { body })).toBeRefusedWith('request_invalid');
  });

  test('H3 gets 413 if it is larger than 64 KB', async ({ post }) => {
    const body = `${JSON.stringify(aBody())}${' '.repeat(65_536)}`;
    expect(await post(body)).toBeRefusedWith('payload_too_large');
  });

  test('gets an answer that names every fault of the body', async ({ post }) => {
    const answer = await post({ processor: 'acme-ocr', expiresIn: 10, colour: 'red' });
    expect(answer).toBeRefusedWith('request_invalid');
    expect((answer.json as { errors: unknown }).errors).toEqual([
      { pointer: '/colour', detail: expect.stringContaining('"colour"') },
      { pointer: '/resource', detail: 'is required' },
      { pointer: '/expiresIn', detail: expect.any(String) },
    ]);
  });

  test('P2 gets an answer that names every unknown query parameter, such as access_token', async ({ post, sender }) => {
    const answer = await post(aBody(), { query: { access_token: [sender.accessToken], b: ['1', '2'] } });
    expect(answer).toBeRefusedWith('request_invalid');
    expect((answer.json as { errors: { parameter: string }[] }).errors.map(({ parameter }) => parameter)).toEqual([
      'access_token',
      'b',
    ]);
    expect(answer.body.toString()).not.toContain(sender.accessToken);
  });

  test.for(['nobody', 'constructor', 'to-string'])(
    'gets 400 for the unknown processor %s',
    async (processor, { post }) => {
      expect(await post(aBody({ processor }))).toBeRefusedWith('processor_unknown');
    },
  );

  test("is held to the processor's carriers and longest lifetime", async ({ post }) => {
    const carrier = await post(aBody({ processor: 'header-ocr', carrier: 'path' }));
    expect(carrier).toBeRefusedWith('request_invalid');
    expect(carrier.json).toMatchObject({
      errors: [{ pointer: '/carrier', detail: expect.stringContaining('"path"') }],
    });
    const long = await post(aBody({ processor: 'brief-ocr', expiresIn: 601 }));
    expect(long).toBeRefusedWith('request_invalid');
    expect(long.json).toMatchObject({ errors: [{ pointer: '/expiresIn', detail: expect.stringContaining('600') }] });
    expect((await post(aBody({ processor: 'brief-ocr', expiresIn: 600 }))).status).toBe(201);
  });

  test('leaves nothing behind', async ({ sender }) => {
    const post = postTo(sender.opener(sender.signBy('kms')));
    await post({ ...aBody(), colour: 'red' });
    await post(aBody({ processor: 'nobody' }));
    await post(aBody(), { headers: { authorization: undefined } });
    expect(sender.dynamodb.count()).toBe(0);
    expect(sender.keyService.count('Sign')).toBe(0);
  });
});

describe('any request', () => {
  test('gets a well-formed answer that is not 5xx', async ({ open }) => {
    const aValue = fc.oneof(fc.jsonValue(), fc.constantFrom('acme-ocr', 'short-ocr', 60, ['result'], 'header'));
    const aRequest = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('processor', 'resource', 'expiresIn', 'callbacks', 'carrier', 'metadata')),
      aValue,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/v1/tasks', '/v1/tasks/some-task/callbacks', '/v1/tasks/__proto__/callbacks'),
        fc.oneof(
          aRequest.map((request) => JSON.stringify({ ...aBody(), ...request })),
          fc.string(),
          fc.json(),
        ),
        fc.array(fc.string(), { maxLength: 2 }),
        async (path, body, keys) => {
          const headers = { 'content-type': 'application/json', 'idempotency-key': keys };
          const answer = await open.send({ path, body, headers });
          expect([201, 400, 404, 413, 415, 422]).toContain(answer.status);
          expect(answer.headers['X-Request-Id']).toBeDefined();
          expect(answer.json).toBeTypeOf('object');
        },
      ),
    );
  });
});

describe('a request to create a task', () => {
  test('H1 is refused without an access token', async ({ post }) => {
    const answer = await post(aBody(), { headers: { authorization: undefined } });
    expect(answer).toBeRefusedWith('access_token_missing');
    expect(answer.headers['WWW-Authenticate']).not.toContain('error=');
  });

  test('P1 is refused with two access tokens', async ({ post, sender }) => {
    const authorization = [`Bearer ${sender.accessToken}`, `Bearer ${sender.accessToken}`];
    expect(await post(aBody(), { headers: { authorization } })).toBeRefusedWith('access_token_invalid');
  });

  test('C5 is refused without scope task_write, and the challenge names it', async ({ post, sender }) => {
    const authorization = `Bearer ${await sender.idp.accessToken({ scope: 'task_read' })}`;
    const answer = await post(aBody(), { headers: { authorization } });
    expect(answer).toBeRefusedWith('access_token_insufficient');
    expect(answer.headers['WWW-Authenticate']).toContain('scope="task_write"');
  });

  test('C5 is refused without role sender', async ({ post, sender }) => {
    const authorization = `Bearer ${await sender.idp.accessToken({ roles: ['processor'] })}`;
    expect(await post(aBody(), { headers: { authorization } })).toBeRefusedWith('access_token_insufficient');
  });

  test('is refused before the request itself is checked', async ({ post }) => {
    const answer = await post('{', { headers: { authorization: undefined }, query: { a: ['1'] } });
    expect(answer).toBeRefusedWith('access_token_missing');
  });

  test('H3 is refused by another method than POST', async ({ open }) => {
    const answer = await open.send({ method: 'PUT', path: '/v1/tasks' });
    expect(answer).toBeRefusedWith('method_not_allowed');
    expect(answer.headers.Allow).toBe('POST, GET');
  });
});

describe('C7 a dependency that fails', () => {
  const expectUnavailable = async (post: ReturnType<typeof postTo>) => {
    const answer = await post();
    expect(answer).toBeRefusedWith('unavailable');
    expect(answer.headers['Retry-After']).toMatch(/^\d+$/);
    return answer;
  };

  test.for([
    ['throttled', { kind: 'throttled' }],
    ['failing', { kind: 'error', status: 500 }],
    ['gone', { kind: 'reset' }],
    ['silent', { kind: 'silence' }],
  ] as const)('leads to 503 and no callback URL if DynamoDB is %s', async ([_, fault], { sender }) => {
    sender.dynamodb.inject(() => fault);
    const post = postTo(sender.opener(fault.kind === 'silence' ? sender.timeLimited() : {}));
    const answer = await expectUnavailable(post);
    expect(answer.body.toString()).not.toContain('callbacks"');
  });

  test('leads to 503 if the identity provider does not answer', async ({ post, sender }) => {
    sender.idp.server.serve((request) => request.socket.destroy());
    await expectUnavailable(post);
    sender.idp.publish(sender.idp.key);
    expect((await post()).status).toBe(201);
  });

  test('lets the retry find its own task if an answer of DynamoDB is lost', async ({ post, sender }) => {
    sender.dynamodb.injectNext('PutItem', { kind: 'lostAnswer' });
    const answer = await post();
    expect(answer.status).toBe(201);
    expect(sender.dynamodb.count('PutItem')).toBe(2);
    expect(await readTask(sender.store, (answer.json as Opened).taskId)).toMatchObject({ sequence: 1 });
  });
});

describe('the log', () => {
  test('O1 says who opened what, and holds no token', async ({ open, post, sender }) => {
    const opened = (await post(aBody({ carrier: 'header' }))).json as Opened;
    await post(aBody({ processor: 'nobody' }));
    const [line, refused] = open.lines;
    expect(line).toMatchObject({
      level: 'INFO',
      status: 201,
      client: 'local-sender',
      application: 'default',
      taskId: opened.taskId,
      processor: 'acme-ocr',
      sourceAddress: '203.0.113.7',
    });
    expect(refused).toMatchObject({
      status: 400,
      code: 'processor_unknown',
      client: 'local-sender',
      application: 'default',
    });
    const text = JSON.stringify(open.lines);
    for (const secret of [sender.accessToken, ...Object.values(opened.callbacks).map(({ token }) => token ?? '')]) {
      expect(text).not.toContain(secret.split('.')[2]);
    }
    expect(countsOf(open.lines)).toEqual({ TaskOpened: 1, 'TaskOpened/default': 1 });
  });
});
