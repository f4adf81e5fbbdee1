import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCreationRequest } from '../../../../lambda/functions/create-task/request.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';

const aRequest = (overrides: Record<string, unknown> = {}) => ({
  processor: 'acme-ocr',
  resource: 'invoice-77',
  expiresIn: 3_600,
  ...overrides,
});

/** Errors of the refusal by pointer. */
const faultsOf = (body: unknown): Record<string, string> => {
  const refusal = readCreationRequest(body);
  if (!isRefusal(refusal)) throw new Error('It was accepted.');
  expect(refusal.code).toBe('request_invalid');
  return Object.fromEntries(
    (refusal.errors ?? []).map((error) => {
      if (!('detail' in error)) throw new Error('It is about a content type.');
      return ['pointer' in error ? error.pointer : '?', error.detail];
    }),
  );
};

describe('a request to open a task', () => {
  test('needs a processor, a resource and a lifetime; its default callbacks are result and failure', () => {
    expect(readCreationRequest(aRequest())).toEqual({ ...aRequest(), callbacks: ['result', 'failure'] });
    expect(faultsOf({})).toEqual({
      '/processor': 'is required',
      '/resource': 'is required',
      '/expiresIn': 'is required',
    });
  });

  test.each([
    ['everything', { owner: 'user-12', heartbeat: 300, callbacks: ['failure'], carrier: 'header', metadata: { a: 1 } }],
    ['every capability', { callbacks: ['upload', 'progress', 'failure', 'result'] }],
    ['carrier short', { carrier: 'short' }],
    ['the shortest lifetime', { expiresIn: 60 }],
    ['the longest lifetime', { expiresIn: 604_800 }],
    ['the shortest heartbeat', { heartbeat: 30 }],
    ['a heartbeat as long as the lifetime', { heartbeat: 3_600 }],
    ['a resource of 256 characters outside the BMP', { resource: '😀'.repeat(256) }],
    ['an owner of every kind of character', { owner: 'Aa0._:@-' }],
    ['metadata of 2,048 bytes', { metadata: { a: 'x'.repeat(2_040) } }],
    ['metadata with a name of Object.prototype', { metadata: JSON.parse('{"__proto__":1,"constructor":2}') }],
    ['metadata with a backslash before ud800', { metadata: { a: '\\ud800' } }],
  ])('may have %s', (_, overrides) => {
    expect(readCreationRequest(aRequest(overrides))).toMatchObject(overrides);
  });

  test.each<[string, Record<string, unknown>]>([
    ['/processor', { processor: 7 }],
    ['/processor', { processor: 'A' }],
    ['/processor', { processor: 'a'.repeat(33) }],
    ['/resource', { resource: '' }],
    ['/resource', { resource: 'x'.repeat(257) }],
    ['/resource', { resource: null }],
    ['/resource', { resource: 'half a pair \ud800' }],
    ['/owner', { owner: '' }],
    ['/owner', { owner: 'a b' }],
    ['/owner', { owner: 'a'.repeat(65) }],
    ['/owner', { owner: null }],
    ['/expiresIn', { expiresIn: 59 }],
    ['/expiresIn', { expiresIn: 604_801 }],
    ['/expiresIn', { expiresIn: 60.5 }],
    ['/expiresIn', { expiresIn: '3600' }],
    ['/heartbeat', { heartbeat: 29 }],
    ['/heartbeat', { heartbeat: 3_601 }],
    ['/heartbeat', { heartbeat: 31.5 }],
    ['/callbacks', { callbacks: [] }],
    ['/callbacks', { callbacks: 'result' }],
    ['/callbacks', { callbacks: ['result', 'result'] }],
    ['/callbacks/1', { callbacks: ['result', 7] }],
    ['/metadata', { metadata: [] }],
    ['/metadata', { metadata: 'text' }],
    ['/metadata', { metadata: null }],
    ['/metadata', { metadata: { a: 'x'.repeat(2_041) } }],
    ['/metadata', { metadata: { a: 'ä'.repeat(1_021) } }],
    ['/metadata', { metadata: { a: 'half a pair \udfff' } }],
  ])('is refused for its %s: %j', (pointer, overrides) => {
    expect(Object.keys(faultsOf(aRequest(overrides)))).toEqual([pointer]);
  });

  test('is refused for metadata that is nested too deeply for the stack', () => {
    const metadata = JSON.parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(Object.keys(faultsOf(aRequest({ metadata })))).toEqual(['/metadata']);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['capability', { callbacks: ['result', 'webhook'] }, '"webhook"'],
    ['carrier', { carrier: 'query' }, '"query"'],
  ])('is refused for an unknown %s, by name', (_, overrides, name) => {
    expect(Object.values(faultsOf(aRequest(overrides))).join()).toContain(name);
  });

  test('is refused for every unknown property, by name, beside its other faults', () => {
    const body = JSON.parse(
      '{"__proto__":1,"toString":2,"a/b~c":3,"expiresIn":1,"processor":"acme-ocr","resource":"r"}',
    );
    expect(Object.keys(faultsOf(body)).sort()).toEqual(['/__proto__', '/a~1b~0c', '/expiresIn', '/toString'].sort());
  });

  test.each([null, true, 7, 'text', [], [{}]])('is refused when it is %j', (body) => {
    expect(faultsOf(body)).toEqual({ '': 'must be a JSON object' });
  });

  test('is accepted, or refused with its faults named, for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bodies = [value, aRequest({ metadata: value }), aRequest({ callbacks: value, owner: value })];
        for (const body of bodies) {
          const result = readCreationRequest(body);
          if (isRefusal(result)) expect(result.errors?.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});
