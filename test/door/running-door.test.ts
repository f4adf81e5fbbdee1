import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { ReadyFile } from '../../local/ready-file.ts';
import { requestAccessToken } from '../../scenario/access-token.ts';
import { processesOf, run, untilReady } from '../local/start/running-gateway.ts';
import { sendRaw } from '../support/door-fronts.ts';
import { bytesOf } from '../support/http-requests.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { test as base } from '../support/unit-fixtures.ts';

/** Runs `npm start` with the network door on one data folder, and again. */
const test = base
  .extend('gateway', { scope: 'file' }, ({ folder }, { onCleanup }) => {
    const start = () => run('start', ['--no-story'], { POSTERN_DATA: folder, POSTERN_INGRESS: 'network' });
    let program = start();
    onCleanup(async () => {
      program.process.kill('SIGKILL');
      await program.ended;
    });
    return {
      program: () => program,
      restart: () => {
        program = start();
      },
    };
  })
  /** Waits until the gateway runs. */
  .extend('ready', async ({ folder, gateway }) => await untilReady(gateway.program(), folder))
  /** Secrets of the whole file: tokens, codes and payloads that were sent. */
  .extend('secrets', { scope: 'file' }, (): string[] => []);

interface Callback {
  readonly url: string;
}

const open = async (ready: ReadyFile, processor: string, secrets: string[]): Promise<Callback> => {
  const token = await requestAccessToken(ready.idp, ready.clients.sender, 'task_write');
  const response = await fetch(`${ready.gateway}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ processor, resource: 'invoice-1', expiresIn: 600 }),
  });
  expect(response.status).toBe(201);
  const { result } = ((await response.json()) as { callbacks: { result: Callback } }).callbacks;
  secrets.push(token, ...new URL(result.url).pathname.split('/').filter((part) => part.length > 30), result.url);
  return result;
};

/** A request that delivers a payload to a callback. */
const delivery = ({ url }: Callback, payload: string, headers: readonly (readonly [string, string])[] = []): Buffer => {
  const { host, pathname } = new URL(url);
  return bytesOf(
    {
      method: 'POST',
      target: pathname,
      headers: [['Content-Type', 'application/json'], ...headers],
      body: Buffer.from(JSON.stringify({ text: payload })),
      framing: 'length',
    },
    host,
  );
};

const portOf = (origin: string): number => Number(new URL(origin).port);

/** Lines of a function or of the door in the log file that have a member. */
const linesWith = (ready: ReadyFile, member: string): readonly Readonly<Record<string, unknown>>[] =>
  readFileSync(ready.logs.file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"${member}"`))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

/** Process id of the door that works on a folder. Its supervisor has the path of the door too. */
const pidOfDoor = (folder: string): number => {
  const program = join(folder, 'door', 'door');
  const line = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .find((one) => one.trim().split(/\s+/)[1] === program);
  return Number(line?.trim().split(/\s+/)[0]);
};

describe('npm start with POSTERN_INGRESS=network', () => {
  test('says where the gateway and the console are, and which Go built the door', async ({ gateway, ready }) => {
    expect(ready.gateway).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(ready.console).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(ready.console).not.toBe(ready.gateway);
    expect(gateway.program().said()).toContain(`${ready.console}/console`);
    expect(gateway.program().said()).toMatch(/Building the network door with go1\.\d+/);
    expect(gateway.program().said()).toMatch(/network door +built with go1\.\d+/);
    // The console is not behind the door, and nothing else is at the console's load balancer.
    expect((await fetch(`${ready.gateway}/console`, { redirect: 'manual' })).status).toBe(404);
    expect((await fetch(`${ready.console}/console`, { redirect: 'manual' })).status).toBe(302);
    expect((await fetch(`${ready.console}/v1/tasks`)).status).toBe(404);
  });

  test('P4 a function sees the address of the client, whatever the client claims', async ({ ready, secrets }) => {
    const callback = await open(ready, 'acme-ocr', secrets);
    const forged = [
      ['X-Forwarded-For', '198.51.100.7'],
      ['Forwarded', 'for=198.51.100.7'],
    ] as const;
    const to = { port: portOf(ready.gateway), localAddress: '127.0.0.9' };
    expect((await sendRaw(delivery(callback, 'secret-payload-1', forged), to)).status).toBe(200);
    secrets.push('secret-payload-1');
    const sources = linesWith(ready, 'sourceAddress').map(({ sourceAddress }) => sourceAddress);
    expect(sources).toContain('127.0.0.9');
    expect(sources).not.toContain('198.51.100.7');
  });

  test.for([
    ['version 1', Buffer.from('PROXY TCP4 198.51.100.7 127.0.0.1 1 443\r\n')],
    ['version 2', Buffer.from('0d0a0d0a000d0a515549540a2111000cc63364077f000001000101bb', 'hex')],
  ] as const)('a PROXY header of %s from a client delivers nothing', async ([, header], { ready, secrets }) => {
    const callback = await open(ready, 'acme-ocr', secrets);
    const forged = Buffer.concat([header, delivery(callback, 'secret-payload-2')]);
    const { status } = await sendRaw(forged, { port: portOf(ready.gateway) });
    expect(status ?? 400).toBe(400);
    secrets.push('secret-payload-2');
    expect(readFileSync(ready.logs.file, 'utf8')).not.toContain('198.51.100.7');
    // The token is unused.
    const good = await sendRaw(delivery(callback, 'secret-payload-3'), { port: portOf(ready.gateway) });
    expect(good.status).toBe(200);
    expect(good.text).not.toMatch(/idempotency-replayed/i);
  });

  test('H4 a killed door takes no callback for delivered, and the next one serves', async ({
    folder,
    ready,
    secrets,
  }) => {
    const callback = await open(ready, 'acme-ocr', secrets);
    const before = pidOfDoor(folder);
    const socket = createConnection(portOf(ready.gateway), '127.0.0.1');
    const bytes = delivery(callback, 'secret-payload-4');
    let said = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      said += chunk;
    });
    const ended = new Promise<void>((resolve) => socket.on('error', () => {}).once('close', () => resolve()));
    // A part of the request is on its way when the door ends.
    socket.write(bytes.subarray(0, bytes.length - 5));
    process.kill(before, 'SIGKILL');
    await ended;
    expect(said).toBe('');

    await expect.poll(async () => (await sendRaw(bytes, { port: portOf(ready.gateway) })).status, EVENTUALLY).toBe(200);
    expect(pidOfDoor(folder)).not.toBe(before);
    secrets.push('secret-payload-4');
  });

  test('O1 the log and the metrics of the door have no token, code, path or payload', async ({ ready, secrets }) => {
    const short = await open(ready, 'short-ocr', secrets);
    const code = new URL(short.url).pathname.split('/').at(-1) ?? '';
    expect(code.length).toBeGreaterThan(10);
    await sendRaw(delivery(short, 'secret-payload-5'), { port: portOf(ready.gateway) });
    secrets.push(code, 'secret-payload-5');
    const written = [ready.logs.file, ready.metrics.file].map((file) => readFileSync(file, 'utf8')).join('\n');
    expect(written).toContain('DoorRequests');
    expect(secrets.length).toBeGreaterThan(10);
    for (const secret of secrets) expect(written).not.toContain(secret);
  });

  test('a killed gateway takes the door along, and the next start serves', async ({
    folder,
    gateway,
    ready,
    secrets,
  }) => {
    const { program, restart } = gateway;
    const callback = await open(ready, 'acme-ocr', secrets);
    program().process.kill('SIGKILL');
    await program().ended;
    await expect.poll(() => processesOf(join(folder, 'door')), EVENTUALLY).toEqual([]);
    expect((await sendRaw(delivery(callback, 'late'), { port: portOf(ready.gateway) })).status).toBeUndefined();

    // The ready file of the killed gateway is still there until the next start.
    restart();
    await expect.poll(() => existsSync(join(folder, 'local.json')) && started(folder, ready), EVENTUALLY).toBe(true);
    const again = await untilReady(program(), folder);
    expect((await fetch(`${again.gateway}/healthz`)).status).toBe(200);

    program().process.kill('SIGTERM');
    expect(await program().ended).toBe(0);
    expect(processesOf(folder)).toEqual([]);
  });
});

/** True if the ready file is of a later start. */
const started = (folder: string, earlier: ReadyFile): boolean => {
  const ready = JSON.parse(readFileSync(join(folder, 'local.json'), 'utf8')) as ReadyFile;
  return ready.gateway !== earlier.gateway;
};
