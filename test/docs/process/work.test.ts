import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, vi } from 'vitest';
import {
  type CompleteRequest,
  signByHttpSignature,
  signByStandardWebhooks,
} from '../../../lambda/shared/dispatch/sign-request.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { aSigningKey } from '../../support/tokens.ts';
import { test as base } from '../../support/unit-fixtures.ts';

/** The programs of the guide for processors that Postern sends work to, with requests that the code of Postern signs. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const GUIDE = readFileSync(join(ROOT, 'docs/process/guide.md'), 'utf8');
const WORK_URL = 'https://jobs.acme.example/v1/jobs';

const programBelow = (section: string): string => {
  const found = GUIDE.split(/^##+ /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const code = /^```js\n(.*?)^```$/ms.exec(found)?.[1];
  if (code === undefined) throw new Error(`The guide has no program below "${section}".`);
  return code;
};

const aRequest = (
  key = 'task-1',
  job = 'invoice-1',
  webhook = 'https://callbacks.example.com/c/CODE',
): CompleteRequest => ({
  method: 'POST',
  url: WORK_URL,
  headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
  body: JSON.stringify({ document: job, webhook }),
});

const now = (): number => Math.floor(Date.now() / 1_000);

/** A port that was free a moment ago. */
const aFreePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const test = base
  // Below the project, where the packages are found that a reader has installed.
  .extend('work', ({}, { onCleanup }) => {
    mkdirSync(join(ROOT, '.build'), { recursive: true });
    const work = mkdtempSync(join(ROOT, '.build', 'work-'));
    onCleanup(() => rmSync(work, { recursive: true, force: true }));
    return work;
  })
  /** Starts a program of the guide as it stands. Returns a function that sends a request to it. */
  .extend('start', ({ work }, { onCleanup }) => {
    const children: ChildProcess[] = [];
    onCleanup(() => {
      for (const child of children) child.kill();
    });
    return async (section: string, variables: Readonly<Record<string, string>>) => {
      const file = join(work, 'processor.mjs');
      writeFileSync(file, programBelow(section));
      const port = await aFreePort();
      const env = { ...process.env, NODE_OPTIONS: '', ...variables, PORT: `${port}` };
      children.push(spawn(process.execPath, [file], { cwd: ROOT, env, stdio: 'ignore' }));
      const origin = `http://127.0.0.1:${port}`;
      await vi.waitFor(() => fetch(origin), EVENTUALLY);
      return async ({ body, headers, method }: CompleteRequest) => {
        const response = await fetch(`${origin}/v1/jobs`, { method, headers, body });
        return { status: response.status, answer: (await response.json()) as { readonly id?: string } };
      };
    };
  })
  /** A stand-in of the gateway that takes callbacks. Returns its URL, and the bodies that came. */
  .extend('callbacks', async ({}, { onCleanup }) => {
    const bodies: unknown[] = [];
    const server = createServer(async (request, response) => {
      bodies.push(await json(request));
      response.writeHead(202).end();
    });
    onCleanup(() => {
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/c/CODE` };
  })
  /** Publishes a key as a gateway does, and returns the URL. */
  .extend('publish', ({}, { onCleanup }) => {
    const servers: Server[] = [];
    onCleanup(() => {
      for (const server of servers) server.close();
    });
    return async (jwk: object): Promise<string> => {
      const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`;
    };
  });

describe('the processor with Standard Webhooks', () => {
  test('takes work that Postern signed, once for each key, and refuses any other', async ({ callbacks, start }) => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const send = await start('Work with Standard Webhooks', { WORK_SECRET: secret });
    const job = (key: string, document: string) => aRequest(key, document, callbacks.url);
    const first = await send(signByStandardWebhooks(job('task-1', 'invoice-1'), secret, now()));
    expect(first).toEqual({ status: 202, answer: { id: expect.any(String) } });
    await vi.waitFor(() => expect(callbacks.bodies).toEqual([{ text: 'Text of invoice-1' }]), EVENTUALLY);
    expect(await send(signByStandardWebhooks(job('task-1', 'invoice-1'), secret, now() + 1))).toEqual(first);
    const other = await send(signByStandardWebhooks(job('task-1-2', 'invoice-2'), secret, now()));
    expect(other.answer.id).not.toBe(first.answer.id);
    const delivered = [{ text: 'Text of invoice-1' }, { text: 'Text of invoice-2' }];
    await vi.waitFor(() => expect(callbacks.bodies).toEqual(delivered), EVENTUALLY);

    const signed = signByStandardWebhooks(aRequest('task-2'), secret, now());
    expect(await send({ ...signed, body: aRequest('task-2', 'invoice-2').body })).toMatchObject({ status: 401 });
    expect(await send({ ...signed, headers: { ...signed.headers, 'webhook-id': 'task-3' } })).toMatchObject({
      status: 401,
    });
    const late = signByStandardWebhooks(aRequest('task-2'), secret, now() - 301);
    expect(await send(late)).toMatchObject({ status: 401 });
    expect(await send(aRequest('task-2'))).toMatchObject({ status: 401 });
  });
});

describe.each(['ES256', 'RS256'] as const)('the processor with HTTP message signatures and %s', (algorithm) => {
  test('takes work that Postern signed, once for each key, and refuses any other', async ({ publish, start }) => {
    const { publicKey, signer } = await aSigningKey(algorithm);
    const JWKS_URL = await publish(publicKey.jwk);
    const send = await start('Work with HTTP message signatures', { JWKS_URL, WORK_URL });
    const first = await send(await signByHttpSignature(aRequest(), signer, now()));
    expect(first).toEqual({ status: 202, answer: { id: expect.any(String) } });
    expect(await send(await signByHttpSignature(aRequest(), signer, now() + 1))).toEqual(first);

    const signed = await signByHttpSignature(aRequest('task-2'), signer, now());
    expect(await send({ ...signed, body: aRequest('task-2', 'invoice-2').body })).toMatchObject({ status: 401 });
    expect(await send({ ...signed, headers: { ...signed.headers, 'Idempotency-Key': 'task-3' } })).toMatchObject({
      status: 401,
    });
    const elsewhere = await signByHttpSignature({ ...aRequest(), url: 'https://other.example/' }, signer, now());
    expect(await send(elsewhere)).toMatchObject({ status: 401 });
    expect(await send(await signByHttpSignature(aRequest(), signer, now() - 361))).toMatchObject({ status: 401 });
    const stranger = await aSigningKey(algorithm);
    expect(await send(await signByHttpSignature(aRequest(), stranger.signer, now()))).toMatchObject({ status: 401 });
    expect(await send(aRequest('task-2'))).toMatchObject({ status: 401 });
  });
});
