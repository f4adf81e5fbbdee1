import { describe, expect, test, vi } from 'vitest';
import { PLATFORM } from '../../../sdk/shared/platform.ts';

describe('PLATFORM.wait', () => {
  test('ends with the reason of the signal, and leaves no timer that keeps the program running', async ({
    onTestFinished,
  }) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const controller = new AbortController();
    const waiting = PLATFORM.wait(3_600_000, controller.signal);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(PLATFORM.wait(3_600_000, controller.signal)).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });
});
