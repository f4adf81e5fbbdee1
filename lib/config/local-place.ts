import type { LocalEnvironmentInput } from './environment.ts';
import {
  LOCAL_ACCOUNT,
  LOCAL_CONSOLE_CLIENT,
  LOCAL_REGION,
  LOCAL_SECRETS,
  type LocalSettings,
} from './local-settings.ts';
import type { LoopbackOrigin } from './urls.ts';

type LocalPlace = Pick<
  LocalEnvironmentInput,
  | 'runsOn'
  | 'account'
  | 'region'
  | 'availabilityZones'
  | 'origin'
  | 'certificateArn'
  | 'ingress'
  | 'loadBalancerPublicKeysUrl'
  | 'identityProvider'
  | 'consoleClient'
>;

type AwsPlace = Pick<LocalPlace, 'account' | 'region' | 'availabilityZones'>;

/** Account and zones of `local`. */
export const NOWHERE: AwsPlace = {
  account: LOCAL_ACCOUNT,
  region: LOCAL_REGION,
  availabilityZones: [`${LOCAL_REGION}a`, `${LOCAL_REGION}b`],
};

/**
 * Addresses of the local gateway, of its OpenID provider and of its stand-ins.
 * @param place in AWS. Other stacks of an app refer to those of the environment, so both must have the same place
 */
export const localPlaceOf = (
  {
    consolePort,
    gatewayPort,
    idpPort,
    standInPort,
  }: Pick<LocalSettings, 'consolePort' | 'gatewayPort' | 'idpPort' | 'standInPort'>,
  { account, availabilityZones, region }: AwsPlace,
): LocalPlace => {
  const idp = atPort(idpPort);
  return {
    runsOn: 'this-machine',
    account,
    region,
    availabilityZones,
    origin: atPort(gatewayPort),
    ...(consolePort !== undefined && {
      ingress: {
        kind: 'network',
        certificateSecretName: LOCAL_SECRETS.doorCertificate,
        console: { origin: atPort(consolePort) },
      },
    }),
    // A placeholder: the listener is HTTPS in the template, and this machine serves it without encryption.
    certificateArn: `arn:aws:acm:${region}:${account}:certificate/00000000-0000-0000-0000-000000000000`,
    loadBalancerPublicKeysUrl: `${atPort(standInPort)}/load-balancer/public-keys`,
    identityProvider: {
      issuer: idp,
      jwksUri: `${idp}/jwks`,
      authorizationEndpoint: `${idp}/auth`,
      tokenEndpoint: `${idp}/token`,
      userInfoEndpoint: `${idp}/me`,
      endSessionEndpoint: `${idp}/session/end`,
    },
    consoleClient: { clientId: LOCAL_CONSOLE_CLIENT, secretName: LOCAL_SECRETS.consoleClient },
  };
};

const atPort = (port: number): LoopbackOrigin => `http://127.0.0.1:${port}`;
