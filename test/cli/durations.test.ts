import { describe, expect, it } from 'vitest';
import { CommandError } from '../../cli/command-error.ts';
import { readDuration, showDuration, showTime } from '../../cli/durations.ts';

describe('a duration of the command line', () => {
  it.each([
    ['90s', 90],
    ['30m', 1_800],
    ['1h', 3_600],
    ['2d', 172_800],
    ['45', 45],
    ['0s', 0],
  ])('%s is %i seconds', (text, seconds) => {
    expect(readDuration('--expires', text)).toBe(seconds);
  });

  it.each(['', '1w', '1.5h', '-1h', '1 h', 'h', '1h30m', '9999999999'])(
    'is refused as "%s", with the value',
    (text) => {
      expect(() => readDuration('--expires', text)).toThrow(
        new CommandError('usage', `--expires is "${text}"; expected a duration such as 90s, 30m, 1h or 2d.`),
      );
    },
  );

  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [3_660, '1 h 1 min'],
    [3_605, '1 h'],
    [90_000, '1 d 1 h'],
  ])('of %i seconds is shown as %s', (seconds, text) => {
    expect(showDuration(seconds)).toBe(text);
  });

  it('is shown before and after now', () => {
    const now = Date.parse('2026-01-01T00:00:00.000Z');
    expect(showTime('2025-12-31T23:55:00.000Z', now)).toBe('5 min ago');
    expect(showTime('2026-01-01T02:00:00.000Z', now)).toBe('in 2 h');
    expect(showTime('2026-01-01T00:00:00.400Z', now)).toBe('now');
  });
});
