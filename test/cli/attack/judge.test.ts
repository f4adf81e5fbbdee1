import { describe, expect, test } from 'vitest';
import type { AttackCode } from '../../../cli/attack/attack.ts';
import type { RawAnswer } from '../../../cli/attack/exchange.ts';
import { judge, type Observation } from '../../../cli/attack/judge.ts';

const answer = (status: number, body: unknown = ''): RawAnswer => ({
  status,
  headers: new Map(),
  text: typeof body === 'string' ? body : JSON.stringify(body),
});
const refusal = (status: number, code: string): RawAnswer => answer(status, { code, title: 'No.' });
const ACCEPTED = answer(200, { status: 'succeeded' });

const judged = (
  answers: readonly RawAnswer[],
  expected: readonly AttackCode[] = ['token_malformed'],
  more: Partial<Observation> & { readonly parallel?: number } = {},
) => {
  const { parallel = 0, ...observation } = more;
  return judge(
    { expected, parallel },
    {
      answers,
      after: { status: 'pending' },
      wanted: { status: 'pending' },
      token: 'a.b.c',
      isCheckedInFront: false,
      ...observation,
    },
  );
};

describe('an attack', () => {
  test('is refused with an expected code, and with the status of that code', () => {
    expect(judged([refusal(401, 'token_malformed')])).toEqual({
      status: 401,
      code: 'token_malformed',
      verdict: 'refused',
    });
    expect(judged([refusal(400, 'token_malformed')])).toMatchObject({ verdict: 'unexpected' });
    expect(judged([refusal(401, 'token_missing')])).toMatchObject({ code: 'token_missing', verdict: 'unexpected' });
  });

  test.each([
    [404, 'not_found'],
    [405, 'method_not_allowed'],
    [413, 'payload_too_large'],
    [400, 'http_400'],
  ] as const)('is refused by the load balancer with %i, whose body has no code', (status, code) => {
    expect(judged([answer(status, '<html></html>')], [code])).toEqual({ status, code, verdict: 'refused' });
  });

  test('is refused with 401 by a load balancer that checks tokens itself, and by no other', () => {
    expect(judged([answer(401)], ['token_malformed'], { isCheckedInFront: true })).toMatchObject({
      verdict: 'refused',
    });
    expect(judged([answer(401)])).toEqual({ status: 401, code: 'http_401', verdict: 'unexpected' });
  });

  test('is accepted with any answer of 2xx', () => {
    for (const status of [200, 204]) {
      expect(judged([answer(status)])).toEqual({ status, code: null, verdict: 'accepted' });
    }
  });

  test('is accepted if the task has changed, whatever the answer says', () => {
    const right = [refusal(401, 'token_malformed')];
    expect(judged(right, undefined, { after: { status: 'succeeded' } })).toEqual({
      status: 401,
      code: 'token_malformed',
      verdict: 'accepted',
      remark: 'the task is succeeded; expected pending',
    });
    const task = (sha256: string) => ({ status: 'succeeded', sha256 });
    expect(judged(right, undefined, { after: task('b'), wanted: task('a') })).toMatchObject({ verdict: 'accepted' });
    expect(judged(right, undefined, { after: task('a'), wanted: task('a') })).toMatchObject({ verdict: 'refused' });
  });

  test.each([301, 500, 503])('is neither with %i', (status) => {
    expect(judged([answer(status)])).toMatchObject({ status, verdict: 'unexpected' });
  });

  test('is neither without an answer, unless that is expected', () => {
    expect(judged([answer(0)])).toEqual({ status: 0, code: 'connection_closed', verdict: 'unexpected' });
    expect(judged([answer(0)], ['connection_closed'])).toMatchObject({ verdict: 'refused' });
    expect(judged([answer(0, 'TimeoutError')], ['connection_closed'])).toEqual({
      status: 0,
      code: 'no_answer',
      verdict: 'unexpected',
    });
  });

  test('O1 is not refused well by an answer that repeats the token', () => {
    expect(judged([answer(401, { code: 'token_malformed', detail: 'a.b.c' })])).toEqual({
      status: 401,
      code: 'token_malformed',
      verdict: 'unexpected',
      remark: 'the answer repeats the token',
    });
  });
});

describe('C6 an attack in parallel', () => {
  const done = { after: { status: 'succeeded' }, wanted: { status: 'succeeded' }, parallel: 3 };
  const replayed = refusal(401, 'token_replayed');

  test('is refused if exactly one request wins', () => {
    expect(judged([replayed, ACCEPTED, replayed], ['token_replayed'], done)).toEqual({
      status: 401,
      code: 'token_replayed',
      verdict: 'refused',
    });
  });

  test('is accepted if two win, and says how many', () => {
    expect(judged([ACCEPTED, replayed, ACCEPTED], ['token_replayed'], done)).toEqual({
      status: 200,
      code: null,
      verdict: 'accepted',
      remark: '2 of 3 were accepted',
    });
  });

  test('is unexpected if none wins, or one fails in another way', () => {
    expect(judged([replayed, replayed, replayed], ['token_replayed'], done)).toMatchObject({ verdict: 'unexpected' });
    expect(judged([replayed, ACCEPTED, answer(503)], ['token_replayed'], done)).toEqual({
      status: 503,
      code: 'http_503',
      verdict: 'unexpected',
    });
  });
});
