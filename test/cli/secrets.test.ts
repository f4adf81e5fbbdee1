import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test as base } from '../local/start/gateway-fixtures.ts';
import { runPostern, startPostern } from '../support/command-line.ts';
import { EVENTUALLY } from '../support/patience.ts';

interface Opened {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, { readonly url: string; readonly token?: string }>>;
}

/** Texts that must not be seen: each token, each segment of a URL that stands for one, and the private keys of the ready file. */
const secretsOf = (opened: readonly Opened[], ready: unknown): readonly string[] => [
  ...opened.flatMap(({ callbacks }) =>
    Object.values(callbacks).flatMap(({ token, url }) => [
      ...(token === undefined ? [] : [token, token.split('.')[2] ?? '']),
      ...(/\/(c|v1\/\w+\/[\w-]+)\/[^/]+$/.test(url) ? [url, url.split('/').at(-1) ?? ''] : []),
    ]),
  ),
  ...[...JSON.stringify(ready).matchAll(/"(?:d|secret)":"([^"]+)"/g)].map(([, secret = '']) => secret),
];

const test = base.extend(
  'postern',
  ({ folder, ownFolder }) =>
    (words: readonly string[], stdin?: string) =>
      runPostern(words, { cwd: ownFolder, env: { POSTERN_DATA: folder }, ...(stdin !== undefined && { stdin }) }),
);

const PROCESSORS = ['acme-ocr', 'header-ocr', 'short-ocr', 'dpop-ocr'];

test('no command shows a token, a callback URL or a key, whether it works or is refused', async ({
  ownFolder,
  postern,
  ready,
}) => {
  const opened: Opened[] = [];
  let said = '';
  const run = async (words: readonly string[], stdin?: string) => {
    const { stderr, stdout } = await postern(words, stdin);
    said += stdout + stderr;
  };
  writeFileSync(join(ownFolder, 'result.json'), '{"text":"Total 42.00"}');
  writeFileSync(join(ownFolder, 'other.json'), '{"text":"Total 0.00"}');
  writeFileSync(join(ownFolder, 'dpop.jwk'), JSON.stringify(ready.clients.dpop.privateJwk), { mode: 0o600 });
  const play = async (processor: string): Promise<void> => {
    const file = `${processor}.json`;
    const open = [
      'task',
      'open',
      '--processor',
      processor,
      '--resource',
      'r',
      '--callbacks',
      'result,failure,progress',
    ];
    await run([...open, '--out', file]);
    await run([...open, '-o', 'json']);
    const answer = JSON.parse(readFileSync(join(ownFolder, file), 'utf8')) as Opened;
    opened.push(answer);
    const proof = processor === 'dpop-ocr' ? ['--proof', 'dpop', '--key', '@dpop.jwk'] : [];
    const { taskId } = answer;
    for (const format of ['text', 'json']) {
      await run(['token', 'decode', `@${file}`, '-o', format]);
      await run(['token', 'explain', `@${file}`, '-o', format]);
    }
    await run(['callback', 'progress', `@${file}`, '--percent', '40', ...proof]);
    await run(['callback', 'send', `@${file}`, '--data', '@result.json', ...proof]);
    await run(['callback', 'send', `@${file}`, '--data', '@result.json', ...proof]);
    await run(['callback', 'send', `@${file}`, '--data', '@other.json', ...proof, '-o', 'json']);
    await run(['callback', 'fail', `@${file}`, '--code', 'late', '--message', 'm', ...proof]);
    await run(['callback', 'send', answer.callbacks.result?.url ?? '', '--data', '@nothing.json']);
    await run(['callback', 'send', `${answer.callbacks.result?.url}x`, '--data', '@result.json']);
    await run(['token', 'explain', `${answer.callbacks.result?.url}x`]);
    // A URL in the wrong place: the error about the command line repeats what it does not understand.
    const { url = '', token = url } = answer.callbacks.result ?? {};
    await run(['callback', url]);
    await run(['callback', 'send', `@${file}`, '--data', '@result.json', '--proof', token]);
    await run(['task', 'list', '-o', url]);
    await run(['task', 'get', token]);
    await run(['task', 'get', taskId, `--token=${url}`]);
    await run(['task', 'get', taskId, '-o', 'json']);
    await run(['operator', 'task', 'get', taskId]);
    await run(['operator', 'task', 'get', taskId, '-o', 'json']);
  };
  // Side by side, because each command is a process.
  await Promise.all(PROCESSORS.map(play));
  for (const command of [
    'whoami',
    'doctor',
    'task list',
    'operator task list',
    'operator replays list',
    'profile list',
  ]) {
    await run([...command.split(' '), '-o', 'json']);
    await run([...command.split(' '), '-o', 'yaml']);
  }
  expect(said).toContain('token_replayed');
  const secrets = secretsOf(opened, ready);
  expect(secrets.length).toBeGreaterThan(30);
  for (const secret of secrets) expect(said.includes(secret), secret).toBe(false);
});

test('the list of processes shows no secret while a command waits', async ({ folder, ownFolder, postern, ready }) => {
  await postern(['task', 'open', '--processor', 'acme-ocr', '--resource', 'r', '--out', 'task.json']);
  const opened = JSON.parse(readFileSync(join(ownFolder, 'task.json'), 'utf8')) as Opened;
  const waiting = startPostern(['task', 'watch', opened.taskId, '-o', 'jsonl'], {
    cwd: ownFolder,
    env: { POSTERN_DATA: folder },
  });
  await expect.poll(waiting.said, EVENTUALLY).toContain(opened.taskId);
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  waiting.interrupt();
  await waiting.ended;
  expect(processes).toContain(opened.taskId);
  for (const secret of secretsOf([opened], ready)) expect(processes.includes(secret)).toBe(false);
});
