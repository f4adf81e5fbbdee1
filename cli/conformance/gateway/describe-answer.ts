import { isOutcomeCode } from '../../../lambda/contract/outcomes.ts';
import type { Answer } from './exchange.ts';
import type { FrontAnswer } from './front-answers.ts';

/** Returns what judges need of an answer. */
export const describeAnswer = (reply: FrontAnswer | undefined, isPlanned: boolean): Answer => {
  if (reply === undefined) return { isPlanned, isRepeat: false, hasNonce: false };
  const { body, headers, status } = reply;
  const problem = headers['Content-Type'] === 'application/problem+json' ? readProblem(body) : {};
  const retryAfter = headers['Retry-After'];
  return {
    status,
    isPlanned,
    isRepeat: headers['Idempotency-Replayed'] === 'true',
    hasNonce: headers['DPoP-Nonce'] !== undefined,
    ...problem,
    ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }),
  };
};

interface ProblemDocument {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly errors?: readonly { readonly pointer?: string; readonly detail?: string; readonly message?: string }[];
}

/** Reads a problem document that the receiver made. */
const readProblem = (body: string): Pick<Answer, 'code' | 'detail'> => {
  const { code, detail, errors = [] } = JSON.parse(body) as ProblemDocument;
  const details = errors.map((error) => `${error.pointer || 'the body'} ${error.detail ?? error.message ?? ''}`.trim());
  const text = typeof detail === 'string' ? detail : details.join('; ');
  return {
    ...(typeof code === 'string' && isOutcomeCode(code) && { code }),
    ...(text !== '' && { detail: text }),
  };
};
