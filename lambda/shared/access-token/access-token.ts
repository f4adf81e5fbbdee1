import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { AccessTokenProfile } from '../../contract/access-token-profile.ts';
import { CLOCK_TOLERANCE_SECONDS, MAX_ACCESS_TOKEN_CHARS } from '../../contract/limits.ts';
import { parseCompactToken } from '../callback-token/compact.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { describeError, isRefusal, isRefusalError, type Refusal, refuse } from '../refusal.ts';
import { readBearerToken } from './authorization.ts';
import { wordsAt } from './claim-values.ts';
import type { AccessTokenUses } from './one-time.ts';

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
  /**
   * For whoever is asked who they are and nothing else: neither scope nor role is looked at.
   * @param token one access token
   * @param clientId the client that it must stand for
   */
  identify(token: string, clientId: string): Promise<Client | Refusal>;
}

/** Reads what an access token says, for code that decides by its claims. */
export interface AccessTokenReader {
  /** @returns the claims of a token that is valid here, or why it is not */
  read(token: string): Promise<{ readonly claims: JWTPayload } | Refusal>;
}

export interface AccessTokenVerifierOptions {
  /** `iss`, exactly. */
  readonly issuer: string;
  /** The gateway's origin: `aud`, or one of its entries, unless the profile names another audience. */
  readonly audience: string;
  /** Longest `exp` − `iat`. */
  readonly maxLifetimeSeconds: number;
  readonly keys: JWTVerifyGetKey;
  readonly profile: AccessTokenProfile;
  /** Where each token is accepted once: what remembers them. `null`: as often as it comes. */
  readonly oneTime: AccessTokenUses | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * A verifier of access tokens that clients got from the identity provider. A token that is accepted once is used up
 * when it has been found good for what was asked, before the request itself is looked at: whatever becomes of the request, the
 * next one needs a new token.
 */
export const createAccessTokenVerifier = (
  options: AccessTokenVerifierOptions,
): AccessTokenVerifier & AccessTokenReader => {
  const admit = async <T extends object>(
    token: string,
    readAs: (claims: JWTPayload) => T | Refusal,
  ): Promise<T | Refusal> => {
    try {
      const claims = await verifyToken(token, options);
      const client = readAs(claims);
      if (!isRefusal(client) && options.oneTime !== null) await useOnce(claims, options.profile, options.oneTime);
      return client;
    } catch (error) {
      if (isRefusalError(error)) return error.refusal;
      return refuse('access_token_invalid', describeFault(error));
    }
  };
  return {
    verify: async (authorization, required) => {
      const token = readBearerToken(authorization);
      if (typeof token !== 'string') return token;
      return admit(token, (claims) => readClient(claims, options.profile, required));
    },
    read: (token) => admit(token, (claims) => ({ claims })),
    identify: (token, clientId) =>
      admit(token, (claims) =>
        readClientId(claims, options.profile) === clientId
          ? { clientId }
          : refuse('access_token_invalid', 'it stands for another client'),
      ),
  };
};

/** A fault of the token in words without its content; caught where every fault becomes `access_token_invalid`. */
class AccessTokenFault extends Error {}

const verifyToken = async (token: string, options: AccessTokenVerifierOptions): Promise<JWTPayload> => {
  const { issuer, keys, maxLifetimeSeconds, profile } = options;
  const parsed = parseCompactToken(token, MAX_ACCESS_TOKEN_CHARS);
  if (parsed === undefined) throw new AccessTokenFault('not a canonical compact JWS of JSON objects');
  if (!isAcceptedType(parsed.header.typ, profile)) throw new AccessTokenFault('typ is not that of an access token');
  const now = Math.floor(options.now() / 1000);
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [...profile.algorithms],
    issuer,
    ...(profile.audience === null && { audience: options.audience }),
    requiredClaims: ['exp', 'iat'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now * 1000),
  });
  // RFC 9449 §7.2, RFC 8705 §3: nobody here asks for the proof, and without it the token is not its bearer's.
  if (payload.cnf !== undefined) throw new AccessTokenFault('it is bound to a key, and came as a bearer token');
  checkProfile(payload, profile);
  const { exp, iat } = payload as { exp: number; iat: number };
  if (iat > now + CLOCK_TOLERANCE_SECONDS) throw new AccessTokenFault('iat is in the future');
  if (exp - iat > maxLifetimeSeconds) throw new AccessTokenFault('exp − iat is above the maximum');
  return payload;
};

const isAcceptedType = (type: unknown, { types }: AccessTokenProfile): boolean =>
  type === undefined
    ? types.includes(null)
    : typeof type === 'string' && types.includes(type.toLowerCase().replace(/^application\//, ''));

/** What the provider's tokens say in their own way: what kind they are, and for whom. */
const checkProfile = (claims: JWTPayload, { audience, required }: AccessTokenProfile): void => {
  const missing = Object.entries(required).find(([name, value]) => claims[name] !== value);
  if (missing !== undefined) throw new AccessTokenFault(`${missing[0]} is not that of an access token`);
  if (audience === null) return;
  const value = claims[audience.claim];
  const named = Array.isArray(value) ? value : [value];
  if (!named.some((one) => audience.accepted.includes(one))) {
    throw new AccessTokenFault(`${audience.claim} is none of those accepted`);
  }
};

const readClientId = (claims: JWTPayload, { clientIds }: AccessTokenProfile): string | undefined =>
  clientIds.map((name) => claims[name]).find(isNonEmptyString);

const readClient = (
  claims: JWTPayload,
  profile: AccessTokenProfile,
  { scope, role }: RequiredAccess,
): Client | Refusal => {
  const clientId = readClientId(claims, profile);
  if (clientId === undefined) return refuse('access_token_invalid', 'no claim names the client');
  const scopes = profile.scopes
    .flatMap((place) => wordsAt(claims, place))
    .filter((word) => word.startsWith(profile.scopePrefix))
    .map((word) => word.slice(profile.scopePrefix.length));
  if (!scopes.includes(scope)) return refuse('access_token_insufficient', `scope ${scope} is missing`, { scope });
  const roles = profile.roles.flatMap((place) => (place === 'scopes' ? scopes : wordsAt(claims, place)));
  if (!roles.includes(role)) return refuse('access_token_insufficient', `role ${role} is missing`, { scope });
  return { clientId };
};

const useOnce = async (claims: JWTPayload, { tokenId }: AccessTokenProfile, uses: AccessTokenUses): Promise<void> => {
  const id = claims[tokenId];
  if (!isNonEmptyString(id)) throw new AccessTokenFault(`${tokenId} is missing`);
  const { exp, iss } = claims as { exp: number; iss: string };
  // It is accepted until its `exp` and the tolerance are over, and must be remembered as long.
  const expiresAt = Math.ceil(exp) + CLOCK_TOLERANCE_SECONDS;
  const first = await orUnavailable('lookups table', uses.record(iss, id, expiresAt));
  if (!first) throw new AccessTokenFault('used before');
};

const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== '';

const describeFault = (error: unknown): string => {
  if (error instanceof AccessTokenFault) return error.message;
  if (error instanceof errors.JWTClaimValidationFailed) return `${error.claim} is ${error.reason}`;
  return error instanceof errors.JOSEError ? error.code : describeError(error);
};
