import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { type AccessTokenProfile, RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { KEY_FETCH } from '../../lambda/contract/call-limits.ts';
import { createAccessTokenVerifier } from '../../lambda/shared/access-token/access-token.ts';
import { createIdentityProviderKeys } from '../../lambda/shared/access-token/identity-provider-keys.ts';
import type { AccessTokenUses } from '../../lambda/shared/access-token/one-time.ts';
import { answering, type DocumentServer, openDocumentServer } from './document-server.ts';
import { NOW, ORIGIN } from './tokens.ts';

export interface IdentityProviderKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** A key pair of an identity provider. */
export const anIdentityProviderKey = async (alg = 'RS256'): Promise<IdentityProviderKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { alg, kid, privateKey, jwk: { ...jwk, kid, alg, use: 'sig' } };
};

export interface TestIdentityProvider {
  readonly issuer: string;
  readonly key: IdentityProviderKey;
  /** Serves the key set. */
  readonly server: DocumentServer;
  /** Publishes these keys from now on. */
  publish(...keys: readonly IdentityProviderKey[]): void;
  /** Claims of a good access token of a sender; say what is different. */
  claims(overrides?: Record<string, unknown>): Record<string, unknown>;
  /** A signed access token; an `undefined` value leaves a member out. */
  accessToken(overrides?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** A verifier with an empty cache and a clock that stands still. */
  verifier(options?: {
    readonly cooldownMilliseconds?: number;
    readonly timeoutMilliseconds?: number;
    readonly profile?: AccessTokenProfile;
    readonly oneTime?: AccessTokenUses | null;
  }): ReturnType<typeof createAccessTokenVerifier>;
  close(): Promise<void>;
}

/** An identity provider with one RS256 key, its key set served over HTTP. `close` ends it. */
export const openIdentityProvider = async (): Promise<TestIdentityProvider> => {
  const key = await anIdentityProviderKey();
  const keySet = (keys: readonly IdentityProviderKey[]) =>
    answering(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }), 'application/jwk-set+json');
  const server = await openDocumentServer(keySet([key]));
  const issuer = server.url;
  const claims = (overrides: Record<string, unknown> = {}) => ({
    iss: issuer,
    aud: ORIGIN,
    sub: 'local-sender',
    client_id: 'local-sender',
    iat: NOW,
    exp: NOW + 3_600,
    jti: 'access-token-1',
    scope: 'task_read task_write',
    roles: ['sender'],
    ...overrides,
  });
  return {
    issuer,
    key,
    server,
    claims,
    publish: (...keys) => server.serve(keySet(keys)),
    accessToken: (overrides, header) => signAccessToken(key, claims(overrides), header),
    verifier: ({
      cooldownMilliseconds,
      oneTime = null,
      profile = RFC_9068,
      timeoutMilliseconds = KEY_FETCH.timeoutMilliseconds,
    } = {}) =>
      createAccessTokenVerifier({
        issuer,
        audience: ORIGIN,
        maxLifetimeSeconds: 3_600,
        keys: createIdentityProviderKeys(`${issuer}/jwks`, { ...KEY_FETCH, timeoutMilliseconds }, cooldownMilliseconds),
        profile,
        oneTime,
        now: () => NOW * 1000,
      }),
    close: server.close,
  };
};

/** An access token by any key, with any claims and header. */
export const signAccessToken = (
  { alg, kid, privateKey }: IdentityProviderKey,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header }).sign(privateKey);
