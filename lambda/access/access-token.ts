import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { CLOCK_TOLERANCE_SECONDS, MAX_ACCESS_TOKEN_CHARS } from '../contract/limits.ts';
import type { Refusal } from '../http/problem.ts';
import { RefusalError, refuse } from '../http/problem.ts';
import { describeError } from '../observe/journal.ts';
import { parseCompactToken } from '../token/compact.ts';
import { readBearerToken } from './authorization.ts';

/** What a route asks of an access token. */
export interface RequiredAccess {
  readonly scope: string;
  readonly role: string;
}

/** Who an accepted access token stands for. */
export interface Client {
  readonly clientId: string;
}

export interface AccessTokenVerifier {
  /**
   * @param authorization every `Authorization` line of the request
   * @returns the client, or why not: no token, a token that is not valid here, or one that may not do this
   */
  verify(authorization: readonly string[], required: RequiredAccess): Promise<Client | Refusal>;
}

/** How an identity provider writes its access tokens. */
export interface AccessTokenProfile {
  /** Compared without case, `application/` left off (RFC 7515 §4.1.9). */
  readonly type: string;
  readonly algorithms: readonly string[];
  /** The claim with the scopes, separated by spaces. */
  readonly scopeClaim: string;
  /** The claim with the roles, an array. */
  readonly rolesClaim: string;
  /** The claims that may name the client; the first that is there does. */
  readonly clientClaims: readonly string[];
}

/** Access tokens as RFC 9068 has them. Asymmetric algorithms only (RFC 8725 §3.1). */
export const RFC_9068: AccessTokenProfile = {
  type: 'at+jwt',
  algorithms: ['RS256', 'PS256', 'ES256'],
  scopeClaim: 'scope',
  rolesClaim: 'roles',
  clientClaims: ['client_id', 'azp', 'sub'],
};

export interface AccessTokenVerifierOptions {
  /** `iss`, exactly. */
  readonly issuer: string;
  /** `aud`, or one of its entries. */
  readonly audience: string;
  /** Longest `exp` − `iat`. */
  readonly maxLifetimeSeconds: number;
  readonly keys: JWTVerifyGetKey;
  readonly profile: AccessTokenProfile;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A verifier of access tokens that senders got from the identity provider. */
export const createAccessTokenVerifier = (options: AccessTokenVerifierOptions): AccessTokenVerifier => ({
  verify: async (authorization, required) => {
    const token = readBearerToken(authorization);
    if (typeof token !== 'string') return token;
    try {
      const claims = await verifyToken(token, options);
      return readClient(claims, options.profile, required);
    } catch (error) {
      if (error instanceof RefusalError) return error.refusal;
      return refuse('access_token_invalid', describeFault(error));
    }
  },
});

/** A fault of the token in words without its content; caught where every fault becomes `access_token_invalid`. */
class AccessTokenFault extends Error {}

const verifyToken = async (token: string, options: AccessTokenVerifierOptions): Promise<JWTPayload> => {
  const { audience, issuer, keys, maxLifetimeSeconds, profile } = options;
  if (parseCompactToken(token, MAX_ACCESS_TOKEN_CHARS) === undefined) {
    throw new AccessTokenFault('not a canonical compact JWS of JSON objects');
  }
  const now = Math.floor(options.now() / 1000);
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [...profile.algorithms],
    typ: profile.type,
    issuer,
    audience,
    requiredClaims: ['exp', 'iat'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now * 1000),
  });
  const { exp, iat } = payload as { exp: number; iat: number };
  if (iat > now + CLOCK_TOLERANCE_SECONDS) throw new AccessTokenFault('iat is in the future');
  if (exp - iat > maxLifetimeSeconds) throw new AccessTokenFault('exp − iat is above the maximum');
  return payload;
};

const readClient = (
  claims: JWTPayload,
  profile: AccessTokenProfile,
  { scope, role }: RequiredAccess,
): Client | Refusal => {
  const clientId = profile.clientClaims.map((name) => claims[name]).find(isNonEmptyString);
  if (clientId === undefined) return refuse('access_token_invalid', 'no claim names the client');
  const scopes = claims[profile.scopeClaim];
  if (typeof scopes !== 'string' || !scopes.split(' ').includes(scope)) {
    return refuse('access_token_insufficient', `scope ${scope} is missing`, { scope });
  }
  const roles = claims[profile.rolesClaim];
  if (!Array.isArray(roles) || !roles.includes(role)) {
    return refuse('access_token_insufficient', `role ${role} is missing`, { scope });
  }
  return { clientId };
};

const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== '';

const describeFault = (error: unknown): string => {
  if (error instanceof AccessTokenFault) return error.message;
  if (error instanceof errors.JWTClaimValidationFailed) return `${error.claim} is ${error.reason}`;
  return error instanceof errors.JOSEError ? error.code : describeError(error);
};
