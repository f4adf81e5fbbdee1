import { readVariables } from '../../contract/variables.ts';
import { createAccessTokenVerifier } from '../../shared/access-token/access-token.ts';
import { createIdentityProviderKeys } from '../../shared/access-token/identity-provider-keys.ts';
import { createKmsCall } from '../../shared/aws/kms-call.ts';
import { createGenerateMac } from '../../shared/aws/kms-mac.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createKmsConsoleKey } from './console-key.ts';
import { createConsoleEndpoint, createRefusalAnswer } from './endpoint.ts';
import { countFormRefusals } from './form.ts';
import { createLoadBalancerKeys, PUBLIC_KEY_BOUNDS } from './load-balancer-keys.ts';
import { createOperatorVerifier } from './operator-assertion.ts';
import { createOperatorRolesReader, operatorTokenProfile } from './operator-roles.ts';

const variables = readVariables('console', process.env);
const origin = variables.POSTERN_ORIGIN;
const clientId = variables.OIDC_CLIENT_ID;
const roles = variables.OPERATOR_ROLES;

const verifier = createOperatorVerifier({
  loadBalancerArn: variables.LOAD_BALANCER_ARN,
  issuer: variables.OIDC_ISSUER,
  clientId,
  keys: createLoadBalancerKeys({
    url: variables.LOAD_BALANCER_PUBLIC_KEYS_URL,
    bounds: PUBLIC_KEY_BOUNDS,
    now: Date.now,
  }),
  readRoles: createOperatorRolesReader(
    roles,
    roles.token === null
      ? null
      : createAccessTokenVerifier({
          issuer: variables.OIDC_ISSUER,
          audience: origin,
          maxLifetimeSeconds: variables.ACCESS_TOKEN_MAX_LIFETIME_SECONDS,
          keys: createIdentityProviderKeys(variables.IDP_JWKS_URI),
          profile: operatorTokenProfile(roles.token, clientId),
          oneTime: null,
          now: Date.now,
        }),
  ),
  now: Date.now,
});

/** Handles events of the load balancer: the operator's console. */
export const handler = serve({
  owner: 'console',
  origin,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'console', toStandardOutput),
  handle: createConsoleEndpoint({
    origin,
    environment: variables.POSTERN_ENVIRONMENT,
    verifier,
    key: createKmsConsoleKey(createGenerateMac(createKmsCall({ environment: process.env })), variables.FORM_KEY_ID),
    clientId,
    endSession: variables.END_SESSION ?? null,
    sessionSeconds: variables.CONSOLE_SESSION_SECONDS,
    idleSeconds: variables.CONSOLE_IDLE_SECONDS,
    now: Date.now,
  }),
  respondToRefusal: createRefusalAnswer(origin),
  measure: countFormRefusals,
});
