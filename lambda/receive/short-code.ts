import { capabilityOfScope } from '../contract/capabilities.ts';
import { type CallbackTokenClaims, SHORT_CODE_PATTERN } from '../contract/claims.ts';
import { whenAvailable } from '../dependency/available.ts';
import type { Refusal } from '../http/problem.ts';
import { refuse } from '../http/problem.ts';
import { codeKey } from '../storage/hashed-keys.ts';
import type { Presentation } from '../token/verify.ts';
import type { CallbackStore } from './store.ts';

/** What a short code stands for: the claims that were written down when it was issued. The token is nowhere. */
export interface ResolvedCode {
  readonly claims: CallbackTokenClaims;
  readonly presented: Presentation;
}

/** Looks a short code up: one request, and none for what cannot be a code of ours. */
export const resolveCode = async (code: string, store: CallbackStore): Promise<ResolvedCode | Refusal> => {
  if (!SHORT_CODE_PATTERN.test(code)) return refuse('token_unknown', 'not the form of a short code');
  const claims = await whenAvailable('store', store.findCode(codeKey(code)));
  const capability = claims && capabilityOfScope(claims.scope);
  if (claims === undefined || capability === undefined) return refuse('token_unknown', 'no such short code');
  return { claims, presented: { carrier: 'short', capability, taskId: claims.res_id, path: claims.path } };
};
