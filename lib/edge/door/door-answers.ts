import type { DoorAnswer, DoorAnswerName } from '../../../lambda/contract/door-config.ts';
import { RATE_WINDOW_SECONDS } from '../../../lambda/contract/door-limits.ts';
import { RETRY_AFTER_SECONDS } from '../../../lambda/contract/limits.ts';
import { OUTCOMES, type OutcomeCode, problemType } from '../../../lambda/contract/outcomes.ts';
import { RESPONSE_BODIES } from '../web-acl-rules.ts';

/**
 * The door's own answers. Where a function has the same refusal, the door uses its code, and else the words of the web ACL.
 * @param origin of the gateway, which has the pages of the codes
 */
export const doorAnswers = (origin: string): Readonly<Record<DoorAnswerName, DoorAnswer>> => {
  const refusal = (code: OutcomeCode, headers: Readonly<Record<string, string>> = {}): DoorAnswer => {
    const { status, title } = OUTCOMES[code];
    return answer({ type: problemType(origin, code), title, status, code }, headers);
  };
  return {
    notFound: refusal('not_found'),
    unauthorized: refusal('access_token_invalid', { 'www-authenticate': 'Bearer error="invalid_token"' }),
    tooLarge: refusal('payload_too_large'),
    unavailable: refusal('unavailable', { 'retry-after': String(RETRY_AFTER_SECONDS) }),
    unreadable: uncoded(400, 'The request is not readable as HTTP.'),
    methodRefused: uncoded(405, 'The method is not accepted here.', { allow: 'GET, POST, PUT, DELETE' }),
    headersTooLarge: uncoded(431, 'The headers are larger than what is accepted here.'),
    slow: uncoded(408, 'The request did not come in time.'),
    forbidden: uncoded(RESPONSE_BODIES.forbidden.status, RESPONSE_BODIES.forbidden.title),
    refused: uncoded(RESPONSE_BODIES.refused.status, RESPONSE_BODIES.refused.title),
    tooLong: uncoded(RESPONSE_BODIES.tooLong.status, RESPONSE_BODIES.tooLong.title),
    tooMany: uncoded(RESPONSE_BODIES.tooMany.status, RESPONSE_BODIES.tooMany.title, {
      'retry-after': String(RATE_WINDOW_SECONDS),
    }),
  };
};

const uncoded = (status: number, title: string, headers: Readonly<Record<string, string>> = {}): DoorAnswer =>
  answer({ type: 'about:blank', title, status }, headers);

const answer = (problem: DoorAnswer['problem'], headers: Readonly<Record<string, string>>): DoorAnswer => ({
  status: problem.status,
  headers: {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  },
  problem,
});
