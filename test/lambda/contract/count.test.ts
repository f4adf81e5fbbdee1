import { expect, test } from 'vitest';
import { readCount } from '../../../lambda/contract/environment-variables.ts';

test.each(['0', '1', '4096', '9999999999'])('%s is a count', (value) => {
  expect(readCount({ LIMIT: value }, 'LIMIT')).toBe(Number(value));
});

test.each(['', ' ', '-1', '1.5', '01', '1e3', 'NaN', 'many', '99999999999'])(
  '"%s" stops the cold start by name',
  (value) => {
    expect(() => readCount({ LIMIT: value }, 'LIMIT')).toThrow(/LIMIT is /);
  },
);
