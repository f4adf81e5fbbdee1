import type { KeyObject } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { AccessTokenProfile } from '../../contract/access-token-profile.ts';
import { CLOCK_TOLERANCE_SECONDS, MAX_ACCESS_TOKEN_CHARS } from '../../contract/limits.ts';
import { type CompactToken, readCompactToken } from '../callback-token/compact.ts';
import { describeError, isRefusal, type Refusal, refuse } from '../refusal.ts';
import { readBearerToken } from './authorization.ts';
import { readStringList, readText } from './claim-values.ts';
import type { FindIdentityProviderKey } from './identity-provider-keys.ts';
import { findAlgorithm } from './jws-algorithms.ts';
import { KEY_FAULTS } from './key-faults.ts';
import type { AccessTokenUses } from './one-time.ts';

/** The scope and role that a route requires. */
export interface RequiredAccess {
  readonly scope: string;
  readonly role: string;
}

/** The client of an accepted access token. */
export interface Client {
  readonly clientId: string;
}

/** The person or client that an access token was issued to. */
export interface TokenHolder {
  /** `sub`, or the client id if the token has no `sub`. */
  readonly subject: string;
  readonly issuer: string;
  /** Roles by the names of the identity provider. */
  readonly roles: readonly string[];
}

export interface AccessTokenVerifier {
  /**
   * @param authorization every `Authorization` line of the request
   * @returns the client, or a refusal: no token, a token that is not valid here, or one without the scope or role
   */
  verify(authorization: readonly string[], required: RequiredAccess): Promise<Client | Refusal>;
  /**
   * Checks the scope only, and returns what the token says about its holder, for code that decides by roles.
   * @param authorization every `Authorization` line of the request
   */
  authenticate(authorization: readonly string[], scope: string): Promise<TokenHolder | Refusal>;
  /**
   * Checks only which client a token was issued to, neither scope nor role.
   * @param token one access token
   * @param clientId the client that the token must name
   */
  identify(token: string, clientId: string): Promise<Client | Refusal>;
}

/** Reads the claims of an access token, for code that decides by them. */
export interface AccessTokenReader {
  read(token: string): Promise<VerifiedAccessToken | Refusal>;
}

/** A token that is valid here. */
export interface VerifiedAccessToken {
  readonly claims: JWTPayload;
}

export interface AccessTokenVerifierOptions {
  /** Exact value of `iss`. */
  readonly issuer: string;
  /** The gateway's origin: `aud`, or one of its entries, unless the profile names another audience. */
  readonly audience: string;
  /** Longest `exp` − `iat`, in seconds. */
  readonly maxLifetimeSeconds: number;
  readonly keys: FindIdentityProviderKey;
  readonly profile: AccessTokenProfile;
  /** Record of used tokens, where each token is accepted once. `null`: tokens may be used many times. */
  readonly oneTime: AccessTokenUses | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Creates a verifier of access tokens that clients got from the identity provider. A one-time token is used up as soon as
 * it has the required access, before the request itself is checked. Even if that request is refused, the next one needs a
 * new token.
 */
export const createAccessTokenVerifier = (
  options: AccessTokenVerifierOptions,
): AccessTokenVerifier & AccessTokenReader => {
  const { oneTime, profile } = options;

  /** Verifies a token, reads its claims, and uses it up if both succeed. */
  const accept = async <T extends object>(
    token: string,
    readAs: (claims: JWTPayload) => T | Refusal,
  ): Promise<T | Refusal> => {
    const verified = await verifyToken(token, options);
    if (isRefusal(verified)) return verified;
    const result = readAs(verified.claims);
    if (isRefusal(result) || oneTime === null) return result;
    return (await useOnce(verified.claims, profile, oneTime)) ?? result;
  };
  return {
    verify: async (authorization, required) => {
      const token = readBearerToken(authorization);
      if (isRefusal(token)) return token;
      return accept(token, (claims) => readClient(claims, profile, required));
    },
    authenticate: async (authorization, scope) => {
      const token = readBearerToken(authorization);
      if (isRefusal(token)) return token;
      return accept(token, (claims) => readHolder(claims, profile, scope));
    },
    read: (token) => accept(token, (claims) => ({ claims })),
    identify: (token, clientId) =>
      accept(token, (claims) =>
        readClientId(claims, profile) === clientId ? { clientId } : invalid('it stands for another client'),
      ),
  };
};

/** @param reason in words without the token's content */
const invalid = (reason: string): Refusal => refuse('access_token_invalid', reason);

const verifyToken = async (
  token: string,
  options: AccessTokenVerifierOptions,
): Promise<VerifiedAccessToken | Refusal> => {
  const parts = readCompactToken(token, MAX_ACCESS_TOKEN_CHARS, 'access_token_invalid');
  if (isRefusal(parts)) return parts;
  if (!isAcceptedType(parts.header.typ, options.profile)) return invalid('typ is not that of an access token');
  const key = await findKey(parts.header, options);
  if (isRefusal(key)) return key;
  if (!isSigned(parts, key)) return invalid(KEY_FAULTS.signature);
  const { claims } = parts;
  return checkClaims(claims, options, Math.floor(options.now() / 1000)) ?? { claims };
};

/** Checks the header, and returns the key that it names. No parameter that a token makes critical is known here. */
const findKey = async (
  { alg, crit, kid }: CompactToken['header'],
  { keys, profile }: AccessTokenVerifierOptions,
): Promise<KeyObject | Refusal> => {
  if (typeof alg !== 'string' || !profile.algorithms.includes(alg)) return invalid('alg is not on the allow-list');
  // RFC 7515 §4.1.11
  if (crit !== undefined) return invalid('crit is not accepted');
  return keys({ alg, kid });
};

/** Malformed signatures are false. */
const isSigned = ({ header, signature, signingInput }: CompactToken, key: KeyObject): boolean => {
  try {
    return findAlgorithm(header.alg)?.isSigned(signingInput, key, signature) ?? false;
  } catch {
    return false;
  }
};

const isAcceptedType = (type: unknown, { types }: AccessTokenProfile): boolean =>
  type === undefined
    ? types.includes(null)
    : typeof type === 'string' && types.includes(type.toLowerCase().replace(/^application\//, ''));

const checkClaims = (claims: JWTPayload, options: AccessTokenVerifierOptions, now: number): Refusal | undefined => {
  const { aud, cnf, iss } = claims;
  if (iss !== options.issuer) return invalid('iss is not that of the identity provider');
  if (options.profile.audience === null && ![aud].flat().includes(options.audience)) {
    return invalid('aud is not this gateway');
  }
  // RFC 9449 §7.2, RFC 8705 §3: a bound token needs a proof of possession, and none is checked here.
  if (cnf !== undefined) return invalid('it is bound to a key, and came as a bearer token');
  return checkProfile(claims, options.profile) ?? checkTimes(claims, options.maxLifetimeSeconds, now);
};

const checkTimes = ({ exp, iat, nbf }: JWTPayload, maxLifetimeSeconds: number, now: number): Refusal | undefined => {
  // A claim of another type than the one of its specification is invalid (RFC 7519 §4.1).
  if (typeof exp !== 'number' || typeof iat !== 'number') return invalid('exp or iat is not a number');
  if (nbf !== undefined && typeof nbf !== 'number') return invalid('nbf is not a number');
  if (exp <= now - CLOCK_TOLERANCE_SECONDS) return invalid('expired');
  if (nbf !== undefined && nbf > now + CLOCK_TOLERANCE_SECONDS) return invalid('nbf is in the future');
  if (iat > now + CLOCK_TOLERANCE_SECONDS) return invalid('iat is in the future');
  return exp - iat > maxLifetimeSeconds ? invalid('exp − iat is above the maximum') : undefined;
};

/** Checks what differs by identity provider: the claims that mark an access token, and its audience. */
const checkProfile = (claims: JWTPayload, { audience, required }: AccessTokenProfile): Refusal | undefined => {
  const missing = Object.entries(required).find(([name, value]) => claims[name] !== value);
  if (missing !== undefined) return invalid(`${missing[0]} is not that of an access token`);
  if (audience === null) return undefined;
  const value = claims[audience.claim];
  const values = Array.isArray(value) ? value : [value];
  return values.some((entry) => audience.accepted.includes(entry))
    ? undefined
    : invalid(`${audience.claim} is not an accepted audience`);
};

const readClientId = (claims: JWTPayload, { clientIds }: AccessTokenProfile): string | undefined =>
  clientIds.map((claim) => readText(claims, claim)).find((id) => id !== undefined);

const readClient = (
  claims: JWTPayload,
  profile: AccessTokenProfile,
  { scope, role }: RequiredAccess,
): Client | Refusal => {
  const clientId = readClientId(claims, profile);
  if (clientId === undefined) return invalid('no claim names the client');
  const scopes = readScopes(claims, profile);
  if (!scopes.includes(scope)) return refuse('access_token_insufficient', `scope ${scope} is missing`, { scope });
  if (!readRoles(claims, profile, scopes).includes(role)) {
    return refuse('access_token_insufficient', `role ${role} is missing`, { scope });
  }
  return { clientId };
};

const readHolder = (claims: JWTPayload, profile: AccessTokenProfile, scope: string): TokenHolder | Refusal => {
  const subject = isNonEmptyString(claims.sub) ? claims.sub : readClientId(claims, profile);
  if (subject === undefined) return invalid('no claim names the holder');
  const scopes = readScopes(claims, profile);
  if (!scopes.includes(scope)) return refuse('access_token_insufficient', `scope ${scope} is missing`, { scope });
  // `checkClaims` has compared `iss`.
  return { subject, issuer: claims.iss as string, roles: readRoles(claims, profile, scopes) };
};

const readScopes = (claims: JWTPayload, { scopePrefix, scopes }: AccessTokenProfile): readonly string[] =>
  scopes
    .flatMap((claim) => readStringList(claims, claim))
    .filter((entry) => entry.startsWith(scopePrefix))
    .map((entry) => entry.slice(scopePrefix.length));

const readRoles = (claims: JWTPayload, { roles }: AccessTokenProfile, scopes: readonly string[]): readonly string[] =>
  roles.flatMap((claim) => (claim === 'scopes' ? scopes : readStringList(claims, claim)));

const useOnce = async (
  claims: JWTPayload,
  { tokenId }: AccessTokenProfile,
  uses: AccessTokenUses,
): Promise<Refusal | undefined> => {
  const id = claims[tokenId];
  if (!isNonEmptyString(id)) return invalid(`${tokenId} is missing`);
  const { exp, iss } = claims as { exp: number; iss: string };
  // The token is accepted until `exp` plus the tolerance, so its use is remembered as long.
  const expiresAt = Math.ceil(exp) + CLOCK_TOLERANCE_SECONDS;
  try {
    return (await uses.record(iss, id, expiresAt)) ? undefined : invalid('used before');
  } catch (error) {
    return refuse('unavailable', `lookups table: ${describeError(error)}`);
  }
};

const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== '';
