import type * as v from 'valibot';
import { list, object, optional, within, wordOr } from './containers.ts';
import { count, expecting, type Fault, flag, kind, oneOf, reason, text, textOrToken } from './kinds.ts';
import { Description } from './show.ts';

/** Requests that a rate rule of the web ACL can count in five minutes. */
const rate = count({
  min: 10,
  max: 2_000_000_000,
  unit: 'requests',
  remedy: 'Give the most requests in five minutes.',
});

/**
 * Requests per 5 minutes from one address. The web ACL answers the requests above with 429. The limits keep one address from
 * taking everything; they are not quotas of a processor or an application.
 */
export const rateLimits = object('Give a number for each.', {
  /** Callbacks from one address. All machines of a processor may share one address. */
  callbacks: rate,
  /**
   * Callbacks from one address to one path. A processor that reports progress each second needs 300. Processors behind
   * PrivateLink, or behind one NAT, share one address.
   */
  callbackPath: rate,
  /**
   * All other requests from one address: senders, operators, public documents. An application behind one NAT has one
   * address for all its requests: 10,000 are 33 requests a second, all the time.
   */
  others: rate,
  /**
   * `GET /v1/handshake` from one address. Each request can make the gateway call a registered address. A processor that
   * tests a handshake sends a few. Confirmations of calls that the gateway starts do not count.
   */
  handshake: rate,
});
export type RateLimits = v.InferOutput<typeof rateLimits>;

export type Countries = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/** https://docs.aws.amazon.com/waf/latest/developerguide/limits.html */
const MAX_COUNTRIES = 50;

const countries = kind<Countries>('{ only: string[] } | { except: string[] }', (value): readonly Fault[] => {
  const [[name, codes] = ['', undefined], ...more] = Object.entries(value ?? {});
  if ((name !== 'only' && name !== 'except') || more.length > 0) {
    return [
      {
        expected: '{ only: [...] } or { except: [...] }',
        remedy: 'List the countries that requests may come from (`only`), or the countries to refuse (`except`).',
      },
    ];
  }
  const list: readonly unknown[] = Array.isArray(codes) ? codes : [];
  if (list.length > MAX_COUNTRIES) {
    return [
      {
        path: [name],
        value: new Description(`has ${list.length} countries`),
        expected: `at most ${MAX_COUNTRIES} countries, the limit of a rule of the web ACL`,
        remedy: 'List fewer countries; the other form, `only` or `except`, may need fewer.',
      },
    ];
  }
  return list.length > 0 && new Set(list).size === list.length && list.every((code) => /^[A-Z]{2}$/.test(`${code}`))
    ? []
    : [
        {
          path: [name],
          value: codes,
          expected: "a list of one or more ISO 3166-1 alpha-2 codes in capitals, as ['DE', 'FR'], each of them once",
          remedy: 'Correct the codes, or remove `countries`: requests may then come from every country.',
        },
      ];
});

/** Web ACL of the load balancer. */
export const webAcl = {
  /**
   * Most requests in five minutes. 1 USD a month for each rule.
   * @default { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 }
   */
  rateLimits: optional(rateLimits, { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 }),
  /**
   * Countries that requests may come from, those of operators and senders too, as at most 50 ISO 3166-1 alpha-2 codes. AWS
   * finds the country by the address. 2 USD a month for two rules. The alarm `CallbackBlocked` counts the callbacks that
   * they stop.
   * @default requests may come from anywhere
   */
  countries: optional(countries),
  /**
   * True if AWS's rule group against denial of service examines every request first. About 15 USD a month, and 0.8 USD a
   * million requests that it does not block; free with Shield Advanced.
   * @default false
   */
  antiDdos: optional(
    flag(
      'Write true if the rule group is wanted (about 15 USD a month, and 0.80 USD a million requests), and false if not.',
    ),
    false,
  ),
};

/** https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_EmergencyContact.html */
const MAX_CONTACTS = 10;
const CONTACTS = 'Add a contact whom the Shield Response Team can call, or remove `contacts`.';
const MAX_NOTES_CHARS = 1_024;

/** https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response.html */
const MITIGATIONS = ['count', 'block', 'none'] as const;

/** A person that the Shield Response Team can reach. */
export const emergencyContact = object('Write { email, phone, notes }.', {
  /** E-mail address of the contact. */
  email: text(/^\S+@\S+\.\S+$/, 'an e-mail address', 'Correct the address.'),
  /**
   * Phone number in E.164, as `+4930123456`. The team calls, so at least one contact has one.
   * @default none
   */
  phone: optional(text(/^\+[1-9]\d{1,14}$/, 'a phone number in E.164, as +4930123456', 'Correct the number.')),
  /**
   * Notes, for instance the hours when the contact is on duty; at most 1,024 characters.
   * @default none
   */
  notes: optional(
    expecting<string>(
      'string',
      (value) => typeof value === 'string' && value.length <= MAX_NOTES_CHARS,
      `a text of at most ${MAX_NOTES_CHARS} characters`,
      'Shorten the note.',
    ),
  ),
});

const SUBSCRIBE =
  'Subscribe the account to Shield Advanced first (about 3,000 USD a month, for a year): the deployment fails without it.';

/**
 * Shield Advanced. Its resources fail without a subscription of the account, which CloudFormation cannot make, so the
 * environment has to confirm it.
 */
export const shieldAdvanced = object(SUBSCRIBE, {
  /** Always true. */
  advanced: oneOf([true], SUBSCRIBE),
  /** True if the account has subscribed; `false` is refused. */
  subscribed: expecting<boolean>(
    'boolean',
    (value) => value === true,
    'true, because the resources of Shield Advanced fail without a subscription',
    SUBSCRIBE,
  ),
  /**
   * Action of Shield's own rules on requests that look like part of an attack. Begin with `count` and look at what it counts.
   * The rules use 150 capacity units of the web ACL, which stays within the 1,500 that are included. Accounts that
   * subscribed after 2026-03-26 have them only if AWS Support enabled them: `none` omits them, and `antiDdos` replaces them.
   * @default 'count'
   */
  mitigation: optional(
    oneOf(
      MITIGATIONS,
      "Begin with 'count', and use 'block' when it counts the right requests; 'none' if the account has no such rules.",
    ),
    'count',
  ),
  /**
   * People that the Shield Response Team calls during an attack: 1 to 10. It needs Business or Enterprise Support, and an
   * account has one list.
   * @default the team is not asked to call
   */
  contacts: optional(
    within(list(emergencyContact, { of: 'contacts', min: 1, max: MAX_CONTACTS, remedy: CONTACTS }), (contacts) =>
      contacts.some(({ phone }) => phone !== undefined)
        ? []
        : [{ expected: 'one or more contacts with a phone number', remedy: CONTACTS }],
    ),
  ),
});

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
