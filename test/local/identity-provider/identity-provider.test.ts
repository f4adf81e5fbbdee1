import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadIdentities } from '../../../local/identity-provider/identities.ts';
import type { IdentityProvider } from '../../../local/identity-provider/identity-provider.ts';
import { bindIdentityProvider } from '../../../local/identity-provider/identity-provider.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';

const GATEWAY = 'http://127.0.0.1:8080';
const folder = mkdtempSync(join(tmpdir(), 'idp-'));
const file = join(folder, 'identities.json');
const identities = loadIdentities(file);
let idp: IdentityProvider;

beforeAll(async () => {
  idp = await bindIdentityProvider(0);
  await idp.serve({ identities, gatewayOrigin: GATEWAY, consoleRedirectUri: `${GATEWAY}/oauth2/idpresponse` });
});
afterAll(async () => {
  await idp.stop();
  rmSync(folder, { recursive: true });
});

const verify = (token: string) => jwtVerify(token, createRemoteJWKSet(new URL(`${idp.issuer}/jwks`)));
const sender = { clientId: 'local-sender', privateJwk: identities.clientKeys.sender };

test('issues RFC 9068 access tokens: RS256, at+jwt, audience, roles, scopes, one hour', async () => {
  const token = await requestAccessToken(idp, sender, 'task_read task_write');

  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
  const { payload } = await verify(token);
  expect(payload).toMatchObject({
    iss: idp.issuer,
    aud: GATEWAY,
    sub: 'local-sender',
    client_id: 'local-sender',
    scope: 'task_read task_write',
    roles: ['sender'],
  });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
});

test('gives a processor the role of a processor', async () => {
  const client = { clientId: 'idp-ocr', privateJwk: identities.clientKeys.processor };
  const { payload } = await verify(await requestAccessToken(idp, client, 'task_read'));
  expect(payload.roles).toEqual(['processor']);
});

test('refuses an assertion by another key, and grants no scope that it does not know', async () => {
  const forged = { clientId: 'local-sender', privateJwk: identities.clientKeys.processor };
  await expect(requestAccessToken(idp, forged, 'task_read')).rejects.toThrow('invalid_client');
  const { payload } = await verify(await requestAccessToken(idp, sender, 'everything'));
  expect(payload.scope).toBeUndefined();
});

test('keeps its keys over a restart, for nobody else to read', () => {
  expect(loadIdentities(file)).toEqual(identities);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('says nothing of keys and clients in its discovery document but what is public', async () => {
  const keys = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: object[] };
  expect(keys.keys).toHaveLength(1);
  expect(keys.keys[0]).not.toHaveProperty('d');
  const discovery = await (await fetch(`${idp.issuer}/.well-known/openid-configuration`)).json();
  expect(discovery).toMatchObject({ issuer: idp.issuer, token_endpoint: idp.tokenEndpoint });
});
