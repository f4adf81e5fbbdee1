import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test as base } from '../../local/start/gateway-fixtures.ts';
import { type CommandEnd, runPostern } from '../../support/command-line.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { aRunningSender, type OpenedTask } from '../../support/running-sender.ts';

const RESULT = '{"text":"Invoice 77"}';

const test = base
  .extend('sender', { scope: 'file' }, ({ ready }) => aRunningSender(ready))
  /** Writes a file in the folder of the test, and returns the word that names it. */
  .extend('file', ({ ownFolder }) => (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(ownFolder, name), content);
    return `@${name}`;
  })
  /** Opens a task and writes `task.json`, as "postern task open --out" does. */
  .extend('open', ({ file, sender }) => async (processor: string, more: object = {}): Promise<OpenedTask> => {
    const task = await sender.open({ processor, ...more });
    file('task.json', JSON.stringify(task));
    file('result.json', RESULT);
    return task;
  })
  .extend('statusOf', ({ accessToken, ready }) => async (taskId: string): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${accessToken}` };
    return (await (await fetch(`${ready.gateway}/v1/tasks/${taskId}`, { headers })).json()) as Record<string, unknown>;
  })
  /** Runs `postern callback WORDS -o json` in the folder of the test. */
  .extend(
    'callback',
    ({ folder, ownFolder }) =>
      async (words: readonly string[], stdin?: string): Promise<CommandEnd> =>
        runPostern(['callback', ...words, '-o', 'json'], {
          cwd: ownFolder,
          env: { POSTERN_DATA: folder },
          ...(stdin !== undefined && { stdin }),
        }),
  );

const expectNoSecret = ({ callbacks }: OpenedTask, { stderr, stdout }: CommandEnd): void => {
  for (const { token, url } of Object.values(callbacks)) {
    const secret = token ?? url.slice(url.lastIndexOf('/') + 1);
    expect((stdout + stderr).includes(secret)).toBe(false);
  }
};

describe('postern callback send', () => {
  test.for(['acme-ocr', 'header-ocr', 'short-ocr', 'sealed-ocr'])(
    'delivers the bytes of a file: %s',
    async (processor, { callback, open, statusOf }) => {
      const task = await open(processor);
      const end = await callback(['send', '@task.json', '--data', '@result.json']);
      expect([end.code, end.stderr]).toEqual([0, '']);
      expect(JSON.parse(end.stdout)).toEqual({
        taskId: task.taskId,
        status: 'succeeded',
        receivedAt: expect.any(String),
        replayed: false,
      });
      expectNoSecret(task, end);
      expect(await statusOf(task.taskId)).toMatchObject({
        result: { contentType: 'application/json', size: RESULT.length },
      });
    },
  );

  test('says that a repeat was recorded before', async ({ callback, open }) => {
    await open('acme-ocr');
    const words = ['send', '@task.json', '--data', '@result.json'];
    await callback(words);
    expect(JSON.parse((await callback(words)).stdout)).toMatchObject({ replayed: true });
  });

  test.for(['-', '@url.txt'])(
    'reads a URL from stdin and from a file: %s',
    async (argument, { callback, file, open }) => {
      const url = (await open('acme-ocr')).callbacks.result?.url ?? '';
      file('url.txt', `${url}\n`);
      const end = await callback(['send', argument, '--data', '@result.json'], `${url}\n`);
      expect([end.code, end.stderr]).toEqual([0, '']);
    },
  );

  test('reads a URL with its token from JSON of a file', async ({ callback, file, open }) => {
    const { token, url } = (await open('header-ocr')).callbacks.result ?? {};
    const end = await callback(['send', file('one.json', JSON.stringify({ url, token })), '--data', '@result.json']);
    expect([end.code, end.stderr]).toEqual([0, '']);
  });

  test('says which forms a file may have that has a URL and more', async ({ callback, file, open }) => {
    const task = await open('header-ocr');
    const { token, url } = task.callbacks.result ?? {};
    const cases = [
      [file('two.txt', `${url}\n${token}\n`), undefined, 'two.txt has several lines; expected one URL.'],
      [file('words.txt', `${url} ${token}`), undefined, 'words.txt has several words; expected one URL.'],
      ['-', `${url}\r\n${token}`, 'stdin has several lines; expected one URL.'],
      [`${url} ${token}`, undefined, 'The argument has several words; expected one URL.'],
    ] as const;
    for (const [argument, stdin, message] of cases) {
      const end = await callback(['send', argument, '--data', '@result.json'], stdin);
      expect([end.code, end.stdout]).toEqual([2, '']);
      expect(end.stderr).toContain(message);
      expect(end.stderr).toContain('JSON {"url": "…", "token": "…"}');
      expectNoSecret(task, end);
    }
  });

  test('reads the result from stdin', async ({ callback, open, statusOf }) => {
    const { taskId } = await open('header-ocr');
    expect((await callback(['send', '@task.json', '--data', '-', '--content-type', 'text/plain'], 'Zürich')).code).toBe(
      0,
    );
    expect(await statusOf(taskId)).toMatchObject({ result: { contentType: 'text/plain', size: 7 } });
  });

  test('has exit code 5 for a refusal, with its code and its page', async ({ callback, file, open, ready }) => {
    const task = await open('acme-ocr');
    await callback(['send', '@task.json', '--data', '@result.json']);
    file('other.json', '{"text":"other"}');
    const end = await callback(['send', '@task.json', '--data', '@other.json']);
    expect([end.code, end.stdout]).toEqual([5, '']);
    expect(end.stderr).toContain('token_replayed: ');
    expect(end.stderr).toContain(`See ${ready.gateway}/problems/token_replayed`);
    expectNoSecret(task, end);
  });

  test('has exit code 2 for an argument without a URL, and does not repeat it', async ({ callback, open }) => {
    const { token = '' } = (await open('header-ocr')).callbacks.result ?? {};
    for (const argument of [token, `{"callbacks":{"result":"${token}"}}`, 'task.json', '@no-such-file']) {
      const end = await callback(['send', argument, '--data', '@result.json']);
      expect([argument.slice(0, 3), end.code, end.stdout]).toEqual([argument.slice(0, 3), 2, '']);
      expect(end.stderr).not.toContain('eyJ');
    }
    const both = await callback(['send', '-', '--data', '-'], 'x');
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('both come from stdin')]);
  });
});

describe('postern callback send --proof', () => {
  test('dpop, http-signature and standard-webhooks prove with the key of a file', async ({
    callback,
    file,
    open,
    ready,
  }) => {
    const { dpop, signed, standard } = ready.clients;
    const cases = [
      ['dpop', 'dpop-ocr', JSON.stringify(dpop.privateJwk)],
      ['http-signature', 'signed-ocr', JSON.stringify(signed.privateJwk)],
      ['standard-webhooks', 'standard-ocr', `${standard.secret}\n`],
    ] as const;
    for (const [proof, processor, key] of cases) {
      const task = await open(processor);
      const end = await callback([
        'send',
        '@task.json',
        '--data',
        '@result.json',
        '--proof',
        proof,
        '--key',
        file(proof, key),
      ]);
      expect([proof, end.code, end.stderr]).toEqual([proof, 0, '']);
      expectNoSecret(task, end);
    }
  });

  test('private-key-jwt gets an access token with the key of a file', async ({ callback, file, open, ready }) => {
    await open('idp-ocr');
    const { clientId, privateJwk } = ready.clients.processor;
    const key = file('key.jwk', JSON.stringify(privateJwk));
    const words = ['send', '@task.json', '--data', '@result.json', '--proof', 'private-key-jwt', '--key', key];
    const provider = [
      '--client-id',
      clientId,
      '--issuer',
      ready.idp.issuer,
      '--token-endpoint',
      ready.idp.tokenEndpoint,
    ];
    expect(await callback(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('--token-endpoint') });
    expect(await callback([...words, ...provider])).toMatchObject({ code: 0, stderr: '' });
  });

  test('refuses a key that does not fit, and never shows it', async ({ callback, file, open, ready }) => {
    await open('dpop-ocr');
    const { d = '' } = ready.clients.dpop.privateJwk;
    const send = ['send', '@task.json', '--data', '@result.json'];
    const keys = [
      ['dpop', 'not JSON'],
      ['dpop', JSON.stringify({ ...ready.clients.dpop.privateJwk, crv: 'secp256k1' })],
      ['http-signature', JSON.stringify({ ...ready.clients.dpop.privateJwk, kid: undefined })],
      ['standard-webhooks', String(d)],
      ['mtls', String(d)],
    ] as const;
    for (const [proof, key] of keys) {
      const end = await callback([...send, '--proof', proof, '--key', file('key', key)]);
      expect([proof, end.code, end.stdout]).toEqual([proof, 2, '']);
      expect(end.stderr).not.toContain(d);
    }
    expect(await callback([...send, '--key', '@key'])).toMatchObject({ code: 2 });
    expect(await callback([...send, '--proof', 'dpop'])).toMatchObject({ code: 2 });
  });

  test('a missing proof has exit code 5', async ({ callback, open }) => {
    await open('dpop-ocr');
    const end = await callback(['send', '@task.json', '--data', '@result.json']);
    expect([end.code, end.stderr]).toEqual([5, expect.stringContaining('proof_missing')]);
  });
});

describe('postern callback progress and fail', () => {
  test('report what the options say', async ({ callback, open, statusOf }) => {
    const { taskId } = await open('header-ocr');
    const progress = await callback(['progress', '@task.json', '--percent', '40', '--note', 'page 2']);
    expect(JSON.parse(progress.stdout)).toMatchObject({ taskId, status: 'pending' });
    expect(await statusOf(taskId)).toMatchObject({ progress: { percent: 40, note: 'page 2' } });
    const failure = await callback(['fail', '@task.json', '--code', 'unreadable', '--message', 'page 3']);
    expect(JSON.parse(failure.stdout)).toMatchObject({ taskId, status: 'failed' });
    expect(await statusOf(taskId)).toMatchObject({ status: 'failed' });
  });

  test.for(['101', '-1', 'half', ''])(
    'has exit code 2 for the percentage "%s"',
    async (percent, { callback, open }) => {
      await open('header-ocr');
      expect(await callback(['progress', '@task.json', `--percent=${percent}`])).toMatchObject({ code: 2 });
    },
  );

  test('has exit code 2 if the task has no such callback', async ({ callback, open }) => {
    await open('header-ocr', { callbacks: ['result'] });
    expect(await callback(['fail', '@task.json', '--code', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no callback for failure'),
    });
  });
});

describe('postern callback upload', () => {
  test('uploads a file that is larger than a body may be', async ({ callback, file, open, ownFolder, statusOf }) => {
    const { taskId } = await open('header-ocr', { callbacks: ['result', 'upload'] });
    file('scan.pdf', randomBytes(1_500_000));
    const end = await callback(['upload', '@task.json', 'scan.pdf']);
    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(JSON.parse(end.stdout)).toMatchObject({ taskId, status: 'pending' });
    const { length } = readFileSync(join(ownFolder, 'scan.pdf'));
    await expect
      .poll(() => statusOf(taskId), EVENTUALLY)
      .toMatchObject({ status: 'succeeded', result: { contentType: 'application/pdf', size: length } });
  });

  test('has exit code 2 for a file that is not there', async ({ callback, open }) => {
    await open('header-ocr', { callbacks: ['upload'] });
    expect(await callback(['upload', '@task.json', 'no.pdf'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ENOENT'),
    });
  });
});
