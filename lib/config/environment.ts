import type { Duration, Size } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AccessTokenProfile } from '../../lambda/contract/access-token-profile.ts';
import type { CallbackTokenAlgorithm } from '../../lambda/contract/claims.ts';
import type { ReturnParameter } from '../../lambda/contract/console-session.ts';
import type { OperatorRoles } from '../../lambda/contract/operator-roles.ts';
import type { Policies } from '../../lambda/contract/policy.ts';
import type { Grade } from '../../lambda/contract/proofs.ts';
import type { Processor, Registry } from '../../lambda/contract/registry.ts';
import type {
  Countries,
  DoorInput,
  ExistingNetwork,
  MutualTls,
  PrivateLink,
  RateLimits,
  Shield,
  WebAclInput,
} from './edge.ts';
import type { Monitoring, MonitoringInput } from './monitoring.ts';
import type { Operation, OperationInput } from './operation.ts';
import type { ProofInput, PublicJwk } from './proofs.ts';

/** A URL that may leave the machine. */
export type HttpsUrl = `https://${string}`;

/** An origin on this machine: clear text never leaves it. */
export type LoopbackOrigin = `http://127.0.0.1:${number}`;
export type LoopbackUrl = LoopbackOrigin | `${LoopbackOrigin}/${string}`;

/** Endpoints of an OpenID provider, as its `/.well-known/openid-configuration` lists them. */
export interface IdentityProvider<Url extends string = string> {
  /** `iss` of its tokens, character by character. */
  readonly issuer: Url;
  /** Its keys: RS256 among them, at most 150 KB and 10 keys, because the load balancer reads them too. */
  readonly jwksUri: Url;
  /** Where operators sign in. */
  readonly authorizationEndpoint: Url;
  /** Where the load balancer gets their tokens. */
  readonly tokenEndpoint: Url;
  /** Where it asks who they are. */
  readonly userInfoEndpoint: Url;
  /**
   * Where the console sends an operator who signs out, so that the provider's own session ends as well
   * (`end_session_endpoint`; of Cognito `https://DOMAIN/logout`). The provider must know `https://DOMAIN/console` as a
   * place to return to.
   * @default signing out ends the session at the load balancer alone, and the page says so
   */
  readonly endSessionEndpoint?: Url;
  /**
   * How the provider names the place to return to: Cognito takes `logout_uri`.
   * @default 'post_logout_redirect_uri'
   */
  readonly endSessionReturn?: ReturnParameter;
}

/** The client that operators sign in with at the console. */
export interface ConsoleClient {
  /** Its id at the identity provider. */
  readonly clientId: string;
  /** Name of the secret in Secrets Manager; its JSON field `clientSecret` holds the client's secret. */
  readonly secretName: string;
  /**
   * What is asked for at the sign-in. `openid` is one of them; a provider may want more before it says in which groups
   * somebody is, as Okta does with `groups`.
   * @default ['openid', 'profile']
   */
  readonly scopes?: readonly string[];
}

/** How long operators stay signed in to the console. */
export interface ConsoleSession {
  /**
   * From the sign-in on, five minutes to a week. The load balancer ends the session then. A copy of its cookie works for as
   * long, whatever else happens.
   * @default Duration.hours(8)
   */
  readonly limit?: Duration;
  /**
   * Without asking for a page, one minute to `limit`. The console then ends the session in the operator's browser.
   * @default Duration.minutes(30)
   */
  readonly idle?: Duration;
}

/** One processor as an environment file has it; its id is its key. */
export interface ProcessorInput
  extends Pick<Processor, 'carriers' | 'contentTypes'>,
    Partial<
      Pick<
        Processor,
        'schema' | 'allowEmptyResult' | 'checkJson' | 'replayMode' | 'sameBy' | 'sourceRanges' | 'encrypted'
      >
    > {
  /**
   * What its calls must show beside the token, so that a stolen token is worth nothing. `docs/process/guide.md` says
   * what each asks of the processor.
   * @default { kind: 'none' }
   */
  readonly proof?: ProofInput;
  /**
   * Longest `expiresIn` that a task for it may ask for, one minute to a week.
   * @default Duration.days(7)
   */
  readonly maxExpiresIn?: Duration;
  /**
   * How often a task may report progress, 1 to 10,000. Each report is a transaction and an event.
   * @default 1_000
   */
  readonly progressUses?: number;
  /**
   * How many different uploads a task may ask for, 1 to 10,000. Each offer stays on the task, about 1 KB.
   * @default 3
   */
  readonly uploadUses?: number;
}

/**
 * What a key of callback tokens is for.
 * - `current`: it signs, and what it signed is accepted. One key does.
 * - `next`: published and accepted before it signs, so that nobody meets a key that is not known yet.
 * - `previous`: signs no more; what it signed is accepted until it has expired.
 * - `retired`: nothing it signed is accepted. It is still there, so that the gateway lets go of it before it is taken
 *   out of the file.
 */
export const SIGNING_KEY_USES = ['current', 'next', 'previous', 'retired'] as const;
export type SigningKeyUse = (typeof SIGNING_KEY_USES)[number];

/** A key that callback tokens are, were or will be signed with. It lives in KMS: about 1 USD a month. */
export interface SigningKey {
  /** `current`, `next`, `previous` or `retired`: `docs/operate/key-rotation.md`. */
  readonly use: SigningKeyUse;
  /**
   * `RS256` tokens can be checked by a load balancer too, but are too long for a callback URL: no processor may have the
   * carrier `path` while such a key signs. A key has one algorithm for life (RFC 8725 §3.1).
   * @default 'ES256'
   */
  readonly algorithm?: CallbackTokenAlgorithm;
}

/** How senders' access tokens are read, and how often each is good. */
export interface AccessTokens {
  /**
   * How the identity provider writes them: a ready profile of `lambda/contract/access-token-profile.ts`, with what is
   * this environment's own.
   * @default RFC_9068
   */
  readonly profile?: AccessTokenProfile;
  /**
   * How the identity provider writes the claim that says what a token is for. The load balancer compares one of the two
   * forms; a provider that sends `aud` as a list even of one (Keycloak with several audience mappers) needs `list`.
   * @default 'text'
   */
  readonly audienceForm?: AudienceForm;
  /**
   * `one-time`: each token is accepted once, for one request: one write more per request, and one token of the provider.
   * @default 'many'
   */
  readonly uses?: AccessTokenUses;
}

/** Keys for callback tokens that nobody but the gateway may read; `npm run encryption-key` makes them. */
export interface TokenEncryption {
  /** Name of the secret in Secrets Manager that holds the private key as a JWK, or a set of them while they are changed. */
  readonly secretName: string;
  /** The public half: P-256, with its `kid`. New tokens are encrypted with it. */
  readonly publicJwk: PublicJwk & { readonly kid: string };
}

export const AUDIENCE_FORMS = ['text', 'list'] as const;
export type AudienceForm = (typeof AUDIENCE_FORMS)[number];

export const ACCESS_TOKEN_USES = ['many', 'one-time'] as const;
export type AccessTokenUses = (typeof ACCESS_TOKEN_USES)[number];

interface CommonInput<Url extends string> extends WebAclInput, MonitoringInput, OperationInput {
  /** 12 digits. The CDK refuses to deploy with the credentials of another account. */
  readonly account: string;
  /** As `eu-west-1`: everything of the environment is there. */
  readonly region: string;
  /** Where the load balancer stands: two at least. Written down, so that synth looks nothing up.
   * Each costs a public IPv4 address, about 4 USD a month. */
  readonly availabilityZones: readonly string[];
  /** Who gives senders and processors their access tokens, and signs operators in. */
  readonly identityProvider: IdentityProvider<Url>;
  /** The client that operators sign in with. Its secret in Secrets Manager costs 0.40 USD a month. */
  readonly consoleClient: ConsoleClient;
  /**
   * Where the identity provider says which roles an operator has, and which value means which role: a ready profile of
   * `lambda/contract/operator-roles.ts`, with what is this environment's own. `docs/operate/deploying.md` has the steps for each
   * provider.
   * @default USERINFO_ROLES
   */
  readonly operatorRoles?: OperatorRoles;
  /**
   * How long operators stay signed in.
   * @default { limit: Duration.hours(8), idle: Duration.minutes(30) }
   */
  readonly consoleSession?: ConsoleSession;
  /** By id: 2 to 32 of `[a-z0-9-]`. */
  readonly processors: Readonly<Record<string, ProcessorInput>>;
  /** The weakest credential mode that a processor may have; A is the strongest. */
  readonly minimumGrade: Grade;
  /**
   * The key that callback tokens of `encrypted` processors are encrypted with. The secret costs 0.40 USD a month.
   * @default none: no processor may be `encrypted`
   */
  readonly tokenEncryption?: TokenEncryption;
  /**
   * Rules that code should not hold, in Cedar, as text: read them from a file beside the environment's. Once there are any,
   * what none of them permits is denied, callbacks (`policy_denied`) and the opening of tasks. What they can speak of is in
   * `lambda/contract/policy.ts`. Cedar makes the two functions that ask it about 4 MB larger and their first question
   * some tens of milliseconds slower.
   * @default none: nothing is asked
   */
  readonly policies?: string;
  /**
   * Whether tables, keys and the load balancer are kept from deletion, and the tables can be restored to any second of the
   * last 35 days: about 0.22 USD a GB of tables and month.
   */
  readonly protected: boolean;
  /**
   * The keys of callback tokens by id (1 to 32 of `[a-z0-9-]`): one is `current`, nine others at most. An id never
   * changes its key: a rotation is a new id, and `docs/operate/key-rotation.md` tells its steps. About 1 USD a month each.
   * @default { first: { use: 'current' } }
   */
  readonly signingKeys?: Readonly<Record<string, SigningKey>>;
  /**
   * How access tokens are read, and how often each is good.
   * @default { profile: RFC_9068, audienceForm: 'text', uses: 'many' }
   */
  readonly accessToken?: AccessTokens;
  /**
   * Longest `exp` − `iat` of an access token, one minute to one day.
   * @default Duration.hours(1)
   */
  readonly accessTokenMaxLifetime?: Duration;
  /**
   * How long a task and its payload are kept after its `expiresAt`: one day to ten years. About 0.28 USD a GB of tables
   * and month, 0.02 USD a GB of the payload bucket.
   * @default Duration.days(30)
   */
  readonly retention?: Duration;
  /**
   * How long logs of functions and of the web ACL are kept. About 0.03 USD a GB and month, after 0.57 USD a GB to write it.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
  /**
   * How long access, connection and health-check logs of the load balancer are kept, 1 to 365 whole days. Access
   * logs hold the tokens of processors that are given a URL only; none is good longer than 7 days. About 0.02 USD a GB and
   * month.
   * @default Duration.days(30)
   */
  readonly loadBalancerLogRetention?: Duration;
  /**
   * Whether callback tokens carry the task's `owner`, which the processor can then read.
   * @default false
   */
  readonly ownerClaim?: boolean;
  /**
   * Whether senders may cut query and body names to any unambiguous prefix.
   * @default false
   */
  readonly abbreviations?: boolean;
  /**
   * Largest payload that is kept on its task, 0 to 60 KiB; a larger one goes to the payload bucket. Above about 4 KiB the
   * two write units of a transaction's KiB cost more than an S3 PUT (5 USD a million).
   * @default Size.kibibytes(4)
   */
  readonly inlineLimit?: Size;
  /**
   * Late deliveries of one task that are kept for the sender to take or discard, 0 to 20; 0 keeps none, and late results
   * are lost. Each costs one write of its task, and its bytes for as long as the task is kept. What is kept when a task is
   * reopened does not count.
   * @default 5
   */
  readonly quarantineLimit?: number;
}

/** An environment on AWS. */
export interface AwsEnvironmentInput extends CommonInput<HttpsUrl>, DoorInput {
  /** The environment is deployed. */
  readonly runsOn: 'aws';
  /**
   * Host name of callback URLs: the gateway's origin, and `iss` of its tokens, is `https://` + domain. At most 128
   * characters, which a listener rule can name; 64 where the certificate is requested; and no URL may reach 1,024 bytes.
   */
  readonly domain: string;
  /**
   * Certificate for the domain, in the environment's region. Public ones of ACM are free.
   * @default one is requested and validated in the hosted zone
   */
  readonly certificateArn?: string;
  /**
   * Zone that gets the domain's address records. No charge beside the zone's own.
   * @default the domain is pointed at the load balancer by hand
   */
  readonly hostedZone?: { readonly id: string; readonly name: string };
}

/** The environment that runs on one machine: the only one that clear-text URLs are allowed for. */
export interface LocalEnvironmentInput extends CommonInput<LoopbackUrl> {
  /** The environment is `local`, and never deployed. */
  readonly runsOn: 'this-machine';
  /** The gateway's origin, and `iss` of its tokens. */
  readonly origin: LoopbackOrigin;
  /** A placeholder: the listener is HTTPS in the template and served in clear on this machine. */
  readonly certificateArn: string;
  /** Where the public keys of `x-amzn-oidc-data` are, without the key id. On AWS the region decides. */
  readonly loadBalancerPublicKeysUrl: LoopbackUrl;
}

/** What an environment file exports. */
export type EnvironmentInput = AwsEnvironmentInput | LocalEnvironmentInput;

/** An environment that was read: complete, checked, and the same in shape wherever it runs. */
export interface Environment extends Monitoring, Operation {
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
  readonly consoleClient: Required<ConsoleClient>;
  readonly operatorRoles: OperatorRoles;
  readonly consoleSession: Required<ConsoleSession>;
  readonly loadBalancerPublicKeysUrl: string;
  readonly registry: Registry;
  /** Where handshakes may call to: addresses of the internet, or this machine alone. */
  readonly egress: 'public' | 'loopback';
  readonly policies?: Policies;
  readonly tokenEncryption?: TokenEncryption;
  readonly shield: Shield;
  readonly network?: ExistingNetwork;
  readonly mutualTls?: MutualTls & Required<Pick<MutualTls, 'port' | 'mode'>>;
  readonly privateLink?: PrivateLink;
  readonly protected: boolean;
  /** By id; the algorithm filled in. */
  readonly signingKeys: Readonly<Record<string, Required<SigningKey>>>;
  readonly accessToken: Required<AccessTokens>;
  readonly accessTokenMaxLifetime: Duration;
  readonly retention: Duration;
  readonly logRetention: RetentionDays;
  readonly loadBalancerLogRetention: Duration;
  readonly ownerClaim: boolean;
  readonly abbreviations: boolean;
  readonly inlineLimit: Size;
  readonly quarantineLimit: number;
  readonly rateLimits: RateLimits;
  readonly countries?: Countries;
  readonly antiDdos: boolean;
}
