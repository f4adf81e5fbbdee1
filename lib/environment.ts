import type { Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Grade, Processor, Registry } from '../lambda/contract/registry.ts';

/** A URL that may leave the machine. */
export type HttpsUrl = `https://${string}`;

/** An origin on this machine: clear text never leaves it. */
export type LoopbackOrigin = `http://127.0.0.1:${number}`;
export type LoopbackUrl = LoopbackOrigin | `${LoopbackOrigin}/${string}`;

/** Endpoints of an OpenID provider, as its `/.well-known/openid-configuration` lists them. */
export interface IdentityProvider<Url extends string = string> {
  /** `iss` of its tokens, character by character. */
  readonly issuer: Url;
  readonly jwksUri: Url;
  readonly authorizationEndpoint: Url;
  readonly tokenEndpoint: Url;
  readonly userInfoEndpoint: Url;
}

/** The client that operators sign in with at the console. */
export interface ConsoleClient {
  readonly clientId: string;
  /** Name of the secret in Secrets Manager; its JSON field `clientSecret` holds the client's secret. */
  readonly secretName: string;
}

/** One processor as an environment file has it; its id is its key. */
export type ProcessorInput = Pick<Processor, 'carriers' | 'contentTypes'> &
  Partial<Pick<Processor, 'proof' | 'schema' | 'replayMode' | 'sameBy' | 'sourceRanges'>> & {
    /**
     * Longest `expiresIn` that a task for it may ask for.
     * @default Duration.days(7)
     */
    readonly maxExpiresIn?: Duration;
  };

/**
 * Protection from distributed denial of service. Shield Advanced costs about 3,000 USD a month for a year and its
 * resources fail without a subscription, which CloudFormation cannot make: the environment has to say that it is there.
 */
export type Shield = 'standard' | { readonly advanced: true; readonly subscribed: boolean };

/** Requests from one address within five minutes before the web ACL blocks it. 10 at least. */
export interface RateLimits {
  readonly callbacks: number;
  readonly others: number;
}

interface CommonInput<Url extends string> {
  /** 12 digits. The CDK refuses to deploy with the credentials of another account. */
  readonly account: string;
  readonly region: string;
  /** Where the load balancer stands: two at least. Written down, so that synth looks nothing up. */
  readonly availabilityZones: readonly string[];
  readonly identityProvider: IdentityProvider<Url>;
  readonly consoleClient: ConsoleClient;
  /** By id: 2 to 32 of `[a-z0-9-]`. */
  readonly processors: Readonly<Record<string, ProcessorInput>>;
  /** The weakest credential mode that a processor may have; A is the strongest. */
  readonly minimumGrade: Grade;
  /** Whether tables, keys and the load balancer are kept from deletion, and the tables can be restored to any second. */
  readonly protected: boolean;
  /** @default Duration.hours(1) */
  readonly accessTokenMaxLifetime?: Duration;
  /**
   * How long a task and its payload are kept after its `expiresAt`.
   * @default Duration.days(30)
   */
  readonly retention?: Duration;
  /** @default RetentionDays.THREE_MONTHS */
  readonly logRetention?: RetentionDays;
  /**
   * Whether callback tokens carry the task's `owner`, which the processor can then read.
   * @default false
   */
  readonly ownerClaim?: boolean;
  /** @default { callbacks: 10_000, others: 2_000 } */
  readonly rateLimits?: RateLimits;
  /**
   * Topic that alarms are sent to.
   * @default alarms are seen in CloudWatch alone
   */
  readonly alarmTopicArn?: string;
}

/** An environment on AWS. */
export interface AwsEnvironmentInput extends CommonInput<HttpsUrl> {
  readonly runsOn: 'aws';
  /** Host name of callback URLs: the gateway's origin, and `iss` of its tokens, is `https://` + domain. */
  readonly domain: string;
  /**
   * Certificate for the domain, in the environment's region.
   * @default one is requested and validated in the hosted zone
   */
  readonly certificateArn?: string;
  /**
   * Zone that gets the domain's address records.
   * @default the domain is pointed at the load balancer by hand
   */
  readonly hostedZone?: { readonly id: string; readonly name: string };
  /** @default 'standard' */
  readonly shield?: Shield;
}

/** The environment that runs on one machine: the only one that clear-text URLs are allowed for. */
export interface LocalEnvironmentInput extends CommonInput<LoopbackUrl> {
  readonly runsOn: 'this-machine';
  readonly origin: LoopbackOrigin;
  readonly certificateArn: string;
  /** Where the public keys of `x-amzn-oidc-data` are, without the key id. On AWS the region decides. */
  readonly loadBalancerPublicKeysUrl: LoopbackUrl;
}

/** What an environment file exports. */
export type EnvironmentInput = AwsEnvironmentInput | LocalEnvironmentInput;

/** An environment that was read: complete, checked, and the same in shape wherever it runs. */
export interface Environment {
  /** The name of its file. */
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly availabilityZones: readonly string[];
  /** No trailing slash. */
  readonly origin: string;
  /** Host of the origin, without a port. */
  readonly host: string;
  readonly certificateArn?: string;
  readonly hostedZone?: { readonly id: string; readonly name: string };
  readonly identityProvider: IdentityProvider;
  readonly consoleClient: ConsoleClient;
  readonly loadBalancerPublicKeysUrl: string;
  readonly registry: Registry;
  readonly shield: Shield;
  readonly protected: boolean;
  readonly accessTokenMaxLifetime: Duration;
  readonly retention: Duration;
  readonly logRetention: RetentionDays;
  readonly ownerClaim: boolean;
  readonly rateLimits: RateLimits;
  readonly alarmTopicArn?: string;
}
