import { expect, test } from 'vitest';
import { readSeconds } from '../../../lambda/contract/environment-variables.ts';

test.each(['1', '3600', '2592000'])('a number of seconds may be %s', (value) => {
  expect(readSeconds({ RETENTION_SECONDS: value }, 'RETENTION_SECONDS')).toBe(Number(value));
});

test.each(['', '0', '-1', '1.5', '1e3', '0x10', ' 60', 'NaN', 'Infinity', '99999999999'])(
  'a cold start stops at %j, by name: a limit that is no number would limit nothing',
  (value) => {
    expect(() => readSeconds({ RETENTION_SECONDS: value }, 'RETENTION_SECONDS')).toThrow('RETENTION_SECONDS');
  },
);
