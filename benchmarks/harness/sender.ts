import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { ORIGIN, PROCESSOR } from './names.ts';
import type { Defer } from './scope.ts';
import { anEvent } from './test-bed.ts';

/** A sender that creates tasks, with an identity provider. */
export interface Sender {
  readonly issuer: string;
  /** The public key of the identity provider. */
  readonly jwk: object;
  /** The load balancer's event for a task with two callbacks. */
  readonly event: object;
  /** Returns an access token of an hour. */
  accessToken(claims: { readonly scope: string; readonly roles: readonly string[] }): Promise<string>;
}

/** Environment variables of `create-task`, besides those that every contender has. */
export const createTaskVariables = ({ issuer }: Sender): Record<string, string> => ({
  RETENTION_SECONDS: '86400',
  INDEX_SHARDS: `${INDEX_SHARDS.default}`,
  OWNER_CLAIM: 'false',
  PROTECTED: 'false',
  TOKEN_ENCRYPTION_KEY: '',
  SENDER_CLIENTS: '',
  RESUME_KEY_ID: '',
  IDP_ISSUER: issuer,
  IDP_JWKS_URI: `${issuer}/jwks`,
  ACCESS_TOKEN_PROFILE: JSON.stringify(RFC_9068),
  ABBREVIATIONS: 'false',
});

/** Serves a key set over HTTP, and makes the event of a sender with a token signed by its key. */
export const openSender = async (defer: Defer): Promise<Sender> => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = await exportJWK(publicKey as KeyObject);
  const kid = await calculateJwkThumbprint(jwk);
  const published = { ...jwk, kid, alg: 'RS256', use: 'sig' };
  const document = JSON.stringify({ keys: [published] });
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(document);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const accessToken: Sender['accessToken'] = (claims) =>
    new SignJWT({ client_id: 'bench', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(ORIGIN)
      .setSubject('bench')
      .setJti('an-access-token')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey);
  const body = JSON.stringify({ processor: PROCESSOR, resource: 'invoice-77', expiresIn: 3_600 });
  const opening = await accessToken({ scope: 'task_write', roles: ['sender'] });
  return { issuer, jwk: published, event: anEvent('/v1/tasks', opening, { body }), accessToken };
};
