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
  test('needs a processor, a resource and a lifetime', () => {
    expect(readCreationRequest(aRequest())).toEqual(aRequest());
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

describe('the workflow of a request', () => {
  const stepFunctions = (overrides: Record<string, unknown> = {}) => ({
    resume: { kind: 'stepFunctions', taskToken: 'token', ...overrides },
  });
  const durableFunction = (overrides: Record<string, unknown> = {}) => ({
    resume: { kind: 'durableFunction', callbackId: 'aWQ=', ...overrides },
  });

  test.each([
    ['a task token of 2,048 characters', stepFunctions({ taskToken: 'x'.repeat(2_048) })],
    ['a callback id of 1,024 characters', durableFunction({ callbackId: 'x'.repeat(1_024) })],
    ['a callback id with padding', durableFunction({ callbackId: 'ab+/==' })],
    ['an ARN', stepFunctions({ arn: 'arn' })],
  ])('may have %s', (_, more) => {
    expect(readCreationRequest(aRequest(more))).toEqual(aRequest(more));
  });

  test.each([
    ['no object', { resume: 'stepFunctions' }, '/resume', /object/],
    ['no kind', { resume: {} }, '/resume/kind', /stepFunctions, durableFunction/],
    ['another kind', { resume: { kind: 'sqs' } }, '/resume/kind', /stepFunctions, durableFunction/],
    ['no task token', { resume: { kind: 'stepFunctions' } }, '/resume/taskToken', /^is required$/],
    ['no callback id', { resume: { kind: 'durableFunction' } }, '/resume/callbackId', /^is required$/],
    ['an empty task token', stepFunctions({ taskToken: '' }), '/resume/taskToken', /1 to 2048/],
    [
      'a task token of 2,049 characters',
      stepFunctions({ taskToken: 'x'.repeat(2_049) }),
      '/resume/taskToken',
      /1 to 2048/,
    ],
    ['a task token with a blank', stepFunctions({ taskToken: 'a b' }), '/resume/taskToken', /without blanks/],
    [
      'a callback id of 1,025 characters',
      durableFunction({ callbackId: 'x'.repeat(1_025) }),
      '/resume/callbackId',
      /1 to 1024/,
    ],
    ['a callback id with a hyphen', durableFunction({ callbackId: 'a-b' }), '/resume/callbackId', /base64/],
    ['the token of the other kind', stepFunctions({ callbackId: 'x' }), '/resume/callbackId', /not a property/],
    ['an empty ARN', stepFunctions({ arn: '' }), '/resume/arn', /1 to 512/],
  ])('is refused with %s, without its token', (_, more, pointer, detail) => {
    const faults = faultsOf(aRequest(more));
    expect(Object.keys(faults)).toEqual([pointer]);
    expect(faults[pointer]).toMatch(detail);
    expect(JSON.stringify(faults)).not.toMatch(/xxx|a b|a-b/);
  });
});
