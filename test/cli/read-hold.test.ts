import type { OperatorTaskView, ProcessorDispatchView } from '@postern/client/operator';
import { describe, expect, it } from 'vitest';
import { readHold } from '../../cli/commands/operator/read-hold.ts';

const { signal } = new AbortController();

const aTask = (status: OperatorTaskView['status'], state?: 'queued' | 'failed') =>
  ({ processor: 'sent-ocr', status, ...(state && { dispatch: { state, attempts: 1 } }) }) as OperatorTaskView;

const operatorOf = (view: Partial<ProcessorDispatchView>) => ({
  dispatch: {
    list: async () => [
      { processor: 'other-ocr', paused: { by: 'postern', reason: 'r', at: 'never' } },
      { processor: 'sent-ocr', breaker: 'closed', ...view },
    ],
  },
});

const read = (view: Partial<ProcessorDispatchView>, task: OperatorTaskView) =>
  readHold(operatorOf(view) as unknown as Parameters<typeof readHold>[0], task, signal);

const PAUSED = { breaker: 'open', paused: { by: 'postern', reason: 'r', at: 'never' } } as const;
const BY_POSTERN = 'sent-ocr is paused by Postern itself: no attempt is made until it is resumed';

describe('why no attempt is made', () => {
  it.each<[string, Partial<ProcessorDispatchView>, string | undefined]>([
    ['a pause by Postern', PAUSED, BY_POSTERN],
    [
      'an open breaker',
      { breaker: 'open', nextAttemptAt: '2026-11-30T08:00:00.000Z' },
      'the breaker of sent-ocr is open: no attempt is made before 2026-11-30T08:00:00.000Z',
    ],
    [
      'an open breaker without queued work',
      { breaker: 'open' },
      'the breaker of sent-ocr is open: no attempt is made for a while',
    ],
    ['a half open breaker', { breaker: 'halfOpen' }, undefined],
    ['a closed breaker', {}, undefined],
  ])('%s', async (_, view, said) => {
    expect(await read(view, aTask('pending', 'queued'))).toBe(said);
  });

  it('is said of a task whose work an operator can send again, and of no other', async () => {
    expect(await read(PAUSED, aTask('failed', 'failed'))).toBe(BY_POSTERN);
    expect(await read(PAUSED, aTask('cancelled', 'queued'))).toBeUndefined();
    expect(await read(PAUSED, aTask('pending'))).toBeUndefined();
  });

  it('is left out if the state of the processor cannot be read', async () => {
    const down = { dispatch: { list: () => Promise.reject(new Error('down')) } };
    const operator = down as unknown as Parameters<typeof readHold>[0];
    expect(await readHold(operator, aTask('pending', 'queued'), signal)).toBeUndefined();
  });
});
