import { describe, expect, test } from 'vitest';
import { fromAlbEvent, toAlbResult } from '../../../../lambda/shared/http/alb.ts';
import { anAlbEvent } from '../../../support/alb-event.ts';

describe('an event of the load balancer', () => {
  test('keeps every line of a header, in order, under any spelling', () => {
    const request = fromAlbEvent(anAlbEvent({ headers: { 'X-A': ['1', '2'], 'x-a': '3' } }), 'r');
    expect(request.header('x-A')).toEqual(['1', '2', '3']);
    expect(request.header('missing')).toEqual([]);
    expect(request.header('constructor')).toEqual([]);
  });

  test('keeps path and query as sent', () => {
    const request = fromAlbEvent(anAlbEvent({ path: '/a%2Fb', query: { x: ['1', '%20'], y: [''] } }), 'r');
    expect(request.path).toBe('/a%2Fb');
    expect(request.query).toEqual([
      ['x', '1'],
      ['x', '%20'],
      ['y', ''],
    ]);
  });

  test.each([
    ['text', 'ü', 2],
    ['bytes', Uint8Array.of(0, 255, 10), 3],
    ['nothing', '', 0],
  ])('knows the size of its body without decoding it: %s', (_name, body, size) => {
    const request = fromAlbEvent(anAlbEvent({ body }), 'r');
    expect(request.bodySize).toBe(size);
    expect(Buffer.from(request.body()).equals(Buffer.from(body))).toBe(true);
  });

  test.each([
    [['203.0.113.7'], '203.0.113.7'],
    [['10.0.0.1, 203.0.113.7'], '203.0.113.7'],
    [['10.0.0.1', '10.0.0.2,203.0.113.7'], '203.0.113.7'],
    [[], ''],
  ])('P4 has the source that the load balancer appended: %j', (lines, expected) => {
    const request = fromAlbEvent(anAlbEvent({ headers: { 'x-forwarded-for': lines } }), 'r');
    expect(request.sourceAddress).toBe(expected);
  });

  test('P4 never has the request id of the client', () => {
    expect(fromAlbEvent(anAlbEvent({ headers: { 'x-request-id': 'theirs' } }), 'ours').requestId).toBe('ours');
  });
});

test('a result has text as it is, and bytes in base64', () => {
  const text = toAlbResult({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: 'ü' });
  expect(text).toMatchObject({ statusCode: 200, body: 'ü', isBase64Encoded: false });
  expect(text.multiValueHeaders).toEqual({ 'Content-Type': ['text/plain'] });
  const bytes = toAlbResult({ status: 200, headers: {}, body: Uint8Array.of(0, 255) });
  expect(bytes).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
});
