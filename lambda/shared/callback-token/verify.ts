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
import type { VerificationKey, VerificationKeys } from '../signing-keys/verification-keys.ts';
import { type CompactToken, readCompactToken } from './compact.ts';
import { isSignedBy } from './signature.ts';

/** The one use that a token must be bound to: the use that the request asks for. */
export interface ExpectedBinding {
  readonly carrier: Carrier;
  readonly capability: Capability;
  readonly taskId: string;
  /** The request's path without a token segment; for a short code, the path in the code's claims. */
  readonly path: string;
}

/** A genuine token that is bound to this use. */
export interface VerifiedToken {
  readonly claims: CallbackTokenClaims;
  readonly processor: Processor;
  /** Past `exp`. Everything else holds; only a repeat of its use may still be acknowledged. */
  readonly expired: boolean;
}

export interface TokenVerifier {
  /** Begins to read the keys again if they are old, for a `verify` that follows. */
  refreshKeys(): void;
  /**
   * Steps 2 to 6 of the order of checks; the first that fails decides.
   * @param now seconds since 1970
   */
  verify(token: string, expected: ExpectedBinding, now: number): Promise<VerifiedToken | Refusal>;
  /** Steps 5 and 6 for claims that we stored ourselves: those of a short code. */
  verifyClaims(claims: CallbackTokenClaims, expected: ExpectedBinding, now: number): VerifiedToken | Refusal;
}

export interface TokenVerifierOptions {
  /** `iss` of our tokens. */
  readonly origin: string;
  readonly registry: Registry;
  readonly keys: VerificationKeys;
}

export const createTokenVerifier = ({ origin, registry, keys }: TokenVerifierOptions): TokenVerifier => {
  const verifyClaims = (claims: CallbackTokenClaims, expected: ExpectedBinding, now: number) => {
    const processor = checkBinding(claims, expected, origin, registry);
    return isRefusal(processor) ? processor : checkTimes(claims, processor, now);
  };
  return {
    refreshKeys: keys.refresh,
    verify: async (token, expected, now) => {
      const parts = readCompactToken(token);
      if (isRefusal(parts)) return parts;
      const kid = readKeyId(parts.header);
      if (isRefusal(kid)) return kid;
      const key = await keys.find(kid, now);
      if (isRefusal(key)) return key;
      if (key.alg !== parts.header.alg) return refuse('token_header_refused', 'alg is not the one of the key');

      if (!isSignedBy(key, parts.signingInput, parts.signature)) {
        return refuse('token_signature_invalid', 'the signature does not fit the key');
      }
      const { claims } = parts;
      if (!hasClaimTypes(claims)) return refuse('token_malformed', 'a claim is missing or of another type');
      const verified = verifyClaims(claims, expected, now);
      return isRefusal(verified) ? verified : checkSigningTime(verified, key);
    },
    verifyClaims,
  };
};

/** Step 3, except for the key itself. @returns `kid` */
const readKeyId = (header: CompactToken['header']): string | Refusal => {
  if (!(CALLBACK_TOKEN_ALGORITHMS as readonly unknown[]).includes(header.alg)) {
    return refuse('token_header_refused', 'alg is not on the allow-list');
  }
  if (header.typ !== CALLBACK_TOKEN_TYPE) return refuse('token_header_refused', 'typ is not that of a callback token');
  const forbiddenParameter = REFUSED_HEADER_PARAMETERS.find((name) => Object.hasOwn(header, name));
  if (forbiddenParameter !== undefined) {
    return refuse('token_header_refused', `${forbiddenParameter} is not accepted`);
  }
  return typeof header.kid === 'string' ? header.kid : refuse('token_header_refused', 'no kid');
};

/**
 * Step 5: the types of claims whose value is not compared below; a valid signature does not make a wrong type right. The
 * other claims are compared with values of the right type in `checkBinding`, so a wrong type is a wrong value.
 */
const hasClaimTypes = (claims: CompactToken['claims']): claims is CompactToken['claims'] & CallbackTokenClaims => {
  const { exp, nbf, iat, jti, max_uses: maxUses, owner, cnf } = claims;
  return (
    [exp, nbf, iat].every(Number.isSafeInteger) &&
    typeof jti === 'string' &&
    JTI_PATTERN.test(jti) &&
    typeof maxUses === 'number' &&
    Number.isSafeInteger(maxUses) &&
    maxUses >= 1 &&
    (owner === undefined || typeof owner === 'string') &&
    (cnf === undefined || (typeof cnf === 'object' && cnf !== null && !Array.isArray(cnf)))
  );
};

/** Step 5: issuer, audience, subject, role, and the one use that the token allows. */
const checkBinding = (
  claims: CallbackTokenClaims,
  expected: ExpectedBinding,
  origin: string,
  registry: Registry,
): Processor | Refusal => {
  const { capability, path, taskId, carrier } = expected;
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

/** Step 6, the end: a stolen key must not sign for another time than its own. */
const checkSigningTime = (verified: VerifiedToken, key: VerificationKey): VerifiedToken | Refusal => {
  if (key.maySignAt(verified.claims.iat)) return verified;
  const reason = 'iat is outside the time in which the key signs';
  return verified.expired
    ? refuse('token_expired', `expired, and ${reason}`)
    : refuse('token_signature_invalid', reason);
};

/**
 * Step 6. An expired token is returned with `expired: true`, so that a repeat can be acknowledged. If another time claim is
 * invalid too, the token is refused as expired.
 */
const checkTimes = (claims: CallbackTokenClaims, processor: Processor, now: number): VerifiedToken | Refusal => {
  const expired = now >= claims.exp + CLOCK_TOLERANCE_SECONDS;
  const refusal = checkStartAndLifetime(claims, processor, now);
  if (refusal === undefined) return { claims, processor, expired };
  return expired ? refuse('token_expired', `expired, and ${refusal.reason}`) : refusal;
};

const checkStartAndLifetime = (
  { exp, iat, nbf }: CallbackTokenClaims,
  { maxExpiresIn }: Processor,
  now: number,
): Refusal | undefined => {
  if (nbf > now + CLOCK_TOLERANCE_SECONDS) return refuse('token_not_yet_valid', 'nbf is in the future');
  if (iat > now + CLOCK_TOLERANCE_SECONDS) return refuse('token_issued_in_future', 'iat is in the future');
  if (exp - iat > maxExpiresIn) {
    return refuse('token_lifetime_exceeded', 'exp − iat is above the maximum of the processor');
  }
  return undefined;
};
