import { describe, expect, test } from 'vitest';
import { readRefusal } from '../../../sdk/shared/http-answers.ts';

const NOW = Date.parse('2026-11-30T08:00:00Z');
const html = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(`<html><head><title>${status}</title></head></html>`, {
    status,
    headers: { 'content-type': 'text/html', ...headers },
  });
const json = (status: number, body: object, type = 'application/problem+json'): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });
const problem = (more: object = {}) => ({
  type: 'https://callbacks.example.com/problems/task_unknown',
  title: 'There is no such task.',
  status: 404,
  code: 'task_unknown',
  requestId: 'r-1',
  ...more,
});

describe('an answer without a code', () => {
  test.each([
    [400, 'request_invalid', false],
    [401, 'access_token_invalid', false],
    [403, 'answer_invalid', false],
    [404, 'not_found', false],
    [405, 'method_not_allowed', false],
    [408, 'unavailable', true],
    [413, 'payload_too_large', false],
    [418, 'answer_invalid', false],
    [429, 'unavailable', true],
    [500, 'unavailable', true],
    [502, 'unavailable', true],
    [503, 'unavailable', true],
    [504, 'unavailable', true],
  ])('of %d has the code %s', async (status, code, retryable) => {
    const failure = await readRefusal(html(status), 'GET /v1/tasks', NOW);
    expect(failure).toMatchObject({ code, retryable, status });
    expect(failure.message).toMatch(/^GET \/v1\/tasks got \d{3} without a code\. \S/);
  });

  test.each([408, 502, 504])('of %d may come although the request was carried out', async (status) => {
    expect(await readRefusal(html(status), 'GET /', NOW)).toHaveProperty('isUncertain', true);
    expect(await readRefusal(html(503), 'GET /', NOW)).not.toHaveProperty('isUncertain');
  });

  test('comes as JSON from the firewall too', async () => {
    const firewall = { type: 'about:blank', title: 'Too many requests', status: 429 };
    const failure = await readRefusal(json(429, firewall, 'application/json'), 'GET /', NOW);
    expect(failure).toMatchObject({ code: 'unavailable', retryable: true });
    expect(failure).not.toHaveProperty('problem');
  });

  test('keeps Retry-After and the request id', async () => {
    const failure = await readRefusal(html(503, { 'retry-after': '7', 'x-request-id': 'r-2' }), 'GET /', NOW);
    expect(failure).toMatchObject({ retryAfter: 7_000, requestId: 'r-2' });
  });
});

describe('a refusal', () => {
  test('has the code, the request id and the problem of the gateway', async () => {
    expect(await readRefusal(json(404, problem()), 'GET /v1/tasks/a', NOW)).toEqual({
      code: 'task_unknown',
      status: 404,
      retryable: false,
      requestId: 'r-1',
      problem: problem(),
      message:
        'GET /v1/tasks/a was refused (404 task_unknown): There is no such task. The page at problem.type says what to do.',
    });
  });

  test('names each error with its place in the message', async () => {
    const errors = [
      { pointer: '/resource', detail: 'is required' },
      { parameter: 'limit', detail: 'must be a number' },
      { header: 'Idempotency-Key', detail: 'is too long' },
      { pointer: '', message: 'is not accepted', accepted: ['text/plain'] },
    ];
    const { message } = await readRefusal(json(400, problem({ detail: 'Correct it.', errors })), 'GET /', NOW);
    expect(message).toContain(
      'Correct it. /resource: is required. limit: must be a number. Idempotency-Key: is too long. body: is not accepted (text/plain).',
    );
  });

  test('may have a code of a later version of the gateway', async () => {
    expect(await readRefusal(json(409, problem({ code: 'task_frozen' })), 'GET /', NOW)).toMatchObject({
      code: 'task_frozen',
    });
  });

  test.each([{ code: 7 }, { code: 'Not a code' }, { code: undefined }])(
    'without a code (%j) is no problem of the gateway',
    async (more) => {
      expect(await readRefusal(json(404, problem(more)), 'GET /', NOW)).toMatchObject({ code: 'not_found' });
    },
  );

  test('has no secret of the request, even if a proxy repeats it', async () => {
    const failure = await readRefusal(json(400, problem({ detail: 'Bearer SECRET' })), 'GET /', NOW, ['SECRET']);
    expect(JSON.stringify(failure)).not.toContain('SECRET');
    expect(failure.message).toContain('Bearer REDACTED');
  });
});
