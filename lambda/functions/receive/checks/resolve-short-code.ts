import { capabilityOfScope } from '../../../contract/capabilities.ts';
import { type CallbackTokenClaims, SHORT_CODE_PATTERN } from '../../../contract/claims.ts';
import type { Presentation } from '../../../shared/callback-token/verify.ts';
import { orUnavailable } from '../../../shared/or-unavailable.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import { codeKey } from '../../../shared/tables/hashed-keys.ts';
import type { CallbackStore } from '../store/callback-store.ts';

/** What a short code stands for: the claims that were written down when it was issued. The token is nowhere. */
export interface ResolvedCode {
  readonly claims: CallbackTokenClaims;
  readonly presented: Presentation;
}

/** Looks a short code up: one request, and none for what cannot be a code of ours. */
export const resolveCode = async (code: string, store: CallbackStore): Promise<ResolvedCode | Refusal> => {
  if (!SHORT_CODE_PATTERN.test(code)) return refuse('token_unknown', 'not the form of a short code');
  const claims = await orUnavailable('store', store.findCode(codeKey(code)));
  const capability = claims && capabilityOfScope(claims.scope);
  if (claims === undefined || capability === undefined) return refuse('token_unknown', 'no such short code');
  return { claims, presented: { carrier: 'short', capability, taskId: claims.res_id, path: claims.path } };
};
