import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import type { Defer } from './scope.ts';
import { anEvent } from './test-bed.ts';

/** A signed-in operator, for whom a stand-in for the load balancer vouches. */
export interface SignedInOperator {
  /** Environment variables of the console, besides those of the operator API. */
  readonly variables: Readonly<Record<string, string>>;
  /** The load balancer's event for a page. */
  open(path: string, query?: Readonly<Record<string, string>>): object;
}

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/bench/1';
const ISSUER = 'https://idp.example.com';
const CLIENT = 'console';
const KID = '12345678-1234-1234-1234-123456789012';

/** Serves the public key of the load balancer, and signs assertions as the load balancer does. */
export const openOperator = async (defer: Defer): Promise<SignedInOperator> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const server = createServer((_, response) => response.writeHead(200).end(pem));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const padded = (bytes: string | Uint8Array) =>
    Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  const exp = Math.floor(Date.now() / 1_000) + 86_400;
  const input = [
    { alg: 'ES256', typ: 'JWT', kid: KID, signer: ARN, iss: ISSUER, client: CLIENT, exp },
    { sub: 'operator', name: 'Ada Lovelace', roles: ['operator', 'operator_payload'] },
  ]
    .map((part) => padded(JSON.stringify(part)))
    .join('.');
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    variables: {
      OIDC_ISSUER: ISSUER,
      OIDC_CLIENT_ID: CLIENT,
      LOAD_BALANCER_ARN: ARN,
      LOAD_BALANCER_PUBLIC_KEYS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      OPERATOR_ROLES: JSON.stringify(USERINFO_ROLES),
      END_SESSION: '',
      CONSOLE_SESSION_SECONDS: '28800',
      CONSOLE_IDLE_SECONDS: '1800',
      PROTECTED: 'false',
    },
    open: (path, query = {}) =>
      anEvent(path, undefined, {
        httpMethod: 'GET',
        body: '',
        multiValueQueryStringParameters: Object.fromEntries(
          Object.entries(query).map(([name, value]) => [name, [encodeURIComponent(value)]]),
        ),
        multiValueHeaders: {
          host: ['callbacks.example.com'],
          accept: ['text/html'],
          'x-forwarded-for': ['203.0.113.7'],
          'x-amzn-oidc-data': [`${input}.${padded(signature)}`],
        },
      }),
  };
};
