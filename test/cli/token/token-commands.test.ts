import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test as base } from '../../local/start/gateway-fixtures.ts';
import { runPostern } from '../../support/command-line.ts';
import type { OpenedTask } from '../../support/running-sender.ts';
import { aRunningSender } from '../../support/running-sender.ts';

/** A task, and the file that "postern task open --out" writes about it. */
interface FiledTask extends OpenedTask {
  readonly argument: string;
}

const test = base
  .extend('sender', { scope: 'file' }, ({ ready }) => aRunningSender(ready))
  .extend('env', { scope: 'file' }, ({ folder }) => ({ POSTERN_DATA: folder }))
  .extend('open', ({ folder, sender }) => async (processor: string, more: object = {}): Promise<FiledTask> => {
    const task = await sender.open({ processor, ...more });
    const file = join(folder, `${task.taskId}.json`);
    writeFileSync(file, JSON.stringify(task));
    return { ...task, argument: `@${file}` };
  });

const tokenOf = ({ callbacks }: OpenedTask, capability = 'result'): string => {
  const { token, url = '' } = callbacks[capability] ?? {};
  return token ?? url.slice(url.lastIndexOf('/') + 1);
};

/** Secrets of a task: tokens, each part of them that is as secret, and URLs that hold one. */
const secretsOf = (task: OpenedTask): readonly string[] =>
  Object.keys(task.callbacks).flatMap((name) => [tokenOf(task, name), tokenOf(task, name).split('.').at(-1) ?? '']);

const expectNoSecret = (task: OpenedTask, ...texts: readonly string[]): void => {
  for (const secret of secretsOf(task)) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
};

describe('postern token decode', () => {
  test('O1 prints header and claims, and neither the token nor its signature', async ({ env, open }) => {
    for (const processor of ['acme-ocr', 'header-ocr']) {
      const task = await open(processor);
      const json = await runPostern(['token', 'decode', task.argument, '-o', 'json'], { env });
      const text = await runPostern(['token', 'decode', task.argument, '--capability', 'failure'], { env });
      expect([json.code, text.code, json.stderr]).toEqual([0, 0, '']);
      expect(JSON.parse(json.stdout)).toEqual({
        header: { alg: 'ES256', typ: 'callback+jwt', kid: expect.any(String) },
        claims: expect.objectContaining({ sub: processor, res_id: task.taskId, scope: 'result_write' }),
      });
      expect(text.stdout).toMatch(/^ {2}scope +failure_write$/m);
      expect(text.stdout).toMatch(/^ {2}exp +\d+ {2}\(20.*Z, in 59 minutes\)$/m);
      expectNoSecret(task, json.stdout, json.stderr, text.stdout, text.stderr);
    }
  });

  test('prints of an encrypted token the header only, and says why', async ({ env, open }) => {
    const task = await open('sealed-ocr');
    const { code, stderr, stdout } = await runPostern(['token', 'decode', task.argument, '-o', 'json'], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ header: expect.objectContaining({ alg: 'ECDH-ES', cty: 'callback+jwt' }) });
    expect(stderr).toContain('The token is encrypted');
  });

  test('O1 has exit code 1 for a text that is no token, and does not repeat it', async ({ env }) => {
    const { code, stderr, stdout } = await runPostern(['token', 'decode', '-'], { env, stdin: 'secret.secret.secret' });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('token_malformed');
    expect(stderr).not.toContain('secret');
  });
});

describe('postern token explain', () => {
  const explain = async (words: readonly string[], options: Parameters<typeof runPostern>[1]) => {
    const { code, stderr, stdout } = await runPostern(['token', 'explain', ...words, '-o', 'json'], options);
    const { checks } = JSON.parse(stdout) as { checks: readonly { step: number; state: string; code?: string }[] };
    return { code, stderr, stdout, checks, failed: checks.find(({ state }) => state === 'failed') };
  };

  test('judges a fresh token by the public keys, and does not use it up', async ({ env, open, sender }) => {
    const task = await open('header-ocr');
    const { checks, code, stderr, stdout } = await explain([task.argument], { env });
    expect([code, stderr]).toEqual([0, '']);
    expect(checks.map(({ state }) => state)).toEqual([...Array(6).fill('passed'), ...Array(4).fill('not checked')]);
    expectNoSecret(task, stdout, stderr);
    expect(await sender.call(task, 'result', { text: 'first' })).toBe(200);
  });

  test('reads a URL from stdin, so that no list of processes has it', async ({ env, open }) => {
    const task = await open('acme-ocr');
    const { checks, code } = await explain(['-'], { env, stdin: `${task.callbacks.result?.url}\n` });
    expect([code, checks.at(5)]).toEqual([0, { step: 6, name: 'times', state: 'passed' }]);
  });

  test('has exit code 1 for a token of another task, and names the step and the code', async ({ env, open }) => {
    const [one, other] = [await open('header-ocr'), await open('header-ocr')];
    const stdin = JSON.stringify({ url: other.callbacks.result?.url, token: tokenOf(one) });
    const { code, failed, stderr, stdout } = await explain(['-'], { env, stdin });
    expect([code, failed]).toEqual([1, { step: 5, name: 'claims', state: 'failed', code: 'token_path_mismatch' }]);
    expectNoSecret(one, stdout, stderr);
  });

  test('shows a person one line for each step', async ({ env, open }) => {
    const task = await open('acme-ocr');
    const { stdout } = await runPostern(['token', 'explain', '-'], { env, stdin: tokenOf(task).replace(/.$/, '') });
    expect(stdout.trimEnd().split('\n')).toHaveLength(10);
    expect(stdout).toContain(' 2  token, its form           failed  token_malformed: ');
  });

  test('has exit code 6 if the gateway does not answer, and 2 for a file that is not there', async ({ env }) => {
    const closed = await runPostern(['token', 'explain', 'https://127.0.0.1:1/v1/results/t/eyJ.eyJ.x'], { env });
    expect([closed.code, closed.stdout]).toEqual([6, '']);
    expect(closed.stderr).not.toContain('eyJ');
    const missing = await runPostern(['token', 'explain', '@no-such-file'], { env });
    expect(missing.code).toBe(2);
  });
});
