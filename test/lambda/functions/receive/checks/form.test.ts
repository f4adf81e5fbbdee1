import { describe, expect, test } from 'vitest';
import { readForm } from '../../../../../lambda/functions/receive/checks/form.ts';

const MEMBERS = {
  size: { expectation: 'must be a number', holds: (value: unknown) => typeof value === 'number' },
  note: { optional: true, expectation: 'must be a string', holds: (value: unknown) => typeof value === 'string' },
} as const;

const read = (value: unknown) => readForm({ value }, MEMBERS);

const refusalOf = (...errors: readonly { readonly pointer: string; readonly detail: string }[]) => ({
  kind: 'refusal',
  code: 'payload_invalid',
  reason: `${errors.length} errors`,
  errors,
});

const SIZE = { pointer: '/size', detail: 'must be a number' };

describe('H3 the form of a report', () => {
  test('has its required members, and its optional ones if they came', () => {
    expect(read({ size: 1 })).toEqual({ size: 1 });
    expect(read({ size: 1, note: 'x' })).toEqual({ size: 1, note: 'x' });
  });

  test('is one JSON value', () => {
    const detail = 'must be one JSON value in UTF-8, without a byte order mark';
    expect(readForm(null, MEMBERS)).toEqual(refusalOf({ pointer: '', detail }));
  });

  test.each([null, [], [1], 'text', 1, true])('is an object, not %j', (value) => {
    expect(read(value)).toEqual(refusalOf({ pointer: '', detail: 'must be a JSON object' }));
  });

  test.each([
    ['a missing member', {}, [SIZE]],
    ['a wrong member', { size: '1' }, [SIZE]],
    ['a wrong optional member', { size: 1, note: 1 }, [{ pointer: '/note', detail: 'must be a string' }]],
    [
      'a name that objects inherit',
      { size: 1, constructor: 1 },
      [{ pointer: '/constructor', detail: 'is not a property of this form: take it out' }],
    ],
    [
      'every fault at once, with escaped names',
      { 'a/b~c': 1 },
      [SIZE, { pointer: '/a~1b~0c', detail: 'is not a property of this form: take it out' }],
    ],
  ])('names %s', (_name, value, errors) => {
    expect(read(value)).toEqual(refusalOf(...errors));
  });

  test('does not take an inherited value for a member', () => {
    expect(read(Object.create({ size: 1 }))).toEqual(refusalOf(SIZE));
    expect(read({ size: 1, note: undefined })).toMatchObject({ code: 'payload_invalid' });
  });
});
