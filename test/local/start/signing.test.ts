import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect } from 'vitest';
import type { CallbackTokenClaims } from '../../../lambda/contract/claims.ts';
import { mintCallbackToken } from '../../../lambda/shared/callback-token/mint.ts';
import type { ReadyFile } from '../../../local/ready-file.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { readySigner } from '../../support/ready-signer.ts';
import { readSigningKeyItems } from '../../support/signing-keys.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { type Program, run, untilReady } from './running-gateway.ts';

/** A callback URL in the carrier `path`, which has the token. */
interface Issued {
  readonly url: string;
  readonly token: string;
  readonly kid: string;
}

interface Running {
  readonly ready: ReadyFile;
  readonly open: () => Promise<Issued>;
  readonly deliver: (url: string) => Promise<{ readonly status: number; readonly code: unknown }>;
  /** Retires a key as an operator. */
  readonly retire: (kid: string) => Promise<{ readonly status: number; readonly code: unknown }>;
}

const test = base
  .extend('programs', { scope: 'file' }, ({}, { onCleanup }): Program[] => {
    const programs: Program[] = [];
    onCleanup(async () => {
      for (const program of programs) {
        program.process.kill('SIGTERM');
        await program.ended;
      }
    });
    return programs;
  })
  /** Starts the gateway on the folder of this file, instead of the one that runs. Its URLs stay the same. */
  .extend('start', { scope: 'file' }, ({ folder, programs }) => {
    let ports = {};
    return async (signing: 'kms' | 'rotating'): Promise<Running> => {
      for (const program of programs.splice(0)) {
        program.process.kill('SIGTERM');
        expect(await program.ended).toBe(0);
      }
      const program = run('start', ['--no-story'], { POSTERN_DATA: folder, POSTERN_SIGNING: signing, ...ports });
      programs.push(program);
      const ready = await untilReady(program, folder);
      ports = { POSTERN_PORT: new URL(ready.gateway).port, POSTERN_IDP_PORT: new URL(ready.idp.issuer).port };
      return use(ready);
    };
  });

const use = (ready: ReadyFile): Running => {
  const json = async (response: Response) => (await response.json()) as Record<string, unknown>;
  return {
    ready,
    open: async () => {
      const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_write');
      const response = await fetch(`${ready.gateway}/v1/tasks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600 }),
      });
      const opened = await json(response);
      expect([response.status, opened]).toEqual([201, expect.anything()]);
      const { url } = (opened as { callbacks: { result: { url: string } } }).callbacks.result;
      const token = url.slice(url.lastIndexOf('/') + 1);
      return { url, token, kid: String(decodeProtectedHeader(token).kid) };
    },
    deliver: async (url) => {
      const headers = { 'content-type': 'text/plain' };
      const response = await fetch(url, { method: 'POST', headers, body: 'Total 42.00' });
      return { status: response.status, code: (await json(response)).code };
    },
    retire: async (kid) => {
      const scope = 'operator_read operator_write';
      const accessToken = await requestAccessToken(ready.idp, ready.clients.operator, scope);
      const response = await fetch(`${ready.gateway}/v1/operator/keys/${kid}/retire`, {
        method: 'POST',
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'An exercise.' }),
      });
      return { status: response.status, code: (await json(response)).code };
    },
  };
};

const publishedKids = async ({ gateway }: ReadyFile): Promise<readonly string[]> => {
  const { keys } = (await (await fetch(`${gateway}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};

test('retirement and both changes of POSTERN_SIGNING, on one data folder', async ({ folder, start }) => {
  const { deliver, open, ready, retire } = await start('rotating');
  expect(ready).not.toHaveProperty('kms');
  const signingKid = ready.signing?.kid ?? '';
  const claimed = await open();
  expect(claimed.kid).toBe(signingKid);

  // A program signs as the gateway does.
  const claims = decodeJwt<CallbackTokenClaims>(claimed.token) as CallbackTokenClaims;
  const own = await mintCallbackToken(claims, await readySigner(ready));
  expect(own).not.toBe(claimed.token);
  expect(await deliver(claimed.url.replace(claimed.token, own))).toEqual({ status: 200, code: undefined });

  // The next key has been published already. It signs as soon as the current one is retired.
  const [first, next] = await publishedKids(ready);
  expect(first).toBe(signingKid);
  await publishEarlier(ready, next ?? '');
  const used = await open();
  expect((await deliver(used.url)).status).toBe(200);
  expect(await retire(signingKid)).toEqual({ status: 200, code: undefined });
  const readyKid = () => {
    const { signing } = JSON.parse(readFileSync(join(folder, 'local.json'), 'utf8')) as ReadyFile;
    return signing?.kid;
  };
  await expect.poll(readyKid, EVENTUALLY).toBe(next);
  // Each process reads the keys once a minute. A repeat is refused too.
  const [young] = await Promise.all([
    expect
      .poll(async () => (await open()).kid, EVENTUALLY)
      .toBe(next)
      .then(open),
    expect.poll(() => deliver(used.url), EVENTUALLY).toEqual({ status: 401, code: 'token_key_unknown' }),
  ]);
  expect(await publishedKids(ready)).not.toContain(signingKid);

  // URLs of rotating keys go on while a key in KMS signs.
  const kms = await start('kms');
  expect(kms.ready).not.toHaveProperty('signing');
  expect(kms.ready.kms?.keyId).toEqual(expect.any(String));
  expect(await kms.deliver(young.url)).toEqual({ status: 200, code: undefined });
  const byKms = await kms.open();
  expect(byKms.kid).not.toBe(young.kid);
  expect(await kms.retire(byKms.kid)).toEqual({ status: 409, code: 'key_not_rotating' });
  expect(await kms.deliver(byKms.url)).toEqual({ status: 200, code: undefined });

  // URLs of the key in KMS go on while rotating keys sign.
  const rotating = await start('rotating');
  expect(rotating.ready.signing?.kid).toBe(young.kid);
  expect(await publishedKids(rotating.ready)).toContain(byKms.kid);
  expect(await rotating.deliver(byKms.url)).toEqual({ status: 200, code: undefined });
  expect((await rotating.open()).kid).toBe(young.kid);
  expect(existsSync(join(folder, 'local.json'))).toBe(true);
});

/** Moves the publication of a key an hour into the past: a young key does not sign. */
const publishEarlier = async ({ dynamodb }: ReadyFile, kid: string): Promise<void> => {
  const client = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: dynamodb.endpoint });
  const { signingKeys } = dynamodb.tables;
  const items = await readSigningKeyItems({ client, signingKeysTable: signingKeys });
  const item = items.find((one) => one.kid === kid);
  expect(item).toBeDefined();
  await client.send(
    new UpdateItemCommand({
      TableName: signingKeys,
      Key: { purpose: { S: String(item?.purpose) }, generation: { N: String(item?.generation) } },
      UpdateExpression: 'SET publishedAt = :at',
      ExpressionAttributeValues: { ':at': { N: String((item?.publishedAt ?? 0) - 3_600) } },
    }),
  );
  client.destroy();
};
