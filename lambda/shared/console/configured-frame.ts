import type { Variables } from '../../contract/variables.ts';
import { createAccessTokenVerifier } from '../access-token/access-token.ts';
import { createIdentityProviderKeys } from '../access-token/identity-provider-keys.ts';
import { createKmsCall } from '../aws/kms-call.ts';
import { createGenerateMac } from '../aws/kms-mac.ts';
import { createKmsConsoleKey } from './console-key.ts';
import { assetsOf, type ConsoleFrameOptions } from './frame.ts';
import { createLoadBalancerKeys, PUBLIC_KEY_BOUNDS } from './load-balancer-keys.ts';
import { createOperatorVerifier } from './operator-assertion.ts';
import { createOperatorRolesReader, operatorTokenProfile } from './operator-roles.ts';

/** The variables that the functions of the console have in common. */
type FrameVariables = Pick<
  Variables<'console'>,
  Extract<keyof Variables<'console'>, keyof Variables<'reveal-payload'>>
>;

/**
 * Makes the frame of the console from the function's variables.
 * @param files content of the style sheet and the script
 * @param environment for the client of KMS
 */
export const configuredFrame = (
  variables: FrameVariables,
  files: { readonly style: string; readonly script: string },
  environment: NodeJS.ProcessEnv,
): ConsoleFrameOptions => {
  const { OIDC_CLIENT_ID: clientId, OIDC_ISSUER: issuer, OPERATOR_ROLES: roles, POSTERN_ORIGIN: origin } = variables;
  return {
    origin: variables.CONSOLE_ORIGIN ?? origin,
    environment: variables.POSTERN_ENVIRONMENT,
    isProtected: variables.PROTECTED,
    issuer,
    clientId,
    verifier: createOperatorVerifier({
      loadBalancerArn: variables.LOAD_BALANCER_ARN,
      issuer,
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
              issuer,
              audience: origin,
              maxLifetimeSeconds: variables.ACCESS_TOKEN_MAX_LIFETIME_SECONDS,
              keys: createIdentityProviderKeys(variables.IDP_JWKS_URI),
              profile: operatorTokenProfile(roles.token, clientId),
              oneTime: null,
              now: Date.now,
            }),
      ),
      now: Date.now,
    }),
    key: createKmsConsoleKey(createGenerateMac(createKmsCall({ environment })), variables.FORM_KEY_ID),
    endSession: variables.END_SESSION ?? null,
    assets: assetsOf(files),
    sessionSeconds: variables.CONSOLE_SESSION_SECONDS,
    idleSeconds: variables.CONSOLE_IDLE_SECONDS,
    now: Date.now,
  };
};
