import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../lambda/contract/metrics.ts';
import { OUTCOMES, type OutcomeCode, problemType } from '../../../lambda/contract/outcomes.ts';
import { REMEDIES } from '../../../lambda/contract/remedies.ts';
import { problemResponse } from '../../../lambda/shared/http/problem.ts';
import { refuse } from '../../../lambda/shared/refusal.ts';

const ORIGIN = 'https://callbacks.example.com';
const codes = Object.keys(OUTCOMES) as OutcomeCode[];

describe.each(codes)('outcome %s', (code) => {
  const { status, title, oauthError, metric }: (typeof OUTCOMES)[OutcomeCode] = OUTCOMES[code];
  const answer = problemResponse(refuse(code, 'a private reason'), ORIGIN, 'request-1');
  const problem = JSON.parse(String(answer.body));

  test('H2 is a problem document that says nothing private', () => {
    expect(problem).toEqual({ type: problemType(ORIGIN, code), title, status, code, requestId: 'request-1' });
    expect(answer.headers['Content-Type']).toBe('application/problem+json');
    expect(JSON.stringify(answer)).not.toContain('private');
    expect(REMEDIES[code]).not.toBe('');
  });

  test('H1 has a challenge for 401, 403 and OAuth errors, with a code only after credentials', () => {
    const challenge = answer.headers['WWW-Authenticate'];
    if (status !== 401 && status !== 403 && oauthError === null) expect(challenge).toBeUndefined();
    else expect(challenge).toBe(`Bearer realm="${ORIGIN}"${oauthError === null ? '' : `, error="${oauthError}"`}`);
  });

  test('H4 has Retry-After if and only if it is 429 or 503', () => {
    expect(answer.headers['Retry-After'] !== undefined).toBe(status === 429 || status === 503);
  });

  test('counts as a metric that exists', () => {
    if (metric !== null) expect(Object.keys(METRICS)).toContain(metric);
  });
});

test('counts a refused callback with a challenge as TokenRefused, except replays and late ones', () => {
  for (const code of codes) {
    const { status, metric } = OUTCOMES[code];
    if (metric === null || code === 'token_replayed' || code === 'token_expired') continue;
    if (status === 401 || status === 403 || code === 'token_ambiguous')
      expect([code, metric]).toEqual([code, 'TokenRefused']);
    else if (status < 500) expect([code, metric]).toEqual([code, 'CallbackRefused']);
  }
});
