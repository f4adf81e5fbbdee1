import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRemoteId, secretTexts } from '../../../../lambda/shared/dispatch/remote-id.ts';

const read = (answer: unknown, pointer = '/id', forbidden: readonly string[] = []) =>
  readRemoteId(JSON.stringify(answer), pointer, forbidden);

describe('the id of a job', () => {
  test.each<[unknown, string]>([
    ['job-1', 'job-1'],
    ['{}" <x>', '{}" <x>'],
    ['a'.repeat(256), 'a'.repeat(256)],
    [17, '17'],
    [0, '0'],
    [-0, '0'],
    [-5, '-5'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ])('is %j', (id, expected) => {
    expect(read({ id })).toBe(expected);
  });

  test.each([
    ...['', 'a'.repeat(257), 'café', 'a\n', '\u007f', '\u0000'],
    ...[null, true, 1.5, 9_007_199_254_740_992, 1e300, [], ['a'], {}, undefined],
  ])('is absent for %j', (id) => {
    expect(read({ id })).toBeUndefined();
  });

  test.each(['', '{', 'job-1', '{"id":1e999}', '\ufeff{"id":"a"}', '{"id":"a"} x'])(
    'is absent in the answer %j',
    (answer) => {
      expect(readRemoteId(answer, '/id', [])).toBeUndefined();
    },
  );

  test('is where its JSON pointer says', () => {
    // The examples of RFC 6901 §5.
    const answer = {
      foo: ['bar', 'baz'],
      '': 0,
      'a/b': 1,
      'c%d': 2,
      'e^f': 3,
      'g|h': 4,
      'i\\j': 5,
      'k"l': 6,
      ' ': 7,
      'm~n': 8,
    };
    const pointers = ['/foo/0', '/', '/a~1b', '/c%d', '/e^f', '/g|h', '/i\\j', '/k"l', '/ ', '/m~0n'];
    expect(pointers.map((pointer) => read(answer, pointer))).toEqual(['bar', ...'012345678']);
    expect(read('job', '')).toBe('job');
    expect(read({ '~1': 'a', '/': 'b' }, '/~01')).toBe('a');
  });

  test.each([
    '/foo/2',
    '/foo/01',
    '/foo/-',
    '/foo/length',
    '/foo',
    '/constructor/name',
    '/__proto__',
    '/text/0',
    '/no/id',
  ])('is absent at %s', (pointer) => {
    expect(read({ foo: ['a', 'b'], text: 'abc' }, pointer)).toBeUndefined();
  });

  test('is absent if it has a secret that was sent, or 12 characters of one', () => {
    const secret = 'sk-0123456789abcdef';
    for (const id of [secret, `x${secret}y`, secret.slice(0, 12), `job-${secret.slice(3, 15)}-1`]) {
      expect(read({ id }, '/id', ['other', secret])).toBeUndefined();
    }
    for (const id of [secret.slice(0, 11), 'sk-', 'job-0123456789']) expect(read({ id }, '/id', [secret])).toBe(id);
    expect(read({ id: 'a-pin-b' }, '/id', ['pin'])).toBeUndefined();
  });

  test('is never anything but printable ASCII, for any answer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.string(), (answer, name) => {
        const id = readRemoteId(answer, `/${name}`, []);
        if (id !== undefined) expect(id).toMatch(/^[ -~]{1,256}$/);
      }),
      { numRuns: 300 },
    );
  });
});

test('the secret texts of a request are its token parts, short codes and other secrets', () => {
  const texts = secretTexts(
    [
      { url: 'https://callbacks.example.com/v1/results/task-1', token: 'head.claims.signature' },
      { url: 'https://callbacks.example.com/v1/results/task-1/head.claims2.signature2' },
      { url: 'https://callbacks.example.com/c/CODE' },
    ],
    ['jti-1', 'secret\n', ''],
  );
  const parts = ['head', 'claims', 'signature', 'head', 'claims2', 'signature2', 'CODE', 'jti-1', 'secret'];
  expect(texts).toEqual(parts);
});
