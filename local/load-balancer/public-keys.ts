import type { StandIns } from '../stand-ins/server.ts';
import type { LoadBalancerIdentity } from './identity.ts';

/** Path on the stand-ins' port below which the public keys are, each by its id, as AWS serves them for each region. */
const PUBLIC_KEYS_PATH = '/load-balancer/public-keys/';

/** Serves the key that `x-amzn-oidc-data` is checked with, in PEM. */
export const servePublicKeys = (standIns: Pick<StandIns, 'route'>, identity: LoadBalancerIdentity): void => {
  standIns.route(PUBLIC_KEYS_PATH, (request, response) => {
    const known = request.method === 'GET' && request.url === `${PUBLIC_KEYS_PATH}${identity.kid}`;
    response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain' });
    response.end(known ? identity.publicKeyPem : '');
  });
};
