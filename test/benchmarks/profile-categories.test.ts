import { expect, test } from 'vitest';
import { groupPlaces } from '../../benchmarks/harness/profile-categories.ts';

const BUNDLE = `"use strict";
// lambda/shared/aws/signature.ts
var sign = () => 1;
// lambda/functions/receive/handler.ts
var handler = () => sign();
// a remark in the code
var other = 2;`;

const at = (line: number, microseconds: number) => ({ url: 'file:///bundle/index.js', line, microseconds });
const node = (url: string, microseconds: number) => ({ url, line: 1, microseconds });

const counted = (...places: Parameters<typeof groupPlaces>[0]) =>
  Object.fromEntries(Object.entries(groupPlaces(places, BUNDLE)).filter(([, microseconds]) => microseconds > 0));

test('time is that of the module whose line it is', () => {
  expect(counted(at(3, 5), at(5, 7), at(7, 2))).toEqual({ 'AWS client': 5, 'everything else': 9 });
});

test('time in Node is that of what it was for', () => {
  const places = [
    node('node:internal/crypto/sig', 1),
    node('node:internal/crypto/hash', 2),
    node('node:_http_client', 3),
    node('node:internal/stream_base_commons', 4),
    node('(garbage collector)', 5),
    node('(program)', 6),
  ];
  expect(counted(...places)).toEqual({
    'signature of the token': 1,
    'keys, hashes, HMACs': 2,
    'HTTP, sockets, streams': 7,
    'garbage collection': 5,
    'outside of JavaScript': 6,
  });
});

test('waiting and being watched are nobody’s time', () => {
  expect(
    counted(node('(idle)', 100), node('node:inspector', 10), node('node:internal/inspector_async_hook', 1)),
  ).toEqual({});
});
