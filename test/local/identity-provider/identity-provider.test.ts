import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect } from 'vitest';
import { loadIdentities } from '../../../local/identity-provider/identities.ts';
import { bindIdentityProvider } from '../../../local/identity-provider/identity-provider.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const GATEWAY = 'http://127.0.0.1:8080';

const test = base
  .extend('file', { scope: 'file' }, ({ folder }) => join(folder, 'identities.json'))
  .extend('identities', { scope: 'file' }, ({ file }) => loadIdentities(file))
  .extend('idp', { scope: 'file' }, async ({ identities }, { onCleanup }) => {
    const idp = await bindIdentityProvider(0);
    onCleanup(idp.stop);
    await idp.serve({ identities, gatewayOrigin: GATEWAY, consoleRedirectUri: `${GATEWAY}/oauth2/idpresponse` });
    return idp;
  })
  .extend(
    'verify',
    ({ idp }) =>
      (token: string) =>
        jwtVerify(token, createRemoteJWKSet(new URL(`${idp.issuer}/jwks`))),
  )
  .extend('sender', ({ identities }) => ({ clientId: 'local-sender', privateJwk: identities.clientKeys.sender }));

test('issues RFC 9068 access tokens: RS256, at+jwt, audience, roles, scopes, one hour', async ({
  idp,
  sender,
  verify,
}) => {
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

test.for([
  ['processor', 'idp-ocr', ['processor']],
  ['orders', 'local-orders', ['sender']],
  ['small', 'local-small', ['sender']],
  ['stranger', 'local-stranger', ['sender']],
  ['operator', 'local-operator', ['operator', 'operator_payload']],
  ['acting', 'local-acting', ['operator']],
  ['viewer', 'local-viewer', ['operator_read']],
] as const)(
  'gives the client %s its roles, and any scope',
  async ([name, clientId, roles], { identities, idp, verify }) => {
    const client = { clientId, privateJwk: identities.clientKeys[name] };
    const { payload } = await verify(await requestAccessToken(idp, client, 'task_read operator_write'));
    expect(payload).toMatchObject({ roles, scope: 'task_read operator_write' });
  },
);

test('refuses an assertion by another key, and grants no scope that it does not know', async ({
  identities,
  idp,
  sender,
  verify,
}) => {
  const forged = { clientId: 'local-sender', privateJwk: identities.clientKeys.processor };
  await expect(requestAccessToken(idp, forged, 'task_read')).rejects.toThrow('invalid_client');
  const { payload } = await verify(await requestAccessToken(idp, sender, 'everything'));
  expect(payload.scope).toBeUndefined();
});

test('keeps its keys over a restart, for nobody else to read', ({ file, identities }) => {
  expect(loadIdentities(file)).toEqual(identities);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('makes keys for clients that an earlier version did not have', ({ folder, identities }) => {
  const { processor, sender: senderKey } = identities.clientKeys;
  const older = join(folder, 'older.json');
  writeFileSync(older, JSON.stringify({ ...identities, clientKeys: { processor, sender: senderKey } }));
  const loaded = loadIdentities(older);
  expect(loaded).toMatchObject({ ...identities, clientKeys: { processor, sender: senderKey } });
  expect(loaded.clientKeys.orders).toMatchObject({ kty: 'EC' });
  expect(loadIdentities(older)).toEqual(loaded);
});

test('says nothing of keys and clients in its discovery document but what is public', async ({ idp }) => {
  const keys = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: object[] };
  expect(keys.keys).toHaveLength(1);
  expect(keys.keys[0]).not.toHaveProperty('d');
  const discovery = await (await fetch(`${idp.issuer}/.well-known/openid-configuration`)).json();
  expect(discovery).toMatchObject({ issuer: idp.issuer, token_endpoint: idp.tokenEndpoint });
});
