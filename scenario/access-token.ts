import { randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import { importJWK, SignJWT } from 'jose';
import { request } from './request.ts';

/** A client at the provider, with the key that proves it. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly privateJwk: JWK;
}

const ASSERTION_LIFETIME = '60s';

/**
 * Gets an access token by the client credentials grant with a private-key client assertion (RFC 7523 §2.2).
 * @param scope space-separated
 * @throws {Error} with the provider's error, if it gives none
 */
export const requestAccessToken = async (
  { issuer, tokenEndpoint }: { readonly issuer: string; readonly tokenEndpoint: string },
  { clientId, privateJwk }: ClientCredentials,
  scope: string,
): Promise<string> => {
  const alg = privateJwk.alg ?? 'ES256';
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg, ...(privateJwk.kid && { kid: privateJwk.kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(ASSERTION_LIFETIME)
    .sign(await importJWK(privateJwk, alg));
  const response = await request(tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope,
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  const answer = (await response.json().catch(() => ({}))) as {
    access_token?: string;
    error?: string;
    error_description?: string;
  };
  if (answer.access_token === undefined) {
    const { error = `status ${response.status}`, error_description: description = 'no description' } = answer;
    throw new Error(`The OpenID provider gave no token at ${tokenEndpoint}: ${error}: ${description}.`);
  }
  return answer.access_token;
};
