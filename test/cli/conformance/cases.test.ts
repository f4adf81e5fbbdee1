import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Agreement, Judgement } from '../../../cli/conformance/case.ts';
import { CASES } from '../../../cli/conformance/cases.ts';
import type { Exchange } from '../../../cli/conformance/gateway/exchange.ts';
import { gradeRun } from '../../../cli/conformance/grade.ts';
import { searchOutput } from '../../../cli/conformance/search-output.ts';
import { DEFAULT_WAITS } from '../../../cli/conformance/waits.ts';
import {
  CONFORMANCE_CASES,
  CONFORMANCE_PARALLEL,
  CONFORMANCE_SECONDS,
  type ConformanceCaseId,
} from '../../../lambda/contract/conformance.ts';

const read = (page: string) => readFileSync(fileURLToPath(new URL(`../../../${page}`, import.meta.url)), 'utf8');

/** As GitHub makes it from a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');

/** A delivery of a result that was answered, in seconds after the start. */
const exchange = (
  seconds: number,
  answer: Partial<Exchange['answer']>,
  overrides: Partial<Exchange> = {},
): Exchange => ({
  place: 'callback',
  capability: 'result',
  method: 'POST',
  target: '/v1/results/task',
  host: '127.0.0.1:8090',
  headers: [['content-type', 'text/plain']],
  body: Buffer.from('page 1'),
  length: 'exact',
  at: seconds * 1_000,
  answeredAt: seconds * 1_000,
  answer: { isPlanned: false, isRepeat: false, hasNonce: false, ...answer },
  ...overrides,
});

const ACCEPTED = { status: 200 } as const;
const PLANNED_503 = { status: 503, code: 'unavailable', isPlanned: true, retryAfter: 5 } as const;

const judge = (
  id: ConformanceCaseId,
  exchanges: readonly Exchange[],
  proof: Agreement['proof'] = { kind: 'none' },
): Judgement | undefined =>
  CASES.find((each) => each.id === id)?.judge({
    task: {
      exchanges,
      callbacks: {
        result: {
          method: 'POST',
          url: 'http://127.0.0.1:8090/v1/results/task',
          token: 'token',
          expiresAt: '2026-01-08T12:00:00.000Z',
        },
      },
    },
    agreement: { carrier: 'header', contentTypes: ['text/plain'], proof, upload: false, logs: false },
    waits: DEFAULT_WAITS,
    startedAt: 0,
  });

describe('a case', () => {
  it('is there for each id, in its order', () => {
    expect(CASES.map(({ id }) => id)).toEqual(CONFORMANCE_CASES);
  });

  it.each(CASES)('$id names a heading and an anchor of a page for processors', ({ rule }) => {
    const [page = '', anchor] = rule.page.split('#');
    const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toContain(rule.heading);
    expect(anchorOf(rule.heading)).toBe(anchor);
  });

  it.each(CASES)('$id says why it matters, and what the kit does', ({ does, why }) => {
    expect(why).toMatch(/\.$/);
    expect(does).toMatch(/\.$/);
  });

  it('waits for the work before it says that nothing came', () => {
    expect(judge('retry-503', [])).toMatchObject({ verdict: 'open', until: 60_000, otherwise: { verdict: 'failed' } });
  });

  it('waits for the next attempt until Retry-After and the wait for a retry are over', () => {
    expect(judge('retry-503', [exchange(1, PLANNED_503)])).toMatchObject({
      verdict: 'open',
      until: 66_000,
      otherwise: { verdict: 'failed' },
    });
  });

  it.each([
    [5.899, 'failed'],
    [5.9, 'passed'],
    [6, 'passed'],
  ])('retry-after judges an attempt after %d s at a Retry-After of 5 s from second 1: %s', (seconds, verdict) => {
    expect(judge('retry-after', [exchange(1, PLANNED_503), exchange(seconds, ACCEPTED)])).toMatchObject({ verdict });
  });

  it('judges a processor that must stop after the quiet time', () => {
    const refusal = exchange(1, { status: 409, code: 'task_closed' });
    expect(judge('stop-409', [refusal])).toMatchObject({ until: 11_000, otherwise: { verdict: 'passed' } });
    expect(judge('stop-409', [refusal, exchange(2, { status: 409, code: 'task_closed' })])).toMatchObject({
      verdict: 'failed',
    });
  });

  it('lets a processor report the failure once after a refusal, and not twice', () => {
    const refusal = exchange(1, { status: 401, code: 'token_revoked' });
    const failure = (seconds: number) =>
      exchange(seconds, { status: 401, code: 'token_revoked' }, { capability: 'failure' });
    expect(judge('stop-401', [refusal, failure(2)])).toMatchObject({ verdict: 'open' });
    expect(judge('stop-401', [refusal, failure(2), failure(3)])).toMatchObject({ verdict: 'failed' });
  });

  it.each([
    [1.999, 'open'],
    [2, 'failed'],
  ])('fresh-proof judges an equal time in whole seconds, of attempts in second 1 and %d: %s', (seconds, verdict) => {
    const headers = [
      ['webhook-id', 'msg_1'],
      ['webhook-timestamp', '1767873600'],
    ] as const;
    const attempts = [1, seconds].map((at) => exchange(at, PLANNED_503, { headers }));
    expect(judge('fresh-proof', attempts, { kind: 'standard_webhooks', secretName: 'secret' })).toMatchObject({
      verdict,
    });
  });

  it('fails if the gateway refuses the delivery for a reason that the case did not plan', () => {
    const refusal = exchange(1, { status: 401, code: 'token_missing', detail: 'Authorization did not come' });
    expect(judge('retry-503', [refusal])).toMatchObject({
      until: 11_000,
      otherwise: { verdict: 'failed', seen: 'The delivery got 401 token_missing: Authorization did not come.' },
    });
  });
});

describe('the limits of the kit', () => {
  it('are those that the page says', () => {
    expect(CONFORMANCE_SECONDS).toEqual({
      delivery: { min: 1, default: 60, max: 86_400 },
      retry: { min: 1, default: 60, max: 86_400 },
      quiet: { min: 1, default: 10, max: 3_600 },
      retryAfter: { min: 1, default: 5, max: 300 },
    });
    expect(CONFORMANCE_PARALLEL).toEqual({ min: 1, default: 4, max: 21 });
  });
});

describe('the grade', () => {
  it.each([
    ['is that of the contract if nothing failed', 'header', 'dpop', 5, [], 'A'],
    ['is one lower for a failed case', 'header', 'dpop', 5, ['retry-503'], 'B'],
    ['is one lower for each failed case', 'header', 'dpop', 5, ['retry-503', 'stop-401'], 'C'],
    ['is never below D', 'header', 'none', 5, ['retry-503', 'stop-401', 'length'], 'D'],
    ['is D if a redirect was followed', 'header', 'dpop', 5, ['no-redirect'], 'D'],
    ['is D if the output has a token', 'header', 'dpop', 5, ['no-token-in-output'], 'D'],
    ['is D if no case passed', 'header', 'dpop', 0, [], 'D'],
    ['is D for a token in the URL', 'path', 'none', 5, [], 'D'],
  ] as const)('%s', (_, carrier, proof, passed, failed, grade) => {
    expect(gradeRun({ carrier, proof, passed, failed })).toBe(grade);
  });
});

describe('the search of the output', () => {
  const cases = [{ id: 'method', secrets: ['c2lnbmF0dXJl'] }] as const;

  it.each([
    ['as it is', 'sent eyJ.eyJ.c2lnbmF0dXJl to'],
    ['over two lines', 'sent eyJ.eyJ.c2lnbm\n  F0dXJl to'],
    ['in UTF-16', [...'c2lnbmF0dXJl'].join('\0')],
  ])('finds a token %s, and does not repeat it', (_, output) => {
    const found = searchOutput(output, cases);
    expect(found).toMatchObject({ verdict: 'failed' });
    expect(JSON.stringify(found)).not.toContain('c2lnbmF0dXJl');
  });

  it('passes output without one', () => {
    expect(searchOutput('delivered: 200', cases)).toMatchObject({ verdict: 'passed' });
  });
});
