import { expect } from 'vitest';
import { OUTCOMES, type OutcomeCode } from '../../lambda/contract/outcomes.ts';
import type { Delivered } from './delivered.ts';
import { ORIGIN } from './tokens.ts';

/** A challenge other than `Bearer` with the outcome's own error. */
interface ExpectedChallenge {
  readonly scheme: string;
  readonly error?: string;
}

interface PosternMatchers<R = unknown> {
  /**
   * Passes if the response is this refusal: status, problem details, challenge, headers.
   * @param challenge `null`: the response has no challenge
   */
  toBeRefusedWith(code: OutcomeCode, challenge?: ExpectedChallenge | null): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the signature must equal vitest's own to extend it
  interface Matchers<T = any> extends PosternMatchers<T> {}
}

expect.extend({
  toBeRefusedWith(received: Delivered, code: OutcomeCode, expectedChallenge?: ExpectedChallenge | null) {
    const { status, title, oauthError } = OUTCOMES[code];
    const { scheme, error } = expectedChallenge ?? { scheme: 'Bearer', error: oauthError };
    const problem = received.json as Record<string, unknown>;
    const challenge = received.headers['WWW-Authenticate'];
    const wanted =
      expectedChallenge !== null && (status === 401 || status === 403 || oauthError !== null)
        ? `${scheme} realm="${ORIGIN}"${error ? `, error="${error}"` : ''}`
        : undefined;
    const expected = {
      status,
      'problem.code': code,
      'problem.status': status,
      'problem.title': title,
      'problem.type': `${ORIGIN}/problems/${code}`,
      'problem.requestId': received.headers['X-Request-Id'],
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'WWW-Authenticate': wanted,
    };
    const actual = {
      status: received.status,
      'problem.code': problem?.code,
      'problem.status': problem?.status,
      'problem.title': problem?.title,
      'problem.type': problem?.type,
      'problem.requestId': problem?.requestId,
      'Content-Type': received.headers['Content-Type'],
      'Cache-Control': received.headers['Cache-Control'],
      'X-Content-Type-Options': received.headers['X-Content-Type-Options'],
      'WWW-Authenticate': wanted === undefined ? challenge : challenge?.slice(0, wanted.length),
    };
    return {
      pass: this.equals(actual, expected),
      message: () => `expected a refusal with ${code}\n${this.utils.diff(expected, actual) ?? ''}`,
      actual,
      expected,
    };
  },
});
