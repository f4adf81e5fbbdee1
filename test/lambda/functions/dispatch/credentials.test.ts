import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect } from 'vitest';
import type { DispatchAuthorization } from '../../../../lambda/contract/dispatch.ts';
import { createCredentials } from '../../../../lambda/functions/dispatch/credentials.ts';
import { createSecrets } from '../../../../lambda/shared/aws/secrets-cache.ts';
import { startStandIns } from '../../../../local/stand-ins/server.ts';
import { dispatchSettings } from '../../../support/dispatched.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { patiently } from '../../../support/patience.ts';
import { startTokenEndpoint } from '../../../support/token-endpoint.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

/** A client whose id and secret need encoding (RFC 6749 §2.3.1). */
const CLIENT = 'postern: prod';
const SECRET = 'hush+hush/%:ü=';
const TIMEOUT = 300_000;

const test = base
  .extend('clients', () => new Map([[CLIENT, SECRET]]))
  .extend('endpoint', async ({ clients }, { onCleanup }) => {
    const endpoint = await startTokenEndpoint(clients);
    onCleanup(endpoint.close);
    return endpoint;
  })
  .extend('secrets', async ({ ownFolder }, { onCleanup }) => {
    const standIns = await startStandIns({ dataDirectory: ownFolder, eventsFile: `${ownFolder}/events.jsonl` });
    onCleanup(() => standIns.stop());
    standIns.secrets.put('postern/test/client', `${SECRET}\n`);
    standIns.secrets.put('postern/test/key', 'key-1');
    return standIns;
  })
  .extend('world', ({ endpoint, secrets: standIns }, { onCleanup }) => {
    let now = Date.parse('2026-12-01T08:00:00.000Z');
    const client = new SecretsManagerClient(
      patiently({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 }),
    );
    onCleanup(() => client.destroy());
    const credentials = createCredentials({
      secrets: createSecrets(() => now, client),
      egress: 'loopback',
      now: () => now,
    });
    const auth = (overrides: Partial<DispatchAuthorization> = {}) => ({
      kind: 'client_credentials' as const,
      tokenEndpoint: endpoint.url,
      clientId: CLIENT,
      secretName: 'postern/test/client',
      ...overrides,
    });
    const settings = dispatchSettings({
      headers: { 'X-Api-Key': { secret: 'postern/test/key', format: '{}' } },
      auth: auth({ scope: 'jobs.write jobs.read' }),
    });
    return {
      credentials,
      settings,
      auth,
      put: (name: string, value: string) => standIns.secrets.put(name, value),
      /** Lets time pass, in seconds. */
      pass: (seconds: number) => {
        now += seconds * 1000;
      },
      token: async (of = settings) => (await credentials.resolve(of, TIMEOUT)).accessToken,
      /** Resolves the credentials, and returns the error. */
      error: (of = settings) =>
        credentials.resolve(of, TIMEOUT).then(
          () => undefined,
          (error: unknown) => error as Error,
        ),
    };
  });

describe('the secrets of a processor', () => {
  test('are those of its headers, its signature and its authorization', async ({ world }) => {
    const { secrets } = await world.credentials.resolve(world.settings, TIMEOUT);
    expect([...secrets]).toEqual([
      ['postern/test/key', 'key-1'],
      ['postern/test/client', `${SECRET}\n`],
    ]);
  });

  test('are kept for 5 minutes', async ({ world }) => {
    const settings = dispatchSettings({ headers: world.settings.headers });
    const key = async () => (await world.credentials.resolve(settings, TIMEOUT)).secrets.get('postern/test/key');
    expect(await key()).toBe('key-1');
    world.put('postern/test/key', 'key-2');
    world.pass(299.999);
    expect(await key()).toBe('key-1');
    world.pass(0.001);
    expect(await key()).toBe('key-2');
  });

  test('are requested again when the processor has refused them', async ({ world }) => {
    const settings = dispatchSettings({ headers: world.settings.headers });
    await world.credentials.resolve(settings, TIMEOUT);
    world.put('postern/test/key', 'key-2');
    world.credentials.drop(settings);
    expect((await world.credentials.resolve(settings, TIMEOUT)).secrets.get('postern/test/key')).toBe('key-2');
  });

  test('that do not exist are an error of Secrets Manager', async ({ world }) => {
    const settings = dispatchSettings({ sign: { kind: 'standard_webhooks', secretName: 'postern/test/none' } });
    expect(await world.error(settings)).toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('an access token', () => {
  test('is requested as RFC 6749 says, with the client in the header', async ({ endpoint, world }) => {
    expect(await world.token()).toBe('token-1');
    expect(endpoint.requests).toHaveLength(1);
    expect(Object.fromEntries(endpoint.requests[0]?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'jobs.write jobs.read',
    });
    const encoded = Buffer.from('postern%3A+prod:hush%2Bhush%2F%25%3A%C3%BC%3D').toString('base64');
    expect(endpoint.requests[0]?.authorization).toBe(`Basic ${encoded}`);
  });

  test('is requested without a scope if the settings have none', async ({ endpoint, world }) => {
    await world.token(dispatchSettings({ auth: world.auth() }));
    expect(Object.fromEntries(endpoint.requests[0]?.form ?? [])).toEqual({ grant_type: 'client_credentials' });
  });

  test('is used until 60 seconds before it expires', async ({ endpoint, world }) => {
    endpoint.liveFor(600);
    await world.token();
    world.pass(539.999);
    expect(await world.token()).toBe('token-1');
    world.pass(0.001);
    expect(await world.token()).toBe('token-2');
  });

  test('that lives for 80 seconds is used for 40 seconds', async ({ endpoint, world }) => {
    endpoint.liveFor(80);
    await world.token();
    world.pass(39.999);
    expect(await world.token()).toBe('token-1');
    world.pass(0.001);
    expect(await world.token()).toBe('token-2');
  });

  test.for([undefined, 0, -1, 'soon', null])(
    'lives for 300 seconds if expires_in is %s',
    async (expiresIn, { endpoint, world }) => {
      endpoint.liveFor(expiresIn);
      await world.token();
      world.pass(239.999);
      expect(await world.token()).toBe('token-1');
      world.pass(0.001);
      expect(await world.token()).toBe('token-2');
    },
  );

  test('has the lifetime of an expires_in that is a text', async ({ endpoint, world }) => {
    endpoint.liveFor('600');
    await world.token();
    world.pass(539);
    expect(await world.token()).toBe('token-1');
  });

  test('is requested once by attempts at the same time', async ({ endpoint, world }) => {
    expect(await Promise.all(Array.from({ length: 5 }, () => world.token()))).toEqual(Array(5).fill('token-1'));
    expect(endpoint.requests).toHaveLength(1);
  });

  test('is another one for another scope', async ({ world }) => {
    expect(await world.token()).toBe('token-1');
    expect(await world.token(dispatchSettings({ auth: world.auth({ scope: 'jobs.read' }) }))).toBe('token-2');
    expect(await world.token()).toBe('token-1');
  });

  test('is requested again when the processor has refused it', async ({ world }) => {
    await world.token();
    world.credentials.drop(world.settings);
    expect(await world.token()).toBe('token-2');
  });

  test('comes with the new secret of a client whose secret has changed', async ({ clients, endpoint, world }) => {
    endpoint.liveFor(80);
    await world.token();
    clients.set(CLIENT, 'new');
    world.put('postern/test/client', 'new');
    world.pass(40);
    expect(await world.error()).toMatchObject({ name: 'TokenEndpointStatus401' });
    world.pass(5);
    expect(await world.token()).toBe('token-2');
  });
});

describe('a token endpoint that fails', () => {
  test('is not asked again for 5 seconds', async ({ endpoint, world }) => {
    endpoint.answerWith((response) => response.writeHead(503).end());
    expect(await world.error()).toMatchObject({ name: 'TokenEndpointStatus503' });
    endpoint.answerWith(undefined);
    world.pass(4.999);
    expect(await world.error()).toMatchObject({ name: 'TokenEndpointStatus503' });
    expect(endpoint.requests).toHaveLength(1);
    world.pass(0.001);
    expect(await world.token()).toBe('token-1');
  });

  const json = (body: unknown) => JSON.stringify(body);
  test.for([
    ['a redirect', 'TokenEndpointStatus302', 302, ''],
    ['no JSON', 'TokenEndpointNoToken', 200, 'token'],
    ['no token', 'TokenEndpointNoToken', 200, json({ token_type: 'Bearer' })],
    ['a token that breaks its header', 'TokenEndpointNoToken', 200, json({ access_token: 'hidden\r\nX-Evil: 1' })],
    ['a token of another type', 'TokenEndpointTokenType', 200, json({ access_token: 'hidden', token_type: 'DPoP' })],
    ['too large an answer', 'TokenEndpointNoToken', 200, json({ access_token: 'hidden', x: 'x'.repeat(65_536) })],
  ] as const)(
    'gives no token by %s, and the error names no value',
    async ([, name, status, body], { endpoint, world }) => {
      endpoint.answerWith((response) => response.writeHead(status, { location: endpoint.url }).end(body));
      const error = await world.error();
      expect(error?.name).toBe(name);
      const text = `${error?.stack} ${JSON.stringify(error)} ${error?.cause}`;
      for (const secret of ['hidden', SECRET, CLIENT]) expect(text).not.toContain(secret);
      expect(endpoint.requests).toHaveLength(1);
    },
  );

  test('gives no token if it breaks the connection', async ({ endpoint, world }) => {
    endpoint.answerWith((response) => response.destroy());
    expect(await world.error()).toMatchObject({ name: 'TokenEndpointECONNRESET' });
  });

  test('gives no token if it does not answer in the time of the attempt', async ({ endpoint, world }) => {
    endpoint.answerWith(() => {});
    await expect(world.credentials.resolve(world.settings, 50)).rejects.toMatchObject({
      name: 'TokenEndpointTimedOut',
    });
  });

  test('is not called at a private address', async ({ endpoint, secrets: standIns }) => {
    const client = new SecretsManagerClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 });
    const credentials = createCredentials({
      secrets: createSecrets(Date.now, client),
      egress: 'public',
      now: Date.now,
    });
    const settings = dispatchSettings({
      auth: {
        kind: 'client_credentials',
        tokenEndpoint: endpoint.url,
        clientId: CLIENT,
        secretName: 'postern/test/client',
      },
    });
    await expect(credentials.resolve(settings, TIMEOUT)).rejects.toMatchObject({ name: 'TokenEndpointAddressRefused' });
    expect(endpoint.requests).toEqual([]);
    client.destroy();
  });
});
