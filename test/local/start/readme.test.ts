import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadyFile } from '../../../local/ready-file.ts';
import { requestAccessToken } from '../../../story/access-token.ts';
import type { Program } from './running-gateway.ts';
import { run, untilReady } from './running-gateway.ts';

/** What a reader pastes, run as it stands: only the port and the data folder are those of this test. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'readme-'));
let program: Program;
let ready: ReadyFile;

beforeAll(async () => {
  program = run('start', ['--no-story'], { POSTERN_DATA: folder });
  ready = await untilReady(program, folder);
}, 120_000);
afterAll(async () => {
  program.process.kill('SIGTERM');
  await program.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** The first block of shell commands below a heading that mentions something. */
const blockBelow = (heading: string, mention: string): string => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const section = readme.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const block = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].find(([, text]) => text?.includes(mention))?.[1];
  if (block === undefined) throw new Error(`The README has no such block below "${heading}".`);
  return block;
};

/** Pastes it into a shell that stops at the first command that fails; what it printed. */
const paste = async (block: string, variables: Record<string, string> = {}, cwd = ROOT): Promise<string> => {
  const script = block.replaceAll('http://127.0.0.1:8080', ready.gateway).replaceAll('.postern/', `${folder}/`);
  const env = { ...process.env, POSTERN_DATA: folder, ...variables };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd, env });
  return stdout;
};

test('Try it: a task opened, its result delivered, acknowledged again, another one refused, the result read', async () => {
  const said = await paste(blockBelow('Try it', 'CALLBACK='));
  expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);
  expect(said).toMatch(/^Idempotency-Replayed: true/im);
  expect(said).toContain('"code":"token_replayed"');
  expect(said).toContain('{"text":"Total 42.00"}');
  expect(said).toContain(`${folder}/events.jsonl`);
});

test("the sender's engineer: opens, lists, reads, issues again and cancels", async () => {
  const said = await paste(blockBelow("For the sender's engineer", 'Idempotency-Key'));
  expect(said).toContain('"tasks":[{');
  expect(said).toContain('"code":"result_unavailable"');
  expect(said).toContain('"quarantine":[]');
  expect(said.trimEnd()).toMatch(/"status":"cancelled"[^{}]*\}\]\}$/);
});

test("the processor's engineer: a result, a failure, progress and an upload", async () => {
  writeFileSync(join(folder, 'result.pdf'), '%PDF-1.7 small');
  writeFileSync(join(folder, 'big.pdf'), Buffer.alloc(1_500_000, '%PDF-1.7 big '));
  const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
  const api = (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    return fetch(`${ready.gateway}${path}`, { ...init, headers });
  };
  const open = async () => {
    const response = await api('/v1/tasks', {
      method: 'POST',
      body: JSON.stringify({
        processor: 'header-ocr',
        resource: 'invoice-79',
        expiresIn: 600,
        callbacks: ['result', 'failure', 'progress', 'upload'],
      }),
    });
    return (await response.json()) as {
      readonly taskId: string;
      readonly callbacks: Readonly<Record<string, { readonly url: string; readonly token: string }>>;
    };
  };
  // Result, failure and upload each close a task, so each command gets a task of its own.
  const named = await Promise.all(
    ['result', 'failure', 'progress', 'upload'].map(async (capability) => {
      const { callbacks, taskId } = await open();
      const { token = '', url = '' } = callbacks[capability] ?? {};
      const name = capability.toUpperCase();
      return { capability, taskId, variables: { [`${name}_URL`]: url, [`${name}_TOKEN`]: token } };
    }),
  );
  const variables = Object.assign({}, ...named.map((each) => each.variables)) as Record<string, string>;
  const said = await paste(blockBelow("For the processor's engineer", 'RESULT_URL'), variables, folder);
  expect(said.match(/HTTP\/1\.1 (?!100)\d+/g)).toEqual(Array(4).fill('HTTP/1.1 200'));

  const statusOf = async (capability: string) => {
    const taskId = named.find((each) => each.capability === capability)?.taskId;
    return ((await (await api(`/v1/tasks/${taskId}`)).json()) as { status: string }).status;
  };
  expect(await statusOf('result')).toBe('succeeded');
  expect(await statusOf('failure')).toBe('failed');
  expect(await statusOf('progress')).toBe('pending');
  await expect.poll(() => statusOf('upload'), { timeout: 20_000 }).toBe('succeeded');
}, 60_000);
