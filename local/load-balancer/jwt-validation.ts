import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JwtConfig } from './listener.ts';
import type { ReceivedRequest } from './request.ts';
import { headerValues } from './request.ts';

export type JwtVerdict = 'valid' | 'invalid' | 'keys-unavailable';

/** Checks the bearer token of a request by one `jwt-validation` action. */
export type JwtValidator = (request: ReceivedRequest, config: JwtConfig) => Promise<JwtVerdict>;

/**
 * Performs the `jwt-validation` action: RS256 only; signature, `iss` and `exp` always, `nbf` and `iat` where present,
 * and the additional claims that the action lists.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
 * @param now milliseconds since 1970
 */
export const createJwtValidator = (now: () => number = Date.now): JwtValidator => {
  const keySets = new Map<string, JWTVerifyGetKey>();
  const keySetOf = (endpoint: string): JWTVerifyGetKey => {
    const known = keySets.get(endpoint) ?? createRemoteJWKSet(new URL(endpoint));
    keySets.set(endpoint, known);
    return known;
  };
  return async (request, config) => {
    const token = bearerToken(request);
    if (token === undefined) return 'invalid';
    try {
      const { payload } = await jwtVerify(token, keySetOf(config.JwksEndpoint), {
        algorithms: ['RS256'],
        issuer: config.Issuer,
        requiredClaims: ['exp'],
        currentDate: new Date(now()),
      });
      const issuedInPast = payload.iat === undefined || payload.iat <= Math.ceil(now() / 1000);
      return issuedInPast && config.AdditionalClaims.every((claim) => hasClaim(payload, claim)) ? 'valid' : 'invalid';
    } catch (error) {
      return isAboutToken(error) ? 'invalid' : 'keys-unavailable';
    }
  };
};

const bearerToken = (request: ReceivedRequest): string | undefined => {
  const lines = headerValues(request, 'authorization');
  return lines.length === 1 ? /^Bearer +([^\s,]+)$/i.exec(lines[0]?.trim() ?? '')?.[1] : undefined;
};

/** A set of values holds a claim's demand when it holds each of the listed ones. */
const hasClaim = (payload: JWTPayload, { Name, Format, Values }: JwtConfig['AdditionalClaims'][number]): boolean => {
  const value = payload[Name];
  switch (Format) {
    case 'single-string':
      return typeof value === 'string' && Values.includes(value);
    case 'space-separated-values':
      return typeof value === 'string' && containsAll(value.split(' '), Values);
    case 'string-array':
      return Array.isArray(value) && containsAll(value, Values);
  }
};

const containsAll = (found: readonly unknown[], wanted: readonly string[]): boolean =>
  wanted.every((value) => found.includes(value));

/** True for an error about the token. The other errors mean that the keys could not be fetched. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid) &&
  error.code !== 'ERR_JOSE_GENERIC';
