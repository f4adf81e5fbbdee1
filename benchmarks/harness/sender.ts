import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import { variablesOf } from './contenders.ts';
import { ORIGIN } from './names.ts';
import type { World } from './test-bed.ts';

/** Environment variables of the function that opens tasks. @param kms endpoint */
export const openVariables = (world: World, issuer: string, kms: string): Record<string, string> => ({
  ...variablesOf(world),
  ...Object.fromEntries(
    Object.keys(ENVIRONMENT_VARIABLES['create-task'])
      .filter((name) => !(name in variablesOf(world)))
      .map((name) => [name, 'unused']),
  ),
  AWS_ENDPOINT_URL_KMS: kms,
  RETENTION_SECONDS: '86400',
  INDEX_SHARDS: `${INDEX_SHARDS.default}`,
  OWNER_CLAIM: 'false',
  TOKEN_ENCRYPTION_KEY: variablesOf(world).TOKEN_ENCRYPTION_SECRET as string,
  IDP_ISSUER: issuer,
  IDP_JWKS_URI: `${issuer}/jwks`,
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: '3600',
  ACCESS_TOKEN_PROFILE: JSON.stringify(RFC_9068),
  ACCESS_TOKEN_USES: 'many',
  ABBREVIATIONS: 'false',
});

/** A key set over HTTP, and a sender's token by its key. */
export const openIdentityProvider = async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = await exportJWK(publicKey as KeyObject);
  const kid = await calculateJwkThumbprint(jwk);
  const document = JSON.stringify({ keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] });
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(document);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    accessToken: () =>
      new SignJWT({ client_id: 'benchmarks', scope: 'task_write', roles: ['sender'] })
        .setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(ORIGIN)
        .setSubject('benchmarks')
        .setJti('an-access-token')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
