import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadyFile } from '../../../local/ready-file.ts';
import { requestAccessToken } from '../../../story/access-token.ts';
import { type Program, run, untilReady } from './running-gateway.ts';

/** The examples of the processor's guide, run as they stand, each by its own interpreter. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const GUIDE = readFileSync(join(ROOT, 'docs/processor-guide.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'guide-'));
// Below the project, where the packages are found that a reader has installed.
const work = join(ROOT, '.build', `guide-${process.pid}`);

/** Python's are run where the continuous integration has it: nothing of Postern needs it. */
const PYTHON = process.env.POSTERN_GUIDE_PYTHON;
const INTERPRETERS: Readonly<Record<string, readonly [command: string, ...parameters: string[]]>> = {
  sh: ['bash', '-euo', 'pipefail'],
  js: [process.execPath],
  ...(PYTHON && { python: [PYTHON] }),
};
const ENDINGS: Readonly<Record<string, string>> = { sh: 'sh', js: 'mjs', python: 'py' };

/** Sections of proofs, with the processor that has it. */
const PROOFS: Readonly<Record<string, string>> = {
  None: 'header-ocr',
  DPoP: 'dpop-ocr',
  'HTTP message signature': 'signed-ocr',
  'Standard Webhooks': 'standard-ocr',
  'Access token': 'idp-ocr',
  Handshake: 'webhook-ocr',
};
/** Sections with examples. */
const SECTIONS: Readonly<Record<string, string>> = { ...PROOFS, 'Send it again': 'header-ocr' };

let program: Program;
let ready: ReadyFile;
let accessToken: string;
let confirmOrigin: string;

const aFreePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

beforeAll(async () => {
  mkdirSync(work, { recursive: true });
  confirmOrigin = `http://127.0.0.1:${await aFreePort()}`;
  program = run('start', ['--no-story'], { POSTERN_DATA: folder, POSTERN_WEBHOOK_ORIGIN: confirmOrigin });
  ready = await untilReady(program, folder);
  accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
}, 120_000);
afterAll(async () => {
  program.process.kill('SIGTERM');
  await program.ended;
  rmSync(folder, { recursive: true, force: true });
  rmSync(work, { recursive: true, force: true });
});

const blockOf = (section: string, language: string): string => {
  const text = GUIDE.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(text)?.[1];
  if (block === undefined) throw new Error(`The guide has no ${language} below "${section}".`);
  return block;
};

/** What `npm run open` tells a processor: variables of a shell. */
const openTask = async (processor: string): Promise<Record<string, string>> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'local/open.ts', processor], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '', POSTERN_DATA: folder, POSTERN_WEBHOOK_ORIGIN: confirmOrigin },
  });
  return Object.fromEntries([...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
};

const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  return (await (await fetch(`${ready.gateway}${path}`, { ...init, headers })).json()) as T;
};

const EXAMPLES = Object.keys(SECTIONS).flatMap((section) =>
  Object.keys(INTERPRETERS).map((language) => [section, language] as const),
);

test.each(EXAMPLES)(
  '%s: the example in %s delivers',
  async (section, language) => {
    const processor = SECTIONS[section] ?? '';
    const told = await openTask(processor);
    const file = join(work, `${processor}-${language}.${ENDINGS[language]}`);
    writeFileSync(file, blockOf(section, language));
    const [command, ...parameters] = INTERPRETERS[language] as readonly [string, ...string[]];
    const { stderr, stdout } = await promisify(execFile)(command, [...parameters, file], {
      cwd: ROOT,
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        ...told,
        WORK: work,
      },
    });
    expect(`${stdout}${stderr}`).toMatch(/\b200\b/);
    expect(await ask<{ status: string }>(`/v1/tasks/${told.TASK}`)).toMatchObject({ status: 'succeeded' });
  },
  120_000,
);

test('the guide says which processor of the local gateway each proof can be tried with', () => {
  const rows = [...GUIDE.matchAll(/^\| \[(.+?)\]\(#[a-z-]+\) \| `([a-z-]+)` \|$/gm)].map(([, section, id]) => [
    section,
    id,
  ]);
  const named = Object.fromEntries(rows.map(([section = '', id]) => [section.toLowerCase(), id]));
  expect(named).toEqual(Object.fromEntries(Object.entries(PROOFS).map(([section, id]) => [section.toLowerCase(), id])));
  expect(ready.processors).toEqual(expect.arrayContaining(Object.values(SECTIONS)));
});

test('npm run open names the processors that there are, and opens nothing for another', async () => {
  await expect(openTask('nobody')).rejects.toThrow('The processor is nobody; expected one of acme-ocr, ');
});

test('every proof that needs no listener of its own has an example in each language', () => {
  for (const section of Object.keys(SECTIONS)) {
    for (const language of Object.keys(ENDINGS)) expect(blockOf(section, language)).not.toBe('');
  }
});
