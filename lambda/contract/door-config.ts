import type { DoorLimits } from './door-limits.ts';
import type { FrontFunction, Method } from './route.ts';

/** Functions behind the network door. The console is not: its sign-in needs a load balancer. */
export type DoorFunction = Exclude<FrontFunction, 'console'>;

/** Everything that the program `door` knows of an environment, as JSON in its variable `DOOR_CONFIG`. */
export interface DoorConfig {
  readonly version: 1;
  readonly environment: string;
  /** The one host that the door serves, without a port. */
  readonly host: string;
  readonly ports: DoorPorts;
  readonly functions: Readonly<Record<DoorFunction, DoorTarget>>;
  /** The first rule that matches a request decides. */
  readonly rules: readonly DoorRule[];
  readonly checks: Readonly<Record<'sender' | 'operator', DoorTokenCheck>>;
  readonly limits: DoorLimits;
  readonly rates: DoorRates;
  readonly waf: DoorFirewall;
  /** Headers of every answer. */
  readonly answerHeaders: Readonly<Record<string, string>>;
  /** The door's own answers. */
  readonly answers: Readonly<Record<DoorAnswerName, DoorAnswer>>;
  /** Addresses that may call callback routes, in CIDR notation. Absent: every address. */
  readonly sources?: readonly string[];
  readonly certificate: DoorCertificate;
  readonly metrics: DoorMetricNames;
}

export interface DoorPorts {
  /** Connections with PROXY protocol version 2 and TLS. */
  readonly tls: number;
  /** `/healthz` in plain HTTP. */
  readonly health: number;
}

/** A function and what its event says of the way to it. */
export interface DoorTarget {
  /** ARN of the alias that the door invokes. */
  readonly arn: string;
  /** `requestContext.elb.targetGroupArn` of its events. */
  readonly targetGroupArn: string;
  /** Timeout of the function. */
  readonly timeoutSeconds: number;
}

export interface DoorRule {
  /** Patterns of whole paths, as sent. `*` stands for any characters, a slash among them; all else for itself. */
  readonly paths: readonly string[];
  /** Absent: every method. The function answers 405 to methods that it does not have. */
  readonly methods?: readonly Method[];
  readonly function: DoorFunction;
  /** The access token that a request must have. */
  readonly check: 'none' | 'sender' | 'operator';
  /** Decides on the rates and on the rules of the firewall. */
  readonly profile: DoorProfile;
  /** Largest body. A larger one gets 413. */
  readonly bodyBytes: number;
}

/** `callback`: a processor calls, and its body may be anything. */
export type DoorProfile = 'callback' | 'other';

/** A check of an access token: signature by RS256, issuer, times, and these claims. */
export interface DoorTokenCheck {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly claims: readonly DoorClaim[];
}

/** A claim must have all of the values. The formats are those of the load balancer's `jwt-validation`. */
export interface DoorClaim {
  readonly name: string;
  readonly format: 'single-string' | 'string-array' | 'space-separated-values';
  readonly values: readonly string[];
}

/** Most requests of one address in the window. Each task counts by itself. */
export interface DoorRates {
  readonly windowSeconds: number;
  readonly callbacks: number;
  /** Callbacks of one address to one path. */
  readonly callbackPath: number;
  readonly others: number;
  /** Requests for `handshakePath`. They count as `others` too. */
  readonly handshake: number;
  readonly handshakePath: string;
  /** Addresses and paths that are counted at a time. */
  readonly keys: number;
}

export interface DoorFirewall {
  /** Rules in SecLang, for Coraza. */
  readonly directives: string;
}

/** The secret is JSON: `certificate` is the chain in PEM, and `privateKey` its key in PEM. */
export type DoorCertificate =
  | { readonly secretId: string }
  | { readonly certificateFile: string; readonly privateKeyFile: string };

export interface DoorMetricNames {
  readonly namespace: string;
  /** Name of the dimension with the name of the environment. */
  readonly environmentDimension: string;
}

export type DoorAnswerName =
  /** No rule matches, or the host is another one. */
  | 'notFound'
  | 'unreadable'
  /** The method is TRACE. Of other methods the function decides. */
  | 'methodRefused'
  /** A line of a header is too long, or all of them together are. */
  | 'headersTooLarge'
  /** The access token is missing or not accepted. */
  | 'unauthorized'
  /** `sources` does not have the address. */
  | 'forbidden'
  /** The firewall blocks the request. */
  | 'refused'
  /** The body did not come in time. */
  | 'slow'
  | 'tooLarge'
  | 'tooLong'
  /** Above a rate. */
  | 'tooMany'
  /** Everything that was not foreseen. */
  | 'unavailable';

/** An answer of the door itself. The body is `problem` with the id of the request as `requestId` (RFC 9457). */
export interface DoorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: DoorProblem;
}

export interface DoorProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code?: string;
}
