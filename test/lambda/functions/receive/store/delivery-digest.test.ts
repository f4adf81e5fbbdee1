import { describe, expect, test } from 'vitest';
import type { SameBy } from '../../../../../lambda/contract/registry.ts';
import { createJsonReader } from '../../../../../lambda/functions/receive/authenticated-callback.ts';
import { deliveryDigest } from '../../../../../lambda/functions/receive/store/delivery-digest.ts';

const digest = (
  body: string,
  sameBy?: SameBy,
  { headers = [], path = '/v1/results/a', type = 'application/json' } = {} as {
    headers?: readonly string[];
    path?: string;
    type?: string;
  },
) => {
  const request = { body: () => Buffer.from(body), header: () => headers };
  return deliveryDigest(path, type, { request, json: createJsonReader(request) }, sameBy);
};

const by = (...jsonPointers: readonly string[]): SameBy => ({ jsonPointers });

describe('the digest of a delivery', () => {
  test('separates path, media type and payload', () => {
    const all = [
      digest('ab'),
      digest('ab', undefined, { path: '/v1/results/b' }),
      digest('ab', undefined, { type: 'text/plain' }),
      digest('b', undefined, { type: 'application/jsona' }),
      digest(''),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(digest('ab')).toBe(digest('ab'));
    expect(digest('ab')).toMatch(/^[0-9a-f]{64}$/);
  });

  test('covers the values at the pointers of sameBy (RFC 6901)', () => {
    const names = by('/a~1b', '/c~0d', '/list/1');
    const one = digest('{"a/b":1,"c~d":2,"list":[0,3],"at":"10:00"}', names);
    expect(digest('{"at":"10:05","list":[9,3],"c~d":2,"a/b":1}', names)).toBe(one);
    for (const other of [
      '{"a/b":9,"c~d":2,"list":[0,3]}',
      '{"a/b":1,"c~d":9,"list":[0,3]}',
      '{"a/b":1,"c~d":2,"list":[0,9]}',
    ]) {
      expect(digest(other, names)).not.toBe(one);
    }
  });

  test('distinguishes a missing value from null, and needs one value only', () => {
    expect(digest('{"a":1}', by('/a', '/b'))).toBe(digest('{"a":1,"c":2}', by('/a', '/b')));
    expect(digest('{"a":1}', by('/a', '/b'))).not.toBe(digest('{"a":1,"b":null}', by('/a', '/b')));
  });

  test.each(['{"a":null}', '{"a":"text"}', '{"a":7}', '[]', '7', 'null', 'not JSON', ''])(
    'covers the whole payload if the pointers of sameBy lead to nothing: %j',
    (body) => {
      expect(digest(body, by('/a/length', '/toString'))).toBe(digest(body));
    },
  );

  test('covers the one value of a header; the whole payload if it has none or two', () => {
    const header: SameBy = { header: 'webhook-id' };
    expect(digest('a', header, { headers: ['1'] })).toBe(digest('b', header, { headers: ['1'] }));
    expect(digest('a', header, { headers: ['1'] })).not.toBe(digest('a', header, { headers: ['2'] }));
    for (const headers of [[], ['1', '2']]) expect(digest('a', header, { headers })).toBe(digest('a'));
  });

  test('covers the whole payload if a value of sameBy is nested too deeply to compare', () => {
    const nested = (at: string) => `{"at":"${at}","list":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const names = by('/list');
    expect(digest(nested('10:00'), names)).toBe(digest(nested('10:00')));
    expect(digest(nested('10:00'), names)).not.toBe(digest(nested('10:05'), names));
  });
});
