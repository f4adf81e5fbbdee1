import { inspect } from 'node:util';
import { test as base, describe, expect } from 'vitest';
import type { Outcome } from '../../../sdk/shared/failure.ts';
import { PLATFORM } from '../../../sdk/shared/platform.ts';
import { type Attempt, send } from '../../../sdk/shared/request.ts';
import { openWebStandIn } from '../../support/web-stand-in.ts';

const readText = async (response: Response): Promise<Outcome<string>> => ({ value: await response.text() });

const test = base
  .extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = await openWebStandIn();
    onCleanup(server.close);
    return server;
  })
  .extend(
    'ask',
    ({ server }) =>
      (more: Partial<Attempt<string>> = {}) =>
        send(PLATFORM, {
          request: 'GET /a',
          url: `${server.origin}/a?token=SECRET`,
          init: {},
          read: readText,
          ...more,
        }),
  );

describe('one attempt', () => {
  test('gives what is read from the answer', async ({ ask, server }) => {
    server.answerWith({ status: 200, body: 'hello' });
    expect(await ask()).toEqual({ value: 'hello' });
  });

  test('follows no redirect, which could carry credentials elsewhere', async ({ ask, server }) => {
    server.answerWith({ status: 302, headers: { location: `${server.origin}/b` } }, { status: 200 });
    await ask({ read: async ({ status }) => ({ value: String(status) }) }).then((outcome) =>
      expect(outcome).toEqual({ value: '302' }),
    );
    expect(server.requests.map(({ path }) => path)).toEqual(['/a?token=SECRET']);
  });

  test.for([['no answer'], ['half an answer']] as const)(
    'fails with network_error after %s',
    async ([answer], { ask, server }) => {
      server.answerWith(answer);
      const outcome = await ask();
      expect(outcome).toMatchObject({ failure: { code: 'network_error', retryable: true, isUncertain: true } });
      expect(inspect(outcome, { depth: 9 })).not.toContain('SECRET');
    },
  );

  test('names the error of the network by its code', async ({ ask, server }) => {
    const { port } = new URL(server.origin);
    // The stand-in listens on 127.0.0.1 alone.
    const outcome = await ask({ url: `http://127.0.0.2:${port}/a?token=SECRET` });
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining('ECONNREFUSED') } });
    expect(inspect(outcome, { depth: 9 })).not.toContain('SECRET');
  });

  test('ends after its time limit', async ({ ask, server }) => {
    server.answerWith('silence');
    expect(await ask({ timeoutMilliseconds: 50 })).toMatchObject({
      failure: { code: 'network_error', message: expect.stringContaining('none came within 0.05 s') },
    });
  });

  test('of a long answer has its time limit for the beginning only', async () => {
    let signal: AbortSignal | null | undefined;
    const fetch = async (_url: string, init?: RequestInit) => {
      signal = init?.signal;
      return new Response('hello');
    };
    const read = async (response: Response): Promise<Outcome<string>> => {
      // This timer is later than that of the limit, so it ends after it.
      await PLATFORM.wait(50);
      return { value: `${await response.text()}, aborted: ${signal?.aborted}` };
    };
    const long = { request: 'GET /a', url: 'https://a.example', init: {}, read, timeoutMilliseconds: 50 };
    expect(await send({ fetch }, { ...long, isLong: true })).toEqual({ value: 'hello, aborted: false' });
    expect(await send({ fetch }, long)).toEqual({ value: 'hello, aborted: true' });
  });

  test('ends with the reason of the caller, before and during the request', async ({ ask, server }) => {
    const controller = new AbortController();
    server.answerWith(() => {
      controller.abort(new Error('enough'));
      return 'silence';
    });
    await expect(ask({ signal: controller.signal })).rejects.toThrow('enough');
    await expect(ask({ signal: controller.signal })).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });

  test('does not quote a header that fetch refuses', async ({ ask }) => {
    const outcome = await ask({ init: { headers: { authorization: 'Bearer SECRET\nx' } } });
    expect(inspect(outcome, { depth: 9 })).not.toContain('SECRET');
  });
});
