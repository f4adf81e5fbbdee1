import { describe, expect, test } from 'vitest';
import type { SameBy } from '../../../../../lambda/contract/registry.ts';
import { deliveryDigest } from '../../../../../lambda/functions/receive/store/delivery-digest.ts';

const digest = (
  body: string,
  sameBy?: SameBy,
  { headers = [], path = '/v1/results/a', type = 'application/json' } = {} as {
    headers?: readonly string[];
    path?: string;
    type?: string;
  },
) => deliveryDigest(path, type, { body: () => Buffer.from(body), header: () => headers }, sameBy);

const by = (...jsonPointers: readonly string[]): SameBy => ({ jsonPointers });

describe('what makes two deliveries the same', () => {
  test('path, media type and payload, none of which runs into the next', () => {
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

  test('sameBy: the values at its pointers, as RFC 6901 writes them', () => {
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

  test('sameBy: a value that is not there is not null, and one that is there is enough', () => {
    expect(digest('{"a":1}', by('/a', '/b'))).toBe(digest('{"a":1,"c":2}', by('/a', '/b')));
    expect(digest('{"a":1}', by('/a', '/b'))).not.toBe(digest('{"a":1,"b":null}', by('/a', '/b')));
  });

  test.each(['{"a":null}', '{"a":"text"}', '{"a":7}', '[]', '7', 'null', 'not JSON', ''])(
    'sameBy: where its pointers lead to nothing, the whole payload decides: %j',
    (body) => {
      expect(digest(body, by('/a/length', '/toString'))).toBe(digest(body));
    },
  );

  test('sameBy a header: its one value; of none or two the whole payload decides', () => {
    const header: SameBy = { header: 'webhook-id' };
    expect(digest('a', header, { headers: ['1'] })).toBe(digest('b', header, { headers: ['1'] }));
    expect(digest('a', header, { headers: ['1'] })).not.toBe(digest('a', header, { headers: ['2'] }));
    for (const headers of [[], ['1', '2']]) expect(digest('a', header, { headers })).toBe(digest('a'));
  });
});
