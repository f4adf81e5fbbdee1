import { convertToAttr, marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
import { fromAttributes, toAttributes } from '../../../../lambda/shared/aws/attribute-values.ts';

/** Every kind of value that an item of ours has. */
const ITEM = {
  text: 'ä "\\ 😀',
  empty: '',
  zero: 0,
  negative: -1.5,
  whole: Number.MAX_SAFE_INTEGER,
  yes: true,
  no: false,
  nothing: null,
  bytes: Uint8Array.of(0, 1, 255),
  list: ['a', 1, { b: [] }],
  map: { result: { jti: 'x', maxUses: 1 }, none: {} },
};

test('attributes are those of the SDK, in both directions', () => {
  const attributes = toAttributes(ITEM);
  expect(attributes).toEqual(marshall(ITEM));
  expect(fromAttributes(attributes)).toEqual(ITEM);
  expect(fromAttributes(attributes)).toEqual(unmarshall(attributes));
});

test('members that are undefined are omitted, at each level', () => {
  expect(toAttributes({ a: undefined, b: { c: undefined, d: 1 } })).toEqual({ b: { M: { d: { N: '1' } } } });
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [new Set(['a'])], [() => 1], [[undefined]], [10n]])(
  '%s is refused',
  (value) => {
    expect(() => toAttributes({ value })).toThrow(TypeError);
  },
);

test('a set is refused', () => {
  const set = convertToAttr(new Set(['a']));
  expect(() => fromAttributes({ set })).toThrow('An attribute of type SS is not expected here.');
});
