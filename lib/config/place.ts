import { RegionInfo } from 'aws-cdk-lib/region-info';
import { ACCOUNT_ID_PATTERN, DOMAIN_PATTERN } from '../../lambda/contract/environments.ts';
import { certificate } from './certificate.ts';
import { list, object, optional } from './containers.ts';
import { ingressHere } from './ingress.ts';
import { expecting, kind, text, textOrToken } from './kinds.ts';
import { suggestion } from './near-names.ts';
import { isLoopbackUrl, type LoopbackOrigin, loopbackUrl } from './urls.ts';

const only = <const W extends string>(word: W) =>
  expecting<W>(`'${word}'`, (value) => value === word, `"${word}"`, `Write runsOn: '${word}'.`);

const REGIONS = RegionInfo.regions.map(({ name }) => name);

/** A wrong Region would be found at the deployment only. */
const regionCode = kind<string>('string', (value) =>
  REGIONS.some((name) => name === value)
    ? []
    : [
        {
          expected: 'the code of a region of AWS, for example eu-west-1',
          remedy:
            value === undefined
              ? 'Write the region that has the resources.'
              : `${suggestion(String(value), REGIONS)}Correct the region; one that is newer than the installed aws-cdk-lib needs an update.`,
        },
      ],
);

/** Account and Region of an environment. */
export const account = {
  /** Account id of 12 digits. The CDK refuses to deploy with the credentials of another account. */
  account: text(ACCOUNT_ID_PATTERN, 'an account id: 12 digits, in quotes', 'Write the id of your account.'),
  /** AWS Region of all resources, for example `eu-west-1`. */
  region: regionCode,
  /**
   * Zones of the load balancer, two or more of the Region. They are in the file so that synth looks nothing up. Each zone
   * costs a public IPv4 address, about 4 USD a month.
   */
  availabilityZones: list(text(/./, 'the name of a zone', 'Write the name in quotes.'), {
    of: 'zones',
    remedy: '`aws ec2 describe-availability-zones` lists the zones of the region.',
  }),
};

const zoneRemedy = '`aws route53 list-hosted-zones` lists the zones with their ids.';

/** A public hosted zone of Route 53. */
export const hostedZone = object(zoneRemedy, {
  /** Id of the zone. */
  id: textOrToken(/^Z[A-Z0-9]{1,31}$/, 'the id of a hosted zone, as Z0123456789ABCDEFGHIJ', zoneRemedy),
  /** Name of the zone, without a dot at its end. The domain belongs to it. */
  name: text(/./, 'the name of a hosted zone', zoneRemedy),
});

/** Name and certificate of an environment on AWS. */
export const awsPlace = {
  /** The environment is deployed. */
  runsOn: only('aws'),
  /**
   * Host name of callback URLs. The gateway's origin, which is also `iss` of its tokens, is `https://` and this name. It has
   * at most 128 characters, because a listener rule names it, or 64 if ACM requests the certificate. It is short enough
   * that every callback URL has fewer than 1,024 bytes.
   */
  domain: text(
    DOMAIN_PATTERN,
    'a host name in lower case whose last label has letters only, without scheme, port and path',
    'Write only the name, as callbacks.example.com.',
  ),
  /**
   * Certificate for the domain, in the environment's Region. Public certificates of ACM are free.
   * @default ACM requests one and validates it in the hosted zone
   */
  certificateArn: optional(certificate),
  /**
   * Hosted zone that gets the domain's address records. It costs nothing beside the charge for the zone itself.
   * @default you point the domain at the load balancer yourself
   */
  hostedZone: optional(hostedZone),
};

const LOOPBACK = 'This environment never leaves the machine: use http, 127.0.0.1 and a port from 1 to 65535.';

/** Addresses of the environment `local`. */
export const localPlace = {
  /** The environment is `local`, and never deployed. */
  runsOn: only('this-machine'),
  /** The gateway's origin, which is also `iss` of its tokens. */
  origin: expecting<LoopbackOrigin>(
    "'http://127.0.0.1:…'",
    (value) => /^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(`${value}`) && isLoopbackUrl(value),
    'a loopback origin without a path, as http://127.0.0.1:8080',
    LOOPBACK,
  ),
  /**
   * Way in to the gateway.
   * @default { kind: 'application' }
   */
  ingress: optional(ingressHere, { kind: 'application' }),
  /** A placeholder: the listener of the template uses HTTPS, and this machine serves it without encryption. */
  certificateArn: certificate,
  /** URL of the public keys for `x-amzn-oidc-data`, without the key id. On AWS it follows from the Region. */
  loadBalancerPublicKeysUrl: loopbackUrl('a loopback URL, as http://127.0.0.1:8082/keys', LOOPBACK),
};
