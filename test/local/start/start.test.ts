import { mkdtempSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadyFile } from '../../../local/ready-file.ts';
import { readSigning } from '../../../local/signing.ts';
import type { Program } from './running-gateway.ts';
import { processesOf, run, untilReady } from './running-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
const here = { POSTERN_DATA: folder };
let program: Program;
let ready: ReadyFile;
let taskId: string;

const start = async (): Promise<void> => {
  program = run('start', ['--no-story'], here);
  ready = await untilReady(program, folder);
};
const accessToken = async (): Promise<string> => {
  const token = run('token', ['--scope', 'task_read task_write'], here);
  expect(await token.ended).toBe(0);
  return token.said().trim();
};

beforeAll(start);
afterAll(async () => {
  program.process.kill('SIGKILL');
  await program.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** What a program signs with. CI runs this file with each value of `POSTERN_SIGNING`. */
const signing =
  readSigning(process.env) !== 'kms'
    ? {
        signing: {
          kid: expect.any(String),
          privateJwk: expect.objectContaining({ kty: 'EC', crv: 'P-256', d: expect.any(String), alg: 'ES256' }),
        },
      }
    : { kms: { endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), keyId: expect.any(String) } };

const aTargetOf = (application: string) =>
  expect.stringMatching(new RegExp(`^arn:aws:lambda:eu-west-1:000000000000:function:[^:]+:open-${application}$`));

test('the ready file has everything that a program needs, and is for its owner alone', () => {
  expect(statSync(join(folder, 'local.json')).mode & 0o777).toBe(0o600);
  expect(ready).toEqual({
    gateway: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    issuer: ready.gateway,
    idp: { issuer: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), tokenEndpoint: `${ready.idp.issuer}/token` },
    dynamodb: {
      endpoint: expect.any(String),
      tables: {
        tasks: expect.any(String),
        jti: expect.any(String),
        audit: expect.any(String),
        signingKeys: expect.any(String),
      },
    },
    ...signing,
    events: { file: join(folder, 'events.jsonl') },
    metrics: { file: join(folder, 'metrics.jsonl') },
    logs: { file: join(folder, 'logs.jsonl') },
    resumes: { file: join(folder, 'resumes.jsonl') },
    lambda: {
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      targets: { invoices: aTargetOf('invoices'), orders: aTargetOf('orders') },
    },
    processors: expect.arrayContaining(['acme-ocr', 'header-ocr', 'short-ocr', 'strict-ocr', 'schema-ocr']),
    clients: {
      ...Object.fromEntries(
        (
          [
            ['sender', 'local-sender'],
            ['orders', 'local-orders'],
            ['small', 'local-small'],
            ['stranger', 'local-stranger'],
            ['operator', 'local-operator'],
            ['acting', 'local-acting'],
            ['viewer', 'local-viewer'],
            ['processor', 'idp-ocr'],
          ] as const
        ).map(([name, clientId]) => [
          name,
          { clientId, privateJwk: expect.objectContaining({ kty: 'EC', d: expect.any(String) }) },
        ]),
      ),
      dpop: { privateJwk: expect.objectContaining({ kty: 'EC', d: expect.any(String) }) },
      signed: { privateJwk: expect.objectContaining({ kty: 'EC', d: expect.any(String), kid: expect.any(String) }) },
      standard: { secret: expect.stringMatching(/^whsec_/) },
      dispatch: { apiKey: expect.stringMatching(/^[\w-]{43}$/), secret: expect.stringMatching(/^whsec_/) },
    },
  });
});

test('it says what runs', () => {
  expect(program.said()).toContain(ready.gateway);
  expect(program.said()).toContain(ready.idp.issuer);
  expect(program.said()).toMatch(/tables +\S/);
  expect(program.said()).toMatch(/functions +Node v\d+/);
});

test('npm run token gives a token that the gateway takes', async () => {
  const authorization = `Bearer ${await accessToken()}`;
  const opened = await fetch(`${ready.gateway}/v1/tasks`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ processor: 'acme-ocr', resource: 'invoice-1', expiresIn: 600 }),
  });
  expect(opened.status).toBe(201);
  taskId = ((await opened.json()) as { taskId: string }).taskId;
});

test('started twice on the same data: one sentence, exit 1, and the first goes on', async () => {
  const second = run('start', ['--no-story'], here);
  expect(await second.ended).toBe(1);
  expect(second.said().trim()).toMatch(
    /^The data folder .* is in use by another gateway \(process \d+\): .*POSTERN_DATA\.$/,
  );
  expect((await fetch(`${ready.gateway}/healthz`)).status).toBe(200);
});

test.each([
  ['POSTERN_PORT', 'gateway'],
  ['POSTERN_IDP_PORT', 'OpenID provider'],
])('a taken %s: one sentence, exit 1', async (variable, what) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const other = mkdtempSync(join(tmpdir(), 'gateway-'));
  const second = run('start', [], { POSTERN_DATA: other, [variable]: String(port) });
  expect(await second.ended).toBe(1);
  expect(second.said().trim()).toBe(
    `Port ${port}, for the ${what}, is taken: stop what uses it, or name another port in ${variable} (0: a free one).`,
  );
  server.close();
  rmSync(other, { recursive: true });
});

test('a start that fails halfway leaves nothing running, and its folder free', async () => {
  const other = mkdtempSync(join(tmpdir(), 'gateway-'));
  const second = run('start', [], { POSTERN_DATA: other, POSTERN_DYNAMODB_ENGINE: 'abacus' });
  expect(await second.ended).toBe(1);
  expect(second.said()).toContain('POSTERN_DYNAMODB_ENGINE is "abacus"');
  expect(second.said()).not.toMatch(/^ +at /m);
  expect(processesOf(other)).toEqual([]);
  rmSync(other, { recursive: true });
});

test('npm run token refuses a client that it does not know', async () => {
  const token = run('token', ['--as', 'nobody'], { POSTERN_DATA: folder });
  expect(await token.ended).toBe(1);
  expect(token.said()).toMatch(/^--as is "nobody"; expected one of sender, orders, /);
});

test('an unknown POSTERN_SIGNING: one sentence, exit 1', async () => {
  const wrong = run('start', [], { POSTERN_DATA: join(folder, 'nowhere'), POSTERN_SIGNING: 'paper' });
  expect(await wrong.ended).toBe(1);
  expect(wrong.said().trim()).toBe('POSTERN_SIGNING is "paper"; expected rotating or kms.');
});

test('a port that is none, and a token where nothing runs: one sentence, exit 1', async () => {
  const none = { POSTERN_DATA: join(folder, 'nowhere') };
  const wrong = run('start', [], { ...none, POSTERN_PORT: 'http' });
  expect(await wrong.ended).toBe(1);
  expect(wrong.said().trim()).toBe('POSTERN_PORT is "http"; expected a port from 0 (a free one) to 65535.');
  const token = run('token', [], none);
  expect(await token.ended).toBe(1);
  expect(token.said()).toMatch(/^No gateway runs here .*npm start/);
});

test('SIGTERM stops every child and removes the ready file; a new start keeps the data', async () => {
  const keys = async () => await (await fetch(`${ready.gateway}/.well-known/jwks.json`)).json();
  const before = await keys();
  expect(processesOf(folder)).not.toEqual([]);

  program.process.kill('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(processesOf(folder)).toEqual([]);
  expect(() => statSync(join(folder, 'local.json'))).toThrow('ENOENT');

  await start();
  expect(await keys()).toEqual(before);
  const read = await fetch(`${ready.gateway}/v1/tasks/${taskId}`, {
    headers: { authorization: `Bearer ${await accessToken()}` },
  });
  expect(await read.json()).toMatchObject({ taskId, status: 'pending' });
});

test('Ctrl-C stops every child', async () => {
  program.process.kill('SIGINT');
  expect(await program.ended).toBe(0);
  expect(processesOf(folder)).toEqual([]);
});
