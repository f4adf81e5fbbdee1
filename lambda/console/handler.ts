import { readVariables } from '../contract/environment-variables.ts';
import { serve } from '../http/serve.ts';
import { createJournal } from '../observe/journal.ts';
import { toStandardOutput } from '../observe/standard-output.ts';
import { createConsoleEndpoint } from './endpoint.ts';
import { createLoadBalancerKeys, PUBLIC_KEY_BOUNDS } from './load-balancer-keys.ts';
import { createOperatorVerifier } from './operator-assertion.ts';

const variables = readVariables('console', process.env);

const verifier = createOperatorVerifier({
  loadBalancerArn: variables.LOAD_BALANCER_ARN,
  issuer: variables.OIDC_ISSUER,
  clientId: variables.OIDC_CLIENT_ID,
  keys: createLoadBalancerKeys({
    url: variables.LOAD_BALANCER_PUBLIC_KEYS_URL,
    bounds: PUBLIC_KEY_BOUNDS,
    now: Date.now,
  }),
  now: Date.now,
});

/** The operator's console: the load balancer's event in, its result out. */
export const handler = serve({
  owner: 'console',
  origin: variables.POSTERN_ORIGIN,
  journal: createJournal(variables.POSTERN_ENVIRONMENT, 'console', toStandardOutput),
  handle: createConsoleEndpoint({
    origin: variables.POSTERN_ORIGIN,
    environment: variables.POSTERN_ENVIRONMENT,
    verifier,
  }),
});
