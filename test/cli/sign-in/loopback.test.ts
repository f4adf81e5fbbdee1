import { describe, expect, test } from 'vitest';
import { listenForCode } from '../../../cli/sign-in/loopback.ts';
import { COMMAND_LINE } from '../../../lambda/contract/sdk-limits.ts';

const never = new AbortController().signal;

describe('the listener for the browser', () => {
  test('gives the parameters of the first answer with its state', async () => {
    await using listener = await listenForCode('the-state');
    const answer = listener.answer(never);
    expect((await fetch(`${listener.redirectUri}?state=another&code=1`)).status).toBe(400);
    expect((await fetch(`${listener.redirectUri}?state=the-state&code=2`, { method: 'POST' })).status).toBe(404);
    const page = await fetch(`${listener.redirectUri}?state=the-state&code=3`);
    expect([page.status, page.headers.get('cache-control'), page.headers.get('referrer-policy')]).toEqual([
      200,
      'no-store',
      'no-referrer',
    ]);
    expect(Object.fromEntries(await answer)).toEqual({ state: 'the-state', code: '3' });
  });

  test('gives up after its time, five minutes for a person', async () => {
    expect(COMMAND_LINE.signInSeconds).toBe(300);
    await using listener = await listenForCode('the-state', { seconds: 0.01 });
    await expect(listener.answer(never)).rejects.toMatchObject({ exit: 'unavailable' });
  });

  test('comes back to the port that the provider knows, unless another program has it', async () => {
    await using free = await listenForCode('the-state');
    const port = Number(new URL(free.redirectUri).port);
    await expect(listenForCode('the-state', { port })).rejects.toMatchObject({
      exit: 'failed',
      message: `Port ${port} of 127.0.0.1 is not free.`,
    });
    await free[Symbol.asyncDispose]();
    await using listener = await listenForCode('the-state', { port });
    expect(listener.redirectUri).toBe(`http://127.0.0.1:${port}/callback`);
  });

  test('ends with the command', async () => {
    await using listener = await listenForCode('the-state');
    const interruption = new AbortController();
    const answer = listener.answer(interruption.signal);
    interruption.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });
});
