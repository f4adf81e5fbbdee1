/**
 * Requests per 5 minutes; what is above it the web ACL answers with 429. 10 to 2,000,000,000 each. They keep one address
 * from taking everything; they are no quota of a processor or an application.
 */
export interface RateLimits {
  /** Callbacks from one address. A processor's whole fleet may call from one. */
  readonly callbacks: number;
  /**
   * Callbacks from one address to one path: a processor that reports progress each second needs 300. Processors that come by
   * PrivateLink, or from behind one NAT, have one address together.
   */
  readonly callbackPath: number;
  /**
   * Everything else, from one address: senders, operators, public documents. An application behind one NAT has one
   * address, however many tasks it opens and asks about: 10,000 are 33 requests a second, all the time.
   */
  readonly others: number;
  /**
   * `GET /v1/handshake` from one address: each may make the gateway call a registered address. A processor that tries out
   * a handshake sends a few. Confirmations of calls that we start do not count.
   */
  readonly handshake: number;
}

/** Countries that requests may come from, as ISO 3166-1 alpha-2 codes: only these, or all but these. */
export type Countries = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/** What an environment says about its web ACL. */
export interface WebAclInput {
  /**
   * Most requests in five minutes. 1 USD a month for each rule.
   * @default { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 }
   */
  readonly rateLimits?: RateLimits;
  /**
   * Countries that requests may come from, operators' and senders' too, as ISO 3166-1 alpha-2 codes, 50 at most. AWS tells
   * the country by the address. 2 USD a month for two rules: those that stop callbacks are watched by `CallbackBlocked`.
   * @default from anywhere
   */
  readonly countries?: Countries;
  /**
   * Whether AWS's group of rules against denial of service looks at every request first. About 15 USD a month and 0.8 USD
   * a million requests that it does not block; nothing with Shield Advanced.
   * @default false
   */
  readonly antiDdos?: boolean;
}

/**
 * Protection from distributed denial of service. Shield Standard is always there and costs nothing. Shield Advanced costs
 * about 3,000 USD a month for a year, and its resources fail without a subscription, which CloudFormation cannot make: the
 * environment has to say that it is there.
 */
export type Shield = 'standard' | ShieldAdvanced;

export interface ShieldAdvanced {
  /** That it is wanted. */
  readonly advanced: true;
  /** Whether the account has subscribed; anything but `true` is refused. */
  readonly subscribed: boolean;
  /**
   * What Shield's own rules do with requests that it takes for part of an attack. Look first at what they count. They take
   * 150 capacity units of the web ACL, which stays within the 1,500 that are included. Accounts that subscribed after
   * 2026-03-26 have these rules only if AWS Support switched them on: `none` leaves them away, and `antiDdos` is what AWS
   * has in their place.
   * @default 'count'
   */
  readonly mitigation?: (typeof MITIGATIONS)[number];
  /**
   * Whom the Shield Response Team calls when the gateway suffers: 1 to 10 people. It needs Business or Enterprise Support,
   * and there is one list in an account.
   * @default nobody: the team is not asked to call
   */
  readonly contacts?: readonly EmergencyContact[];
}

/** https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response.html */
export const MITIGATIONS = ['count', 'block', 'none'] as const;

export interface EmergencyContact {
  /** Where mail reaches the contact. */
  readonly email: string;
  /**
   * E.164, as `+4930123456`. The team calls, so that one contact at least has one.
   * @default none
   */
  readonly phone?: string;
  /**
   * For instance when the contact is on duty; up to 1,024 characters.
   * @default none
   */
  readonly notes?: string;
}

/** A network that is there already. Everything is written down, so that synth looks nothing up. */
export interface ExistingNetwork {
  /** As `vpc-0123456789abcdef0`. */
  readonly vpcId: string;
  /** One public subnet for each of `availabilityZones`, in their order: the load balancer stands in them. */
  readonly publicSubnetIds: readonly string[];
  /** Whether the subnets have IPv6 addresses too. */
  readonly ipv6: boolean;
}

/** An object in S3, in the environment's region. */
export interface ObjectInS3 {
  /** The bucket's name. */
  readonly bucketName: string;
  /** The object's key. */
  readonly key: string;
  /**
   * Version of the object.
   * @default the newest at the time of deployment
   */
  readonly version?: string;
}

/**
 * A second listener, for callback routes alone, that asks its callers for a certificate: browsers and senders come by the
 * first one and must not be asked. No charge of its own but the trust store's, about 4 USD a month.
 */
export interface MutualTls {
  /**
   * 1 to 65535, and not 443. Callback URLs of processors with certificates contain it: change it only while no task of
   * such a processor is open, or those URLs stop working.
   * @default 8443
   */
  readonly port?: number;
  /**
   * `verify`: the load balancer takes certificates of the trust store's authorities alone, and ends a connection without one.
   * `passthrough`: any certificate is handed on, a connection without one is taken, and the processor's entry decides; say in
   * `unverifiedBecause` why.
   * @default 'verify'
   */
  readonly mode?: (typeof MUTUAL_TLS_MODES)[number];
  /**
   * Why the load balancer may hand on certificates that it has not verified, in a sentence of 20 characters or more; for
   * `passthrough`, and only for it. AWS does not say that the load balancer removes the header with the certificate where a
   * caller without one writes it. The header has a name that only the account knows. A caller who
   * learns the name needs the processor's certificate, which is no secret, and no key.
   * @default none, as `verify` has it
   */
  readonly unverifiedBecause?: string;
  /**
   * Certificates of the authorities, in PEM; for `verify`, and only for it.
   * @default none, as `passthrough` has it
   */
  readonly authorities?: ObjectInS3;
  /**
   * Lists of certificates that were revoked, in PEM; for `verify`.
   * @default none
   */
  readonly revocations?: readonly ObjectInS3[];
}

export const MUTUAL_TLS_MODES = ['verify', 'passthrough'] as const;
export const DEFAULT_MUTUAL_TLS_PORT = 8443;

/**
 * A way in from other accounts of AWS that does not touch the internet: a Network Load Balancer before the load balancer,
 * and an endpoint service. About 18 USD a month and 0.006 USD a capacity unit and hour; each caller pays for its endpoint.
 * The gateway then sees the Network Load Balancer's addresses instead of the callers': rates by address count all of them
 * together, and the country and the reputation of an address say nothing. Connections come on port 443 alone: processors
 * with certificates come by the internet.
 */
export interface PrivateLink {
  /**
   * ARNs of accounts, roles or users that may ask for a connection, as `arn:aws:iam::123456789012:root`. Each connection is
   * then accepted by hand.
   */
  readonly acceptedPrincipals: readonly string[];
}

/** How an environment on AWS is reached. */
export interface DoorInput {
  /**
   * Shield Standard is always there and free. Advanced costs 3,000 USD a month for the organisation, for a year at least,
   * and 0.05 USD a GB that leaves the load balancer. It covers what web ACL, rules, requests and `antiDdos` cost.
   * @default 'standard'
   */
  readonly shield?: Shield;
  /**
   * A network that is there already.
   * @default a network of its own: public subnets, no NAT gateway
   */
  readonly network?: ExistingNetwork;
  /**
   * A listener of its own that asks callers for certificates. No charge but for a trust store: 0.0056 USD an hour.
   * @default no listener asks for certificates
   */
  readonly mutualTls?: MutualTls;
  /**
   * A way in for processors that must not use the internet. About 18 USD a month for its load balancer.
   * @default callers come by the internet
   */
  readonly privateLink?: PrivateLink;
  /**
   * Why processors of a protected environment may be given URLs with the token in them (carrier `path`, proof `none`), in
   * a sentence: such tokens stand in the load balancer's access logs, and in those of whoever is in between. Codes of the
   * carrier `short` stand there too; they say nothing, but one that is not used up is as good as a token to who reads it.
   * @default they may not
   */
  readonly tokensInUrls?: string;
}
