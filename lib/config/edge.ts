import type * as v from 'valibot';
import { list, object, optional, wordOr } from './containers.ts';
import { ingressOnAws } from './ingress.ts';
import { flag, kind, oneOf, reason, text, textOrToken } from './kinds.ts';
import { shieldAdvanced } from './shield.ts';

/** An existing network. All of it is in the file, so that synth looks nothing up. */
export const network = object('Set them, or remove `network`: the stack then makes a network.', {
  /** Id of the VPC, as `vpc-0123456789abcdef0`. */
  vpcId: text(/^vpc-[0-9a-f]{8,17}$/, 'the id of a VPC, as vpc-0123456789abcdef0', 'Correct the id.'),
  /** Public subnets of the load balancer: one for each of `availabilityZones`, in their order. */
  publicSubnetIds: list(
    text(/^subnet-[0-9a-f]{8,17}$/, 'the id of a subnet, as subnet-0123456789abcdef0', 'Correct the id.'),
    { of: 'subnets', unique: true, remedy: 'List as many subnets as there are zones, in the same order.' },
  ),
  /** True if the subnets have IPv6 addresses too. */
  ipv6: flag('Write true if the subnets have IPv6 addresses, and false if not.'),
});

/** An object in S3, in the environment's Region. */
export const s3Object = object('Name the bucket and the key of the object.', {
  /** Name of the bucket. */
  bucketName: textOrToken(/^[a-z0-9.-]{3,63}$/, 'the name of a bucket', 'Correct the name.'),
  /** Key of the object. */
  key: textOrToken(/^.{1,1024}$/, 'the key of an object: 1 to 1024 characters', 'Name the object.'),
  /**
   * Version of the object.
   * @default the newest at the time of the deployment
   */
  version: optional(textOrToken(/./, 'the version of an object', 'Write the version in quotes, or remove it.')),
});

const MODES = 'Choose the checker of certificates: the load balancer (`verify`) or the gateway (`passthrough`).';
export const DEFAULT_MUTUAL_TLS_PORT = 8443;

/**
 * A second listener, for callback routes only, that asks its callers for a certificate. Browsers and senders use the first
 * listener, which does not ask. The trust store costs about 4 USD a month.
 */
export const mutualTls = object(MODES, {
  /**
   * Port of the listener, 1 to 65535 and not 443. Callback URLs of processors with certificates contain it: after a change,
   * those of open tasks stop working.
   * @default 8443
   */
  port: optional(
    kind<number>('number', (port) => {
      if (port === 443) {
        return [
          {
            expected: 'another port than 443, whose listener must not ask browsers and senders for certificates',
            remedy: `Remove \`port\`: it is then ${DEFAULT_MUTUAL_TLS_PORT}.`,
          },
        ];
      }
      return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535
        ? []
        : [{ expected: 'the number of a port, from 1 to 65535', remedy: 'Give a port that processors can reach.' }];
    }),
    DEFAULT_MUTUAL_TLS_PORT,
  ),
  /**
   * `verify`: the load balancer accepts certificates of the trust store's authorities only, and closes a connection without
   * one. `passthrough`: it passes on any certificate and accepts a connection without one, and the processor's entry
   * decides; `unverifiedBecause` gives the reason.
   * @default 'verify'
   */
  mode: optional(oneOf(['verify', 'passthrough'], MODES), 'verify'),
  /**
   * Reason for certificates that the load balancer has not verified, in a sentence of 20 characters or more; required for
   * `passthrough`, and refused for `verify`. AWS does not document that the load balancer removes the header with the
   * certificate from a caller without one. The header has a name that only the account knows. A caller who learns it needs
   * the processor's certificate, which is not secret, but no key.
   * @default none, because `verify` needs none
   */
  unverifiedBecause: optional(
    reason('Let the load balancer verify the certificates, which is the default, or explain why it cannot.'),
  ),
  /**
   * Certificates of the authorities, in PEM; required for `verify`, and refused for `passthrough`.
   * @default none, because `passthrough` uses none
   */
  authorities: optional(s3Object),
  /**
   * Lists of revoked certificates, in PEM; for `verify` only.
   * @default none
   */
  revocations: optional(list(s3Object, { of: 'objects in S3', remedy: 'Write the objects in brackets.' })),
});

const PRINCIPALS = 'List the accounts of the processors, as arn:aws:iam::123456789012:root, or remove `privateLink`.';

/**
 * Access from other accounts of AWS without the internet: a Network Load Balancer before the load balancer, and an endpoint
 * service. About 18 USD a month and 0.006 USD a capacity unit and hour; each caller pays for its endpoint. The gateway then
 * sees the addresses of the Network Load Balancer: rate limits by address count all callers together, and the country and
 * the reputation of an address mean nothing. Connections use port 443 only, so processors with certificates use the internet.
 */
export const privateLink = object(PRINCIPALS, {
  /**
   * ARNs of accounts, roles or users that may request a connection, as `arn:aws:iam::123456789012:root`. An operator then
   * accepts each connection.
   */
  acceptedPrincipals: list(
    textOrToken(
      /^arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/.+)$/,
      'the ARN of an account, a role or a user, and not *, which means every account',
      'Write for instance arn:aws:iam::123456789012:root.',
    ),
    { of: 'principals that may connect', min: 1, remedy: PRINCIPALS },
  ),
});
export type PrivateLink = v.InferOutput<typeof privateLink>;

/** Ingress of an environment on AWS. */
export const ingress = {
  /**
   * Way in to the gateway: an Application Load Balancer with a web ACL (`application`), or a Network Load Balancer before a
   * program of Postern (`network`). `docs/operate/network-door.md` compares them, and has the steps of a switch.
   * @default { kind: 'application' }
   */
  ingress: optional(ingressOnAws, { kind: 'application' }),
  /**
   * Protection from distributed denial of service. Shield Standard is always active and free. Shield Advanced costs
   * 3,000 USD a month for the organisation, for a year at least, and 0.05 USD a GB that leaves the load balancer. It
   * includes web ACL, rules, requests and `antiDdos`.
   * @default 'standard'
   */
  shield: optional(wordOr('standard', shieldAdvanced), 'standard'),
  /**
   * An existing network.
   * @default the stack makes a network: public subnets, no NAT gateway
   */
  network: optional(network),
  /**
   * A second listener that asks callers for certificates. Free, except for its trust store: 0.0056 USD an hour.
   * @default no listener asks for certificates
   */
  mutualTls: optional(mutualTls),
  /**
   * Access for processors that must not use the internet. About 18 USD a month for its load balancer.
   * @default callers use the internet
   */
  privateLink: optional(privateLink),
  /**
   * Reason for tokens in the URLs of a protected environment (carrier `path`, proof `none`), in a sentence of 20 characters
   * or more. Access logs of the load balancer and of proxies hold such tokens. They hold the codes of the carrier `short`
   * too; a code reveals nothing, but until it is used up its reader can use it like a token.
   * @default such processors are refused
   */
  tokensInUrls: optional(reason('Write why these processors cannot send a header.')),
};
