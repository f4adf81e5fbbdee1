import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { describe, expect, vi } from 'vitest';
import {
  Callback,
  type CallbackUrls,
  dpop,
  httpSignature,
  type Proof,
  privateKeyJwt,
  standardWebhooks,
} from '../../../sdk/processor/index.ts';
import { PROCESSOR_PLATFORM } from '../../../sdk/processor/platform.ts';
import { test as base } from '../../local/start/gateway-fixtures.ts';
import { EVENTUALLY } from '../../support/patience.ts';

/** Every method of the package at a gateway of `npm start`. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TSX = import.meta.resolve('tsx');
const EVERY_CALLBACK = ['result', 'failure', 'progress', 'upload'];
const JSON_TYPE = { contentType: 'application/json' } as const;
const PDF = { contentType: 'application/pdf' } as const;

/** A result that is too large for the load balancer. */
const scan = Buffer.alloc(1_500_000, '%PDF-1.7 ');

interface Opened {
  readonly taskId: string;
  readonly callbacks: CallbackUrls;
}

const test = base
  .extend('ask', ({ accessToken, ready }) => async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    const response = await fetch(`${ready.gateway}${path}`, { ...init, headers });
    expect(response.status).toBeLessThan(300);
    return response;
  })
  /** Opens a task, and gives its callbacks as the sender passes them on. */
  .extend('open', ({ ask }) => async (processor: string, more: object = {}): Promise<Opened> => {
    const task = { processor, resource: 'invoice-1', expiresIn: 600, callbacks: EVERY_CALLBACK, ...more };
    return (await (await ask('/v1/tasks', { method: 'POST', body: JSON.stringify(task) })).json()) as Opened;
  })
  .extend('proofOf', ({ ready: { clients, idp } }) => (processor: string): { readonly proof?: Proof } => {
    switch (processor) {
      case 'dpop-ocr':
        return { proof: dpop(clients.dpop) };
      case 'signed-ocr': {
        const { privateJwk } = clients.signed;
        return { proof: httpSignature({ privateJwk, keyId: privateJwk.kid ?? '' }) };
      }
      case 'standard-ocr':
        return { proof: standardWebhooks(clients.standard) };
      case 'idp-ocr':
        return { proof: privateKeyJwt({ ...idp, ...clients.processor }) };
      default:
        return {};
    }
  })
  .extend('becomesTheResult', ({ ask }) => async (taskId: string, bytes: Uint8Array) => {
    await vi.waitFor(
      async () => expect(await (await ask(`/v1/tasks/${taskId}`)).json()).toMatchObject({ status: 'succeeded' }),
      EVENTUALLY,
    );
    const result = await ask(`/v1/tasks/${taskId}/result`);
    expect(result.headers.get('content-type')).toBe('application/pdf');
    expect(Buffer.from(await result.arrayBuffer()).equals(bytes)).toBe(true);
  });

describe.for([
  ['the token in the path', 'acme-ocr'],
  ['the token in a header', 'header-ocr'],
  ['a short URL', 'short-ocr'],
  ['an encrypted token', 'sealed-ocr'],
  ['DPoP', 'dpop-ocr'],
  ['an HTTP message signature', 'signed-ocr'],
  ['Standard Webhooks', 'standard-ocr'],
  ['an access token', 'idp-ocr'],
] as const)('a callback with %s', ([, processor]) => {
  test('reports progress, and delivers the result once', async ({ ask, open, proofOf }) => {
    const { callbacks, taskId } = await open(processor);
    const callback = new Callback(callbacks, proofOf(processor));
    expect(await callback.progress({ percent: 40, note: 'page 2' })).toMatchObject({ taskId, status: 'pending' });
    const first = await callback.deliver({ text: 'Total 42.00' }, JSON_TYPE);
    expect(first).toEqual({ taskId, status: 'succeeded', receivedAt: expect.any(String), replayed: false });
    const repeat = await callback.deliver('{"text":"Total 42.00"}', JSON_TYPE);
    expect(repeat).toEqual({ ...first, replayed: true });
    expect(await (await ask(`/v1/tasks/${taskId}/result`)).json()).toEqual({ text: 'Total 42.00' });
  });

  test('says that the work failed', async ({ ask, open, proofOf }) => {
    const { callbacks, taskId } = await open(processor);
    const report = { code: 'unreadable', message: 'page 3' };
    const receipt = await new Callback(callbacks, proofOf(processor)).fail(report);
    expect(receipt).toMatchObject({ taskId, status: 'failed', replayed: false });
    expect(await (await ask(`/v1/tasks/${taskId}/failure`)).json()).toEqual(report);
  });

  test('uploads a large result', async ({ becomesTheResult, open, proofOf }) => {
    const { callbacks, taskId } = await open(processor);
    const receipt = await new Callback(callbacks, proofOf(processor)).upload(scan, PDF);
    expect(receipt).toEqual({ taskId, status: 'pending', receivedAt: expect.any(String), replayed: false });
    await becomesTheResult(taskId, scan);
  });

  test('takes one URL with its token, and gives up when another result was delivered', async ({ open, proofOf }) => {
    const { callbacks, taskId } = await open(processor);
    const { token, url = '' } = callbacks.result ?? {};
    const callback = new Callback(url, { ...(token !== undefined && { token }), ...proofOf(processor) });
    const receipt = await callback.deliver(new Uint8Array([1, 2]), { contentType: 'application/octet-stream' });
    expect(receipt).toMatchObject({ taskId, status: 'succeeded' });
    const refusal = { code: 'token_replayed', status: 401, giveUp: true };
    await expect(callback.deliver('other', { contentType: 'text/plain' })).rejects.toMatchObject(refusal);
  });
});

describe('a refused delivery', () => {
  test('can be corrected if its payload was wrong', async ({ open }) => {
    const callback = new Callback((await open('header-ocr')).callbacks);
    const refusal = { code: 'payload_invalid', status: 422, giveUp: false };
    await expect(callback.deliver('{', JSON_TYPE)).rejects.toMatchObject(refusal);
    expect(await callback.deliver('{}', JSON_TYPE)).toMatchObject({ status: 'succeeded' });
  });

  test('can be corrected if its proof was missing', async ({ open, proofOf }) => {
    const { callbacks } = await open('dpop-ocr');
    const refusal = { code: 'proof_missing', status: 401, giveUp: false };
    await expect(new Callback(callbacks).deliver('{}', JSON_TYPE)).rejects.toMatchObject(refusal);
    const receipt = await new Callback(callbacks, proofOf('dpop-ocr')).deliver('{}', JSON_TYPE);
    expect(receipt).toMatchObject({ status: 'succeeded' });
  });

  test('names the content types that were agreed on', async ({ open }) => {
    const callback = new Callback((await open('header-ocr')).callbacks);
    const failure = await callback.deliver('a,b', { contentType: 'text/csv' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'content_type_refused', giveUp: false, requestId: expect.any(String) });
  });
});

describe('progress', () => {
  test('is a new sign of life each time, also if the reports are equal', async ({ open }) => {
    const { callbacks } = await open('header-ocr');
    const callback = new Callback(callbacks);
    // Another object each, as in programs that report once and end.
    for (const other of [callback, callback, new Callback(callbacks), new Callback(callbacks)]) {
      expect(await other.progress({ percent: 50 })).toMatchObject({ replayed: false });
    }
  });

  test.for(['header-ocr', 'standard-ocr', 'signed-ocr'])(
    'is sent as a heartbeat of %s until the task is closed',
    async (processor, { open, proofOf, ready }) => {
      const { callbacks, taskId } = await open(processor, { heartbeat: 60 });
      const intervals: (() => void)[] = [];
      const waits: number[] = [];
      const callback = new Callback(callbacks, proofOf(processor), {
        ...PROCESSOR_PLATFORM,
        now: () => Date.now(),
        waitIdly: (milliseconds) => {
          waits.push(milliseconds);
          return new Promise((resolve) => intervals.push(resolve));
        },
      });
      const errors: unknown[] = [];
      callback.heartbeat({ everySeconds: 20, onError: (error) => errors.push(error) });
      await vi.waitFor(() => expect(intervals).toHaveLength(1), EVENTUALLY);
      intervals[0]?.();
      await vi.waitFor(() => expect(intervals).toHaveLength(2), EVENTUALLY);
      expect(Math.max(...waits)).toBeLessThanOrEqual(20_000);
      const beats = () =>
        readFileSync(ready.events.file, 'utf8')
          .split('\n')
          .filter((line) => line.includes(taskId) && line.includes('"Task Progressed"'));
      await vi.waitFor(() => expect(beats()).toHaveLength(2), EVENTUALLY);

      await callback.deliver('{}', JSON_TYPE);
      intervals[1]?.();
      await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'task_closed', status: 409 }]), EVENTUALLY);
      expect(intervals).toHaveLength(2);
    },
  );
});

describe('upload', () => {
  test.for([
    ['a File of the disk', async (file: string) => openAsBlob(file)],
    ['a stream', async (file: string) => (await openAsBlob(file)).stream()],
  ] as const)('sends %s', async ([, read], { becomesTheResult, open, ownFolder }) => {
    const file = join(ownFolder, 'scan.pdf');
    writeFileSync(file, scan);
    const { callbacks, taskId } = await open('header-ocr');
    const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', scan)).toString('hex');
    await new Callback(callbacks).upload(await read(file), { ...PDF, size: scan.length, sha256 });
    await becomesTheResult(taskId, scan);
  });

  test('takes an object that is stored already for a repeat', async ({ becomesTheResult, open }) => {
    const { callbacks, taskId } = await open('header-ocr');
    let puts = 0;
    // The store has the object, and its first answer is lost.
    const lossy = async (url: string, init?: RequestInit): Promise<Response> => {
      const response = await fetch(url, init);
      if (init?.method !== 'PUT') return response;
      puts += 1;
      if (puts === 1) throw new TypeError('fetch failed');
      return response;
    };
    const platform = { ...PROCESSOR_PLATFORM, wait: async () => {} };
    const receipt = await new Callback(callbacks, { fetch: lossy }, platform).upload(scan, PDF);
    expect(receipt).toMatchObject({ taskId, replayed: true });
    expect(puts).toBe(2);
    await becomesTheResult(taskId, scan);
  });

  test('can be corrected if the bytes are not those that were announced', async ({ open }) => {
    const callback = new Callback((await open('header-ocr')).callbacks);
    const refusal = { code: 'upload_refused', status: 400, giveUp: false };
    await expect(callback.upload(scan, { ...PDF, sha256: '0'.repeat(64) })).rejects.toMatchObject(refusal);
  });
});

/** A program of the README, which begins with its file name. */
const programOf = (file: string): string => {
  const readme = readFileSync(join(ROOT, 'sdk/processor/README.md'), 'utf8');
  const program = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].find(([, text]) =>
    text?.startsWith(`// ${file}\n`),
  )?.[1];
  if (program === undefined) throw new Error(`The README has no program ${file}.`);
  return program;
};

describe('the README', () => {
  const withFolder = test
    /** Below the project, where the package is found that a reader has installed. */
    .extend('work', ({}, { onCleanup }) => {
      mkdirSync(join(ROOT, '.build'), { recursive: true });
      const work = mkdtempSync(join(ROOT, '.build', 'processor-'));
      onCleanup(() => rmSync(work, { recursive: true, force: true }));
      return work;
    })
    .extend('runProgram', ({ open, ready, work }) => async (file: string) => {
      const task = await open('dpop-ocr', { heartbeat: 60 });
      writeFileSync(join(work, 'task.json'), JSON.stringify(task));
      writeFileSync(join(work, 'key.json'), JSON.stringify(ready.clients.dpop.privateJwk));
      writeFileSync(join(work, 'big.pdf'), scan);
      writeFileSync(join(work, file), programOf(file));
      const options = { cwd: work, env: { ...process.env, NODE_OPTIONS: '' } };
      const { stderr, stdout } = await promisify(execFile)(process.execPath, ['--import', TSX, file], options);
      return { taskId: task.taskId, output: `${stdout}${stderr}` };
    });

  withFolder('has a program that delivers as it stands', async ({ ask, runProgram }) => {
    const { output, taskId } = await runProgram('deliver.mjs');
    expect(output).toBe('succeeded\n');
    expect(await (await ask(`/v1/tasks/${taskId}/result`)).json()).toEqual({ text: 'Total 42.00' });
  });

  withFolder('has a program that uploads as it stands', async ({ becomesTheResult, runProgram }) => {
    const { output, taskId } = await runProgram('upload.mjs');
    expect(output).toBe('false\n');
    await becomesTheResult(taskId, scan);
  });
});

test('no error, inspection or JSON has a URL, a token or a key', async ({ open, proofOf, ready }) => {
  for (const processor of ['acme-ocr', 'dpop-ocr', 'short-ocr', 'standard-ocr', 'signed-ocr', 'idp-ocr']) {
    const { callbacks } = await open(processor);
    const options = proofOf(processor);
    const callback = new Callback(callbacks, options);
    await callback.deliver('1', JSON_TYPE);
    const error = await callback.deliver('2', JSON_TYPE).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'token_replayed' });
    const shown = [callback, options, error].flatMap((value) => [
      inspect(value, { depth: 20, showHidden: true }),
      JSON.stringify(value),
      String(value),
    ]);
    shown.push(String((error as Error).stack));
    const { dpop: key, processor: client, signed, standard } = ready.clients;
    const secrets = [
      ...Object.values(callbacks).flatMap(({ token, url }) => [url, token ?? url.split('/').at(-1)]),
      ...[key, client, signed].map(({ privateJwk }) => privateJwk.d),
      standard.secret,
    ];
    for (const secret of secrets) expect(shown.join('\n')).not.toContain(secret);
  }
});
