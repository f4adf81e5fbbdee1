import type { Capability } from '../../contract/capabilities.ts';
import { CAPABILITIES, callbackAudience } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { CallbackTokenClaims } from '../../contract/claims.ts';
import {
  CALLBACK_TOKEN_ALGORITHMS,
  CALLBACK_TOKEN_TYPE,
  JTI_PATTERN,
  PROCESSOR_ROLE,
  REFUSED_HEADER_PARAMETERS,
} from '../../contract/claims.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../../contract/limits.ts';
import type { Processor, Registry } from '../../contract/registry.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type CompactToken, parseCompactToken } from './compact.ts';
import type { PublicKey } from './public-keys.ts';
import { isSignedBy } from './signature.ts';

/** What a callback token is presented for. */
export interface Presentation {
  readonly carrier: Carrier;
  readonly capability: Capability;
  readonly taskId: string;
  /** The request's path without a token segment; for a short code, the path it stands for. */
  readonly path: string;
}

/** A token that is what it says it is. */
export interface VerifiedToken {
  readonly claims: CallbackTokenClaims;
  readonly processor: Processor;
  /** Past `exp`: everything else about it holds, and only a repeat of its use may still be acknowledged. */
  readonly expired: boolean;
}

export interface TokenVerifier {
  /**
   * Steps 2 to 6 of the order of checks; the first that fails decides.
   * @param now seconds since 1970
   */
  verify(token: string, presented: Presentation, now: number): Promise<VerifiedToken | Refusal>;
  /** Steps 5 and 6 for claims that we wrote down ourselves: those of a short code. */
  verifyClaims(claims: CallbackTokenClaims, presented: Presentation, now: number): VerifiedToken | Refusal;
}

export interface TokenVerifierOptions {
  /** `iss` of our tokens. */
  readonly origin: string;
  readonly registry: Registry;
  /** The live public keys by `kid`; a rejection means that the key service does not answer. */
  readonly keys: () => Promise<ReadonlyMap<string, PublicKey>>;
}

export const createTokenVerifier = ({ origin, registry, keys }: TokenVerifierOptions): TokenVerifier => {
  const checkClaims = (claims: CallbackTokenClaims, presented: Presentation, now: number) => {
    const processor = checkBinding(claims, presented, origin, registry);
    return isRefusal(processor) ? processor : checkTimes(claims, processor, now);
  };
  return {
    verify: async (token, presented, now) => {
      const parsed = parseCompactToken(token);
      if (parsed === undefined) return refuse('token_malformed', 'not a canonical compact JWS of JSON objects');

      const headerRefusal = checkHeader(parsed.header);
      if (headerRefusal) return headerRefusal;
      let known: ReadonlyMap<string, PublicKey>;
      try {
        known = await keys();
      } catch (error) {
        return refuse('unavailable', `public keys: ${error instanceof Error ? error.name : 'no answer'}`);
      }
      // Only ever a look-up in a map of our own keys (RFC 8725 §3.10).
      const key = known.get(parsed.header.kid as string);
      if (key === undefined) return refuse('token_key_unknown', 'no live key has this kid');
      if (key.alg !== parsed.header.alg) return refuse('token_header_refused', 'alg is not the one of the key');

      if (!isSignedBy(key, parsed.signingInput, parsed.signature)) {
        return refuse('token_signature_invalid', 'the signature does not fit the key');
      }

      const claims = readClaims(parsed);
      if (claims === undefined) return refuse('token_malformed', 'a claim is missing or of another type');
      return checkClaims(claims, presented, now);
    },
    verifyClaims: checkClaims,
  };
};

/** Step 3, but for the key itself. */
const checkHeader = (header: CompactToken['header']): Refusal | undefined => {
  if (!(CALLBACK_TOKEN_ALGORITHMS as readonly unknown[]).includes(header.alg)) {
    return refuse('token_header_refused', 'alg is not on the allow-list');
  }
  if (header.typ !== CALLBACK_TOKEN_TYPE) return refuse('token_header_refused', 'typ is not that of a callback token');
  const brought = REFUSED_HEADER_PARAMETERS.find((name) => Object.hasOwn(header, name));
  if (brought !== undefined) return refuse('token_header_refused', `${brought} is not accepted`);
  if (typeof header.kid !== 'string') return refuse('token_header_refused', 'no kid');
  return undefined;
};

/** The claims whose type alone is checked first (step 5). A signature does not make a wrong type right. */
const readClaims = ({ claims }: CompactToken): CallbackTokenClaims | undefined => {
  const { exp, nbf, iat, jti, max_uses: maxUses, owner, cnf } = claims;
  const wellFormed =
    [exp, nbf, iat].every(Number.isSafeInteger) &&
    typeof jti === 'string' &&
    JTI_PATTERN.test(jti) &&
    Number.isSafeInteger(maxUses) &&
    (maxUses as number) >= 1 &&
    (owner === undefined || typeof owner === 'string') &&
    (cnf === undefined || (typeof cnf === 'object' && cnf !== null && !Array.isArray(cnf)));
  // The other claims are compared with values of the right type below, so a wrong type is a wrong value.
  return wellFormed ? (claims as unknown as CallbackTokenClaims) : undefined;
};

/** Step 5: who issued it, for whom, to whom, and for which one thing. */
const checkBinding = (
  claims: CallbackTokenClaims,
  presented: Presentation,
  origin: string,
  registry: Registry,
): Processor | Refusal => {
  const { capability, carrier, path, taskId } = presented;
  if (claims.iss !== origin) return refuse('token_issuer_invalid', 'iss is not ours');
  if (claims.aud !== callbackAudience(origin, capability)) {
    return refuse('token_audience_invalid', 'aud is not this route');
  }
  // hasOwn: a subject named like a member of Object.prototype is not in the registry.
  const processor =
    typeof claims.sub === 'string' && Object.hasOwn(registry, claims.sub) ? registry[claims.sub] : undefined;
  if (processor === undefined) return refuse('token_subject_invalid', 'sub is not in the registry');
  if (!Array.isArray(claims.roles) || !claims.roles.includes(PROCESSOR_ROLE)) {
    return refuse('token_role_missing', 'roles do not contain processor');
  }
  const { scope } = CAPABILITIES[capability];
  if (claims.scope !== scope) return refuse('token_scope_insufficient', 'scope is not that of the route', { scope });
  if (claims.path !== path) return refuse('token_path_mismatch', 'path is not that of the request');
  if (carrier !== 'header' && !processor.carriers.includes(carrier)) {
    return refuse('token_path_mismatch', `carrier ${carrier} is not one of the processor`);
  }
  if (claims.res_id !== taskId) return refuse('token_resource_mismatch', 'res_id is not the task of the path');
  return processor;
};

/** Step 6. Being expired does not decide yet: whatever else is wrong with the times does, as being expired. */
const checkTimes = (claims: CallbackTokenClaims, processor: Processor, now: number): VerifiedToken | Refusal => {
  const { exp, nbf, iat } = claims;
  const expired = now >= exp + CLOCK_TOLERANCE_SECONDS;
  const otherwise =
    nbf > now + CLOCK_TOLERANCE_SECONDS
      ? refuse('token_not_yet_valid', 'nbf is in the future')
      : iat > now + CLOCK_TOLERANCE_SECONDS
        ? refuse('token_issued_in_future', 'iat is in the future')
        : exp - iat > processor.maxExpiresIn
          ? refuse('token_lifetime_exceeded', 'exp − iat is above the maximum of the processor')
          : undefined;
  if (otherwise) return expired ? refuse('token_expired', `expired, and ${otherwise.reason}`) : otherwise;
  return { claims, processor, expired };
};
