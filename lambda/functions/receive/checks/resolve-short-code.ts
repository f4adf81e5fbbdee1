import { capabilityOfScope } from '../../../contract/capabilities.ts';
import { type CallbackTokenClaims, SHORT_CODE_PATTERN } from '../../../contract/claims.ts';
import type { ExpectedBinding } from '../../../shared/callback-token/verify.ts';
import { orUnavailable } from '../../../shared/or-unavailable.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import { shortCodeLookupKey } from '../../../shared/tables/hashed-keys.ts';

/** The claims that were stored when a short code was issued. The token itself is not stored. */
export interface ResolvedShortCode {
  readonly claims: CallbackTokenClaims;
  readonly expected: ExpectedBinding;
}

/** Claims of short codes. Rejects if the store does not answer. */
export interface ShortCodeStore {
  /** Reads the claims of a short code. */
  findCode(lookupKey: string): Promise<CallbackTokenClaims | undefined>;
}

/** Step 2 for a short code: looks its claims up. Text that cannot be a short code costs no request. */
export const resolveShortCode = async (code: string, store: ShortCodeStore): Promise<ResolvedShortCode | Refusal> => {
  if (!SHORT_CODE_PATTERN.test(code)) return refuse('token_unknown', 'not the form of a short code');
  const claims = await orUnavailable('store', store.findCode(shortCodeLookupKey(code)));
  const capability = claims && capabilityOfScope(claims.scope);
  if (claims === undefined || capability === undefined) return refuse('token_unknown', 'no such short code');
  return { claims, expected: { carrier: 'short', capability, taskId: claims.res_id, path: claims.path } };
};
