import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { bindExampleProcessor } from '../../../local/example-processor/server.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from './gateway-fixtures.ts';

/** Runs the commands that readers paste, unchanged, with POSTERN_DATA set to the folder of this test. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Working folder of the reader: the examples write their files here. */

const README = 'README.md';
const SENDERS = 'docs/send/quickstart.md';
const PROCESSORS = 'docs/process/quickstart.md';

/** The first block of shell commands below a heading that mentions something. */
const blockBelow = (page: string, heading: string, mention: string): string => {
  const sections = readFileSync(join(ROOT, page), 'utf8').split(/^## /m);
  const section = sections.find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const block = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].find(([, text]) => text?.includes(mention))?.[1];
  if (block === undefined) throw new Error(`${page} has no such block below "${heading}".`);
  return block;
};

/** The program below a heading that begins with its file name. */
const programBelow = (page: string, heading: string, file: string): string => {
  const sections = readFileSync(join(ROOT, page), 'utf8').split(/^## /m);
  const section = sections.find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const block = [...section.matchAll(/^```ts\n(.*?)^```$/gms)].find(([, text]) =>
    text?.startsWith(`// ${file}\n`),
  )?.[1];
  if (block === undefined) throw new Error(`${page} has no program ${file} below "${heading}".`);
  return block;
};

const test = base
  /** The example processor, which takes work that Postern sends. It has no fixed port here. */
  .extend('processor', { scope: 'file' }, async ({}, { onCleanup }) => {
    const processor = await bindExampleProcessor({ port: 0 });
    onCleanup(() => processor.stop());
    return processor;
  })
  .extend('variables', { scope: 'file' }, ({ processor }) => ({ POSTERN_PROCESSOR_ORIGIN: processor.origin }))
  /** Working folder of the reader: the examples write their files here. */
  .extend('work', { scope: 'file' }, ({}, { onCleanup }) => {
    const work = mkdtempSync(join(tmpdir(), 'readme-work-'));
    onCleanup(() => rmSync(work, { recursive: true, force: true }));
    return work;
  })
  /** Folder of one test below the project, where the packages are found that a reader has installed. */
  .extend('ownWork', ({}, { onCleanup }) => {
    mkdirSync(join(ROOT, '.build'), { recursive: true });
    const work = mkdtempSync(join(ROOT, '.build', 'programs-'));
    onCleanup(() => rmSync(work, { recursive: true, force: true }));
    return work;
  })
  /** Pastes a block into a shell that stops at the first command that fails. Returns its output. */
  .extend(
    'paste',
    ({ folder }) =>
      async (block: string, variables: Record<string, string> = {}, cwd = ROOT): Promise<string> => {
        const env = { ...process.env, POSTERN_DATA: folder, ...variables };
        // With --prefix npm finds the scripts of the project from any folder. npx finds its commands in that folder only.
        const script = block
          .replaceAll('npm run -s ', `npm --prefix '${ROOT}' run -s `)
          .replaceAll('npx postern ', `'${ROOT}node_modules/.bin/postern' `);
        const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd, env });
        return stdout;
      },
  );

test('Try it: the command line shows a task, a repeat, a replay and an attack', async ({ paste }) => {
  const said = await paste(blockBelow(README, 'Try it', 'callback attack'));
  expect(said).toContain('exit code 5');
  expect(said).toContain('{"text":"Total 42.00"}');
  expect(said).toContain('it was recorded before');
  expect(said).not.toMatch(/\/v1\/results\/[\w-]+\/|eyJ/);
});

test('Try it: with curl, and another application sees nothing', async ({ folder, paste }) => {
  const said = await paste(blockBelow(README, 'Try it', 'CALLBACK='));
  expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);
  expect(said).toMatch(/^Idempotency-Replayed: true/im);
  expect(said).toContain('"code":"token_replayed"');
  expect(said).toContain('{"text":"Total 42.00"}');
  expect(said).toContain('"code":"task_unknown"');
  expect(said).toContain('{"tasks":[]}');
  expect(said).toContain(`${folder}/events.jsonl`);
});

test('the quickstart for senders: the command line opens, lists, waits, issues again and cancels', async ({
  paste,
}) => {
  const said = await paste(blockBelow(SENDERS, 'The command line', 'task open'));
  expect(said).toContain('exit code 3');
  expect(said).toContain('exit code 6');
  expect(said).toMatch(/status +cancelled/);
});

test('the quickstart for senders: Postern sends the work, and the sender gets no URL', async ({
  paste,
  processor,
  ready,
}) => {
  processor.serve(ready.clients.dispatch);
  const said = await paste(`${blockBelow(SENDERS, 'Let Postern send the work', '--input')}\ncat $W/sent.json`);
  expect(said).toContain('Text of invoice-80.pdf');
  expect(said).toMatch(/accepted/);
  expect(said).toMatch(/"callbacks":\s*\{\}/);
  expect(said).not.toMatch(/\/v1\/results\/[\w-]+\/|eyJ/);
});

test('the quickstart for processors: the command line delivers in each way', async ({ paste }) => {
  const said = await paste(blockBelow(PROCESSORS, 'The command line', 'callback send'));
  expect(said).toContain('succeeded');
  expect(said).toContain('failed');
});

test.for([
  [README, 'Try it', README, 'Try it'],
  [SENDERS, 'The package for senders', PROCESSORS, 'The package for processors'],
] as const)(
  '%s: the program of a sender gets what that of a processor delivers',
  async (pages, { folder, ownWork }) => {
    const [sendPage, sendHeading, processPage, processHeading] = pages;
    writeFileSync(join(ownWork, 'sender.ts'), programBelow(sendPage, sendHeading, 'sender.ts'));
    writeFileSync(join(ownWork, 'processor.ts'), programBelow(processPage, processHeading, 'processor.ts'));
    const runProgram = (file: string) =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', file], {
        cwd: ownWork,
        env: { ...process.env, NODE_OPTIONS: '', POSTERN_DATA: folder },
      });
    const sender = runProgram('sender.ts');
    const task = join(ownWork, 'task.json');
    await expect.poll(() => existsSync(task) && statSync(task).size > 0, EVENTUALLY).toBe(true);
    expect((await runProgram('processor.ts')).stdout).toContain("status: 'succeeded'");
    expect((await sender).stdout).toContain('{"text":"Total 42.00"}');
  },
);

test('the quickstart for senders: opens, lists, reads, issues again and cancels', async ({ paste }) => {
  const said = await paste(blockBelow(SENDERS, 'Requests', 'Idempotency-Key'));
  expect(said).toContain('"tasks":[{');
  expect(said).toContain('"code":"result_unavailable"');
  expect(said).toContain('"quarantine":[]');
  expect(said).toContain('"code":"task_pending"');
  expect(said.trimEnd()).toMatch(/"status":"cancelled"[^{}]*\}\]\}$/);
});

test('the quickstart for processors: sends progress, a result, a failure and an upload', async ({
  paste,
  ready,
  work,
}) => {
  const said = await paste(`${blockBelow(PROCESSORS, 'Requests', 'RESULT_URL')}\necho "UPLOADED $TASK"`, {}, work);
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

test.each([README, SENDERS, PROCESSORS])('no block of %s fixes a data folder or a port', (page) => {
  for (const [, block = ''] of readFileSync(join(ROOT, page), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)) {
    // Allowed: the default in an expansion, which POSTERN_DATA replaces, and a comment.
    const rest = block.replaceAll(/\$\{POSTERN_DATA:-\.postern\}|# http:.*$/gm, '');
    expect(rest).not.toMatch(/\.postern|127\.0\.0\.1/);
  }
});
