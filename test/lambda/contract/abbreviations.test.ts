import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandName, shortestNames } from '../../../lambda/contract/abbreviations.ts';

const NAMES = ['callbacks', 'carrier', 'processor', 'resource'];

describe('a name that was cut', () => {
  test('stands for the one name that begins so', () => {
    expect(expandName('p', NAMES)).toEqual(['processor']);
    expect(expandName('cal', NAMES)).toEqual(['callbacks']);
  });

  test('may mean several, or none', () => {
    expect(expandName('ca', NAMES)).toEqual(['callbacks', 'carrier']);
    expect(expandName('x', NAMES)).toEqual([]);
    expect(expandName('', NAMES)).toEqual([]);
    expect(expandName('', ['processor'])).toEqual([]);
    expect(expandName('processors', NAMES)).toEqual([]);
    expect(expandName('Processor', NAMES)).toEqual([]);
  });

  test('is itself where it is a full name, though others begin so', () => {
    expect(expandName('res', ['resource', 'res'])).toEqual(['res']);
  });
});

test('the shortest names each stand for theirs alone', () => {
  expect(shortestNames(NAMES)).toEqual({ callbacks: 'cal', carrier: 'car', processor: 'p', resource: 'r' });
  expect(shortestNames(['resource', 'res'])).toEqual({ resource: 'reso', res: 'res' });
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b') })), (names) => {
      for (const [name, shortest] of Object.entries(shortestNames(names))) {
        expect(expandName(shortest, names)).toEqual([name]);
      }
    }),
  );
});
