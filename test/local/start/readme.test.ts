import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadyFile } from '../../../local/ready-file.ts';
import { requestAccessToken } from '../../../story/access-token.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import type { Program } from './running-gateway.ts';
import { run, untilReady } from './running-gateway.ts';

/** What a reader pastes, run as it stands, with POSTERN_DATA set to the folder of this test. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'readme-'));
/** Where the reader pastes: files of the examples come here. */
const work = mkdtempSync(join(tmpdir(), 'readme-work-'));
let program: Program;
let ready: ReadyFile;

beforeAll(async () => {
  program = run('start', ['--no-story'], { POSTERN_DATA: folder });
  ready = await untilReady(program, folder);
});
afterAll(async () => {
  program.process.kill('SIGTERM');
  await program.ended;
  for (const each of [folder, work]) rmSync(each, { recursive: true, force: true });
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
  const env = { ...process.env, POSTERN_DATA: folder, ...variables };
  // npm finds the scripts of the project from the folder of the reader too.
  const script = block.replaceAll('npm run -s ', `npm --prefix '${ROOT}' run -s `);
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
  expect(said).toContain('"code":"task_pending"');
  expect(said.trimEnd()).toMatch(/"status":"cancelled"[^{}]*\}\]\}$/);
});

test("the processor's engineer: progress, a result, a failure and an upload, each task from npm run open", async () => {
  const said = await paste(
    `${blockBelow("For the processor's engineer", 'RESULT_URL')}\necho "UPLOADED $TASK"`,
    {},
    work,
  );
  expect(said.match(/HTTP\/1\.1 (?!100)\d+/g)).toEqual(Array(4).fill('HTTP/1.1 200'));

  const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read');
  const tasks = async () => {
    const response = await fetch(`${ready.gateway}/v1/tasks?processor=header-ocr`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    const listed = (await response.json()) as { readonly tasks: readonly { taskId: string; status: string }[] };
    return Object.fromEntries(listed.tasks.map(({ taskId, status }) => [taskId, status]));
  };
  const [, uploaded = ''] = /^UPLOADED (\S+)$/m.exec(said) ?? [];
  await expect.poll(async () => (await tasks())[uploaded], EVENTUALLY).toBe('succeeded');
  expect(Object.values(await tasks())).toEqual(expect.arrayContaining(['succeeded', 'failed']));
});

test('no block of the README has a path or a port of its own', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  for (const [, block = ''] of readme.matchAll(/^```sh\n(.*?)^```$/gms)) {
    // The default stands in one expansion, which POSTERN_DATA replaces, and in a comment.
    const rest = block.replaceAll(/\$\{POSTERN_DATA:-\.postern\}|# http:.*$/gm, '');
    expect(rest).not.toMatch(/\.postern|127\.0\.0\.1/);
  }
});
