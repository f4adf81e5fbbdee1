// `npm run docs` writes this file from the schema in lib/config and its doc comments.
import type { JsonWebKey } from 'node:crypto';
import type { Duration, Size } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { JsonValue, SecretHeader } from '../lambda/contract/dispatch.ts';

/** A public key as a JWK (RFC 7517). */
export type PublicJwk = JsonWebKey;

/** The settings of an environment, without its name, account and Region. */
export interface EnvironmentSettings {
  /**
   * Host name of callback URLs. The gateway's origin, which is also `iss` of its tokens, is `https://` and this name. It has
   * at most 128 characters, because a listener rule names it, or 64 if ACM requests the certificate. It is short enough
   * that every callback URL has fewer than 1,024 bytes.
   */
  readonly domain: string;
  /**
   * Certificate for the domain, in the environment's Region. Public certificates of ACM are free.
   * @default - ACM requests one and validates it in the hosted zone
   */
  readonly certificateArn?: string;
  /**
   * Hosted zone that gets the domain's address records. It costs nothing beside the charge for the zone itself.
   * @default - you point the domain at the load balancer yourself
   */
  readonly hostedZone?: HostedZone;
  /**
   * Zones of the load balancer, two or more of the Region. They are in the file so that synth looks nothing up. Each zone
   * costs a public IPv4 address, about 4 USD a month.
   */
  readonly availabilityZones: readonly string[];
  /**
   * Identity provider that issues access tokens to senders and processors, and signs operators in.
   * `docs/operate/identity-providers/README.md` has the steps for each provider.
   * @default - with `cognito`, the user pool; otherwise it is required
   */
  readonly identityProvider?: IdentityProvider;
  /**
   * Client that operators sign in with. Its secret in Secrets Manager costs 0.40 USD a month.
   * @default - with `cognito`, a client of the user pool; otherwise it is required
   */
  readonly consoleClient?: ConsoleClient;
  /**
   * Source of the operators' roles, and the values that mean each role: a ready profile with the values of this environment,
   * for example `OKTA_OPERATORS` of `@postern/cdk`. `docs/operate/identity-providers/README.md` has the steps for each provider.
   * @default - `USERINFO_ROLES`; with `cognito`, the groups of the user pool
   */
  readonly operatorRoles?: OperatorRoles;
  /**
   * Actions that no operator can do in this environment: 403 `action_disabled`. Policies can deny further actions. It is free.
   * @default - none
   */
  readonly disabledActions?: readonly (
    | 'cancel'
    | 'revoke'
    | 'reopen'
    | 'accept'
    | 'discard'
    | 'reveal'
    | 'revoke_all'
    | 'abort'
    | 'redrive'
    | 'retire'
    | 'dispatch'
    | 'pause'
    | 'resume_dispatch'
  )[];
  /**
   * True if operators can only read: it switches every action off, including `reveal`, which shows a payload. It is free.
   * @default false
   */
  readonly operatorsReadOnly?: boolean;
  /**
   * Lifetime of an operator's session.
   * @default { limit: Duration.hours(8), idle: Duration.minutes(30) }
   */
  readonly consoleSession?: ConsoleSession;
  /**
   * Format of access tokens, and the number of uses of each. Without a `profile` it is that of RFC 9068, or of the user pool with
   * `cognito`.
   * @default { audienceForm: 'text', uses: 'many' }
   */
  readonly accessToken?: AccessTokens;
  /**
   * Longest `exp` − `iat` of an access token.
   * @default Duration.hours(1)
   */
  readonly accessTokenMaxLifetime?: Duration;
  /**
   * Sending systems, by an id of 2 to 32 characters of `[a-z0-9-]`, at most 100. Each owns its tasks: no other application can
   * see or change them. The client of an access token decides the application of a request. The application `default` owns
   * the tasks that were created before the setting existed. A protected environment must have it.
   * `docs/concepts/isolation.md` compares applications, environments and accounts.
   * @default - one application `default` with every client
   */
  readonly applications?: Readonly<Record<string, ApplicationSettings>>;
  /** Outside systems that call back, by an id of 2 to 32 characters of `[a-z0-9-]`. */
  readonly processors: Readonly<Record<string, ProcessorSettings>>;
  /** The weakest grade that a processor may have; A is the strongest. */
  readonly minimumGrade: 'A' | 'B' | 'C' | 'D';
  /**
   * Way to sign callback tokens. `kms` signs each token with a request to KMS: 15 USD a million, at most 1,000 a second in an
   * account and Region, and each signature is in CloudTrail. `docs/operate/key-rotation.md` has the steps of a change.
   * @default { kind: 'rotating' }
   */
  readonly signing?: RotatingSigning | { readonly kind: 'kms' };
  /**
   * Keys of callback tokens in KMS by an id of 1 to 32 characters of `[a-z0-9-]`, at most ten. With `kms`, one is `current`. An
   * id never changes its key: a rotation adds a new id, by the steps of `docs/operate/key-rotation.md`. With `rotating`, no key
   * of this list signs, and the tokens of all but `retired` ones are accepted: for 7 days more after a key has left the list. About
   * 1 USD a month each.
   * @default - one key `first` with the use `current` for `kms`, no key for `rotating`
   */
  readonly signingKeys?: Readonly<Record<string, SigningKey>>;
  /**
   * Key that callback tokens of `encrypted` processors are encrypted with. The secret costs 0.40 USD a month.
   * @default - none: no processor may be `encrypted`
   */
  readonly tokenEncryption?: TokenEncryption;
  /**
   * Rules in Cedar, as text: read them from a file beside the environment's. Or rules in Rego: `rego` is the text, and `wasm` has the
   * bytes of the module that `postern env policies build` makes of it. With policies, everything that none of them permits is denied:
   * callbacks (`policy_denied`), and requests of senders and operators. `docs/operate/policies.md` has the names that they may use.
   * Cedar makes the functions that evaluate policies about 4 MB larger, and their first evaluation some tens of milliseconds slower.
   * A module in Rego has about 0.2 MB.
   * @default - none: no policy is evaluated
   */
  readonly policies?: string | { readonly rego: string; readonly wasm: Uint8Array };
  /**
   * True if callback tokens carry the task's `owner`, which the processor can then read.
   * @default false
   */
  readonly ownerClaim?: boolean;
  /**
   * True if senders may shorten query and body names to any unambiguous prefix.
   * @default false
   */
  readonly abbreviations?: boolean;
  /**
   * Another issuer of the access tokens of senders, for instance AWS itself with the profile `AWS_IAM`. One issuer at a time:
   * tokens of the identity provider then work for operators and processors only. `docs/operate/senders-in-aws.md` has the steps.
   * @default - the identity provider, with the format in `accessToken`
   */
  readonly senderAccessToken?: SenderAccessToken;
  /**
   * A user pool of Amazon Cognito, for a team without an identity provider: `{}` is enough. `identityProvider`, `consoleClient` and
   * the profiles of access tokens follow from it. An application with `clients: 'cognito'` gets a client of the pool, for 6 USD a
   * month and 0.00225 USD for each access token; an operator costs 0.02 USD a month. The secret of the console's client costs
   * 0.40 USD a month. With `identityProvider` beside it, the pool exists and the gateway does not use it.
   * `docs/operate/identity-providers/cognito.md` has the steps.
   * @default - none: the environment has an `identityProvider`
   */
  readonly cognito?: Cognito;
  /**
   * True if tables, keys and the load balancer are protected from deletion, and the tables can be restored to any second of
   * the last 35 days: about 0.22 USD a GB of tables and month.
   */
  readonly protected: boolean;
  /**
   * Time that a task and its payload are kept after its `expiresAt`. Used tokens are remembered for one day, so that the
   * task of a repeat still exists. About 0.28 USD a GB of tables and month, 0.02 USD a GB of the payload bucket.
   * @default Duration.days(30)
   */
  readonly retention?: Duration;
  /**
   * Time that the audit of operators' actions is kept, in whole seconds. It belongs to an item when it is written: a change
   * of the setting leaves earlier items as they are. About 0.28 USD a GB and month; an item has less than 1 KB.
   * @default Duration.days(365)
   */
  readonly auditRetention?: Duration;
  /**
   * Time that logs of functions and of the web ACL are kept. About 0.03 USD a GB and month, after 0.57 USD a GB to write it.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
  /**
   * Time that access, connection and health-check logs of the load balancer are kept, in whole days. Access logs hold the
   * tokens of processors with URLs only; such a token works for at most 7 days. About 0.02 USD a GB and month.
   * @default Duration.days(30)
   */
  readonly loadBalancerLogRetention?: Duration;
  /**
   * Largest payload that is kept on its task; a larger one goes to the payload bucket. Above about 4 KiB the write units of
   * a transaction, two for each KiB, cost more than an S3 PUT (5 USD a million).
   * @default Size.kibibytes(4)
   */
  readonly inlineLimit?: Size;
  /**
   * Late deliveries of one task that are kept until the sender accepts or discards them. With 0, late results are lost. Each
   * costs one write of its task, and its bytes while the task is kept. Deliveries that are kept when a task is reopened do
   * not count.
   * @default 5
   */
  readonly quarantineLimit?: number;
  /**
   * Way in to the gateway: an Application Load Balancer with a web ACL (`application`), or a Network Load Balancer before a
   * program of Postern (`network`). `docs/operate/network-door.md` compares them, and has the steps of a switch.
   * @default { kind: 'application' }
   */
  readonly ingress?: { readonly kind: 'application' } | NetworkIngress;
  /**
   * Protection from distributed denial of service. Shield Standard is always active and free. Shield Advanced costs
   * 3,000 USD a month for the organisation, for a year at least, and 0.05 USD a GB that leaves the load balancer. It
   * includes web ACL, rules, requests and `antiDdos`.
   * @default 'standard'
   */
  readonly shield?: 'standard' | ShieldAdvanced;
  /**
   * An existing network.
   * @default - the stack makes a network: public subnets, no NAT gateway
   */
  readonly network?: Network;
  /**
   * A second listener that asks callers for certificates. Free, except for its trust store: 0.0056 USD an hour.
   * @default - no listener asks for certificates
   */
  readonly mutualTls?: MutualTls;
  /**
   * Access for processors that must not use the internet. About 18 USD a month for its load balancer.
   * @default - callers use the internet
   */
  readonly privateLink?: PrivateLink;
  /**
   * Reason for tokens in the URLs of a protected environment (carrier `path`, proof `none`), in a sentence of 20 characters
   * or more. Access logs of the load balancer and of proxies hold such tokens. They hold the codes of the carrier `short`
   * too; a code reveals nothing, but until it is used up its reader can use it like a token.
   * @default - such processors are refused
   */
  readonly tokensInUrls?: string;
  /**
   * Most requests in five minutes. 1 USD a month for each rule.
   * @default { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 }
   */
  readonly rateLimits?: RateLimits;
  /**
   * Countries that requests may come from, those of operators and senders too, as at most 50 ISO 3166-1 alpha-2 codes. AWS
   * finds the country by the address. 2 USD a month for two rules. The alarm `CallbackBlocked` counts the callbacks that
   * they stop.
   * @default - requests may come from anywhere
   */
  readonly countries?: { readonly only: readonly string[] } | { readonly except: readonly string[] };
  /**
   * True if AWS's rule group against denial of service examines every request first. About 15 USD a month, and 0.8 USD a
   * million requests that it does not block; free with Shield Advanced.
   * @default false
   */
  readonly antiDdos?: boolean;
  /**
   * Receivers of alarms. The stack makes two topics and a key for them (about 1 USD a month). Each subscriber
   * has to confirm once. A protected environment has these or `alarmTopicArn`.
   * @default - alarms are visible in CloudWatch only
   */
  readonly alarmSubscribers?: AlarmSubscribers;
  /**
   * A topic of yours, in the environment's Region, that gets pages and tickets in place of topics of the stack. Its policy
   * must let `cloudwatch.amazonaws.com` publish; the policy of its key too, if it is encrypted.
   * @default - none
   */
  readonly alarmTopicArn?: string;
  /**
   * Address of your runbook. The console links each raised alarm to its heading there: this address, `#` and the alarm's name
   * in small letters. `docs/operate/runbook.md` has these headings.
   * @default - raised alarms have no link
   */
  readonly runbookUrl?: `https://${string}`;
  /**
   * Tasks that may expire within 15 minutes before the alarm `TaskExpired`. Choose a number above what is normal.
   * @default 10
   */
  readonly toleratedExpiries?: number;
  /**
   * Callbacks that may be refused with a challenge (a wrong, foreign or used token) within 15 minutes before the alarm
   * `TokenRefused`. Choose a number above what is normal; scanners on the internet cause some.
   * @default 100
   */
  readonly toleratedRefusals?: number;
  /**
   * Requests to callback routes that the web ACL may block within 15 minutes before the alarm `CallbackBlocked`. A blocked
   * processor loses results, so the number should be small. AWS may refuse as many requests and packets for the reputation
   * of their address before `LowReputationDenied`.
   * @default 10
   */
  readonly toleratedBlocks?: number;
  /**
   * Requests that the load balancer or a function may answer with 5xx within 5 minutes before the alarm `ServerErrors`. The
   * functions that answer requests may have as many errors and throttles (`FunctionErrors`, `FunctionThrottles`).
   * @default 5
   */
  readonly toleratedServerErrors?: number;
  /**
   * Time that 99 of 100 callbacks may take, from event to answer, before the alarm `CallbackLatency`. With few callbacks one
   * of them decides, and the first after a quiet hour starts a function: choose a time above what that takes.
   * @default Duration.seconds(3)
   */
  readonly toleratedLatency?: Duration;
  /**
   * Age that the oldest unpublished change may reach before the alarm `PublishDelayed`. A change that is not published within
   * 23 hours never reaches the applications that wait for it.
   * @default Duration.minutes(5)
   */
  readonly toleratedPublishDelay?: Duration;
  /**
   * Time that the outcome of a task may wait until its workflow was told, before the alarms `OutcomesDelayed` and `ResumeDelayed`.
   * Choose less than the workflows themselves can wait. An outcome is given up after 24 hours.
   * @default Duration.minutes(15)
   */
  readonly toleratedResumeDelay?: Duration;
  /**
   * Time for which an attempt to send work may be due and not be made, before the alarm `DispatchDelayed`. Waits between attempts, an
   * open breaker, and processors that an operator paused do not count. It applies only if the environment sends work.
   * @default Duration.minutes(30)
   */
  readonly toleratedDispatchDelay?: Duration;
  /**
   * Reserved concurrency of functions: most events that each processes at the same time, and as many reserved for it. A cap
   * of `metadata` and `console` keeps a flood of reads from the capacity of callbacks. One of `receive` keeps callbacks from
   * the capacity of the rest of the account. Above it the load balancer answers 5xx, and background work waits. It is free,
   * but the account's pool in the Region becomes smaller by it. Without a cap, a flood of reads competes with callbacks, up
   * to the rate limit of each address.
   *
   * Lambda refuses to leave fewer than 100 in the pool, so the default needs an account with 120 concurrent executions. New
   * accounts may have 10, and the deployment fails there. Request more (Service Quotas, Lambda), or write
   * `{ handshake: 'unreserved' }`.
   * @default { handshake: 20 }
   */
  readonly reservedConcurrency?: ReservedConcurrency;
  /**
   * Most request units a second that each table, and each of its indexes, may use. DynamoDB throttles requests above, and
   * the gateway answers them with 503. It limits the bill of a flood, and the gateway too: a use of a token writes two units
   * for each KiB of its whole task, and the index as well. It is free.
   * @default - the account's quota
   */
  readonly tableThroughput?: TableThroughput;
  /**
   * Request units a second that each table, and each of its indexes, handles at once, without growing first. Without this
   * setting a new table handles 12,000 reads and 4,000 writes, and later twice its highest load so far; DynamoDB throttles
   * more for up to half an hour, and the gateway answers with 503. It can be raised and never lowered, because DynamoDB keeps
   * what it has prepared. DynamoDB charges once for what it prepares above its own values; `postern env cost` does not count it.
   * Each of `indexShards` still handles 1,000 units a second at most.
   * @default - DynamoDB's own values
   */
  readonly warmThroughput?: WarmThroughput;
  /**
   * Shards of each index of the tasks table. Each shard handles about 500 tasks a second that are created and closed; above,
   * creation is refused and callbacks get 503 (`docs/reference/capacity.md`). A page of a list, and each run of the expiry
   * function, queries every shard, for half a read unit each. Raise it in a separate deployment with `deploymentPace`
   * `all-at-once`, and never lower it. While code with different shard counts runs, tasks in shards that are not queried are
   * neither listed nor expired.
   * @default 16
   */
  readonly indexShards?: number;
  /**
   * ARNs of IAM roles that may read and change tasks and payloads, back up, export and restore tables, and read the load
   * balancer's logs, if their own policies allow it. Each may end in a `*`; together they have at most 8,000 characters. All
   * other principals of the account are denied that, administrators too, except for the gateway's functions. The role of a
   * backup plan belongs here.
   * @default - no role
   */
  readonly dataOperators?: readonly string[];
  /**
   * Ids of other AWS accounts that may create their rules on the event bus. A rule of such an account matches events of
   * Postern only, and only its account can change it. Applications in the environment's own account need nothing. The
   * setting is free; EventBridge charges for delivery to another account.
   * @default - only the environment's own account creates rules
   */
  readonly eventRuleAccounts?: readonly string[];
  /**
   * Pace at which new code of the functions replaces the old. All but `all-at-once` watch alarms meanwhile and roll back if
   * one is raised; a deployment that changes code takes as long. To deploy while such an alarm is raised, use
   * `all-at-once`. It is free.
   * @default 'canary-10-percent-5-minutes'
   */
  readonly deploymentPace?:
    | 'all-at-once'
    | 'canary-10-percent-5-minutes'
    | 'canary-10-percent-30-minutes'
    | 'linear-10-percent-every-minute';
  /**
   * Wave in which the workflow deploys the environment. A wave begins when every environment of the earlier waves is deployed
   * and its smoke test has passed. A manual deployment ignores it.
   * @default - wave 3 if `protected` is true, wave 1 if not
   */
  readonly deploymentWave?: 1 | 2 | 3;
  /**
   * True if X-Ray traces requests through the functions: one a second and 5 % of the others by its default rule, about 5 USD
   * a million traces. A trace has times and outcomes, and nothing of the requests.
   * @default false
   */
  readonly tracing?: boolean;
}

/** A public hosted zone of Route 53. */
export interface HostedZone {
  /** Id of the zone. */
  readonly id: string;
  /** Name of the zone, without a dot at its end. The domain belongs to it. */
  readonly name: string;
}

/** Endpoints of an OpenID provider, as its `/.well-known/openid-configuration` lists them. */
export interface IdentityProvider {
  /** `iss` of its tokens, character by character. */
  readonly issuer: `https://${string}`;
  /**
   * The provider's keys. The load balancer reads them too: RS256 must be among them, and they have at most 150 KB and 10 keys.
   */
  readonly jwksUri: `https://${string}`;
  /** Page where operators sign in. */
  readonly authorizationEndpoint: `https://${string}`;
  /** Endpoint that gives the load balancer the operators' tokens. */
  readonly tokenEndpoint: `https://${string}`;
  /** Endpoint that tells the load balancer who an operator is. */
  readonly userInfoEndpoint: `https://${string}`;
  /**
   * Endpoint that ends the provider's own session when an operator signs out at the console (`end_session_endpoint`; for
   * Cognito `https://DOMAIN/logout`). The provider must allow `https://DOMAIN/console` as the place to return to.
   * @default - signing out ends the session at the load balancer only, and the page says so
   */
  readonly endSessionEndpoint?: `https://${string}`;
  /**
   * Name of the parameter with the place to return to. Cognito expects `logout_uri`.
   * @default 'post_logout_redirect_uri'
   */
  readonly endSessionReturn?: 'post_logout_redirect_uri' | 'logout_uri';
}

/** The client that operators sign in with at the console. */
export interface ConsoleClient {
  /** Id of the client at the identity provider. */
  readonly clientId: string;
  /** Name of the secret in Secrets Manager. Its JSON field `clientSecret` holds the client's secret. */
  readonly secretName: string;
  /**
   * Scopes of the sign-in, `openid` among them. Some providers need more to name the operator's groups: Okta needs `groups`.
   * @default ['openid', 'profile']
   */
  readonly scopes?: readonly string[];
}

/**
 * The source of operators' roles, and the values that stand for each role. An environment takes the profile of its
 * provider and overrides what differs: `{ ...OKTA_OPERATORS, values: { operator: ['Postern operators'], … } }`.
 */
export interface OperatorRoles {
  /**
   * `userinfo`: in the claims that the load balancer read from the provider's userinfo endpoint and signed.
   * `access-token`: in the operator's access token, which the console verifies with the provider's keys.
   */
  readonly from: 'userinfo' | 'access-token';
  /** The claim with the list of values. */
  readonly claim: { readonly text: readonly string[] } | { readonly array: readonly string[] };
  /** Values of the claim that stand for each role: names of groups or roles at the provider. */
  readonly values: {
    readonly operator_read: readonly string[];
    readonly operator: readonly string[];
    readonly operator_payload: readonly string[];
  };
  /** Checks of the access token; `null` if the roles come from `userinfo`. */
  readonly token: OperatorAccessToken | null;
}

/** Checks of an operator's access token, if roles are read from access tokens. */
export interface OperatorAccessToken {
  /** Accepted `typ`, in any case, without `application/` (RFC 7515 §4.1.9). `null` accepts a token without `typ`. */
  readonly types: readonly (string | null)[];
  /** Accepted signature algorithms, only asymmetric ones (RFC 8725 §3.1). */
  readonly algorithms: readonly string[];
  /**
   * Claims with the exact value they must have. They distinguish an access token from an ID token if `typ` does not.
   */
  readonly required: Readonly<Record<string, string>>;
  /** The claim with the client that the token was issued to. It must be the console's client. */
  readonly clientClaim: string;
}

/** Lifetime of an operator's session at the console. */
export interface ConsoleSession {
  /**
   * Time from the sign-in to the end of the session at the load balancer. A copy of the cookie works as long.
   * @default Duration.hours(8)
   */
  readonly limit?: Duration;
  /**
   * Time without a request for a page, at most `limit`. The console then ends the session in the operator's browser.
   * @default Duration.minutes(30)
   */
  readonly idle?: Duration;
}

/** Format of senders' access tokens, and the number of uses of each. */
export interface AccessTokens {
  /**
   * Format of the identity provider's access tokens: a ready profile of `@postern/cdk`, for example `OKTA`, with the values of
   * this environment.
   * @default - `RFC_9068`; with `cognito`, that of the user pool
   */
  readonly profile?: AccessTokenProfile;
  /**
   * Form of the claim with the audience. The load balancer compares one of the two. Providers that send `aud` as a list
   * even of one value (Keycloak with several audience mappers) need `list`.
   * @default 'text'
   */
  readonly audienceForm?: 'text' | 'list';
  /**
   * Number of requests that each token is accepted for. `one-time` costs one write more per request, and one token of the
   * provider.
   * @default 'many'
   */
  readonly uses?: 'many' | 'one-time';
}

/**
 * The form of an identity provider's access tokens. An environment takes the profile of its provider and overrides what
 * differs: `{ ...COGNITO, audience: { claim: 'client_id', accepted: ['…'] }, scopePrefix: 'https://…/' }`.
 */
export interface AccessTokenProfile {
  /** Accepted `typ`, in any case, without `application/` (RFC 7515 §4.1.9). `null` accepts a token without `typ`. */
  readonly types: readonly (string | null)[];
  /** Accepted signature algorithms, only asymmetric ones (RFC 8725 §3.1). */
  readonly algorithms: readonly string[];
  /**
   * Claims with the exact value they must have. They distinguish an access token from an ID token if `typ` does not.
   */
  readonly required: Readonly<Record<string, string>>;
  /**
   * The audience check: this claim must have one of these values. The claim is `aud`, or a claim with the client id if the
   * provider has no audience. `null`: `aud` must have the gateway's origin.
   */
  readonly audience: { readonly claim: string; readonly accepted: readonly string[] } | null;
  /** Claims with scopes. The token has the scopes of all of them. */
  readonly scopes: readonly ({ readonly text: readonly string[] } | { readonly array: readonly string[] })[];
  /** Prefix of our scopes' names. Scopes without it are ignored. May be empty. */
  readonly scopePrefix: string;
  /**
   * Claims with roles. `scopes`: a scope with the name of a role gives the role. The token has the roles of all of them.
   */
  readonly roles: readonly ({ readonly text: readonly string[] } | { readonly array: readonly string[] } | 'scopes')[];
  /** Claims that may name the client: by name, or by path. The first one that is present is used. */
  readonly clientIds: readonly (string | readonly string[])[];
  /** The claim with the unique id of the token. It is stored if each token is accepted once. */
  readonly tokenId: string;
}

/** An application: one sending system, which owns its tasks. */
export interface ApplicationSettings {
  /**
   * Client ids of its access tokens, at most 100. A client belongs to one application. An application without clients and
   * `invokers` keeps its tasks: operators see them, senders do not. `'cognito'` makes one client in the user pool of `cognito`, for
   * at most 15 applications; the stack has its id as the output `SenderClient…`. It costs 6 USD a month, and 0.00225 USD for each
   * access token.
   * @default - none, if the application has `invokers`
   */
  readonly clients?: 'cognito' | readonly string[];
  /**
   * ARNs of IAM roles that may create tasks of the application by invoking its invocation target, at most 15. The stack has the
   * ARN of the target as the output `InvocationTarget…`. The policy of the target denies it to every other ARN, also to
   * administrators. Roles of other accounts need a policy of their account too. A role must exist before the deployment. If a
   * role was deleted and created again, the policy of the target no longer allows it: remove it, deploy, and add it. In the
   * account of the environment, a new role with a listed ARN can still invoke the target by a policy of its own. So remove roles
   * that no longer exist. `'granted'`: the roles are those that the app's code names with `grantOpen`, which also adds to a list.
   * At most 40 applications have invokers. An alarm and its two metrics cost up to 0.80 USD a month.
   * @default - none: the application has no invocation target
   */
  readonly invokers?: 'granted' | readonly string[];
  /**
   * Processors for which it may create tasks, by their ids in `processors`.
   * @default - every processor of the environment
   */
  readonly processors?: readonly string[];
  /**
   * Most pending tasks. At this number, a request to create a task gets 429 `too_many_pending` with `Retry-After`. The count
   * is approximate: requests at the same time may exceed the limit. A count costs a query of each index shard. If the limit is
   * at most 100, each created task is counted; above, one count serves for five seconds.
   * @default - no limit
   */
  readonly pendingLimit?: number;
  /**
   * Workflows that its tasks may resume, at most 20: ARNs of state machines, or of durable functions as `…:function:NAME:*`. One of
   * another account is `{ arn, roleArn, externalId }`. `'granted'`: the workflows are those that the app's code names with
   * `allowResume`, which also adds to a list that is not empty. With one or with `'granted'` in any application, the environment has
   * a key, two functions, three queues and six alarms more, for about 2.40 USD a month.
   * @default - none: a request with `resume` gets 403 `resume_not_allowed`
   */
  readonly resumes?: 'granted' | readonly (string | WorkflowElsewhere)[];
}

/** A workflow of another account, and the role there that may send to it. */
export interface WorkflowElsewhere {
  /** ARN of the workflow. */
  readonly arn: string;
  /** Role in the account of the workflow. It trusts the role of the function `resume`, with the external id. */
  readonly roleArn: string;
  /** External id in the trust policy of the role. */
  readonly externalId: string;
}

/** A processor: an outside system that calls back. */
export interface ProcessorSettings {
  /**
   * Places where a callback may carry its token. The first is the default of a task. A callback with its token in a header is
   * accepted even if the list does not have `header`.
   */
  readonly carriers: readonly ['header' | 'short' | 'path', ...('header' | 'short' | 'path')[]];
  /**
   * Evidence that each callback carries beside the token, so that a stolen token is worthless. `docs/process/guide.md`
   * describes what each proof requires of the processor.
   * @default { kind: 'none' }
   */
  readonly proof?:
    | { readonly kind: 'none' }
    | PrivateKeyJwtProof
    | DpopProof
    | HttpSignatureProof
    | StandardWebhooksProof
    | WebhookProof
    | MtlsProof;
  /** Media types (type/subtype, lower case) of results and failures. */
  readonly contentTypes: readonly string[];
  /**
   * JSON Schema (2020-12) of a result.
   * @default - results are not checked
   */
  readonly schema?: Readonly<Record<string, unknown>>;
  /**
   * True if a result of 0 bytes is accepted. Otherwise it is refused with `payload_invalid`, and the token can still deliver
   * the right one. A failure may always be empty.
   * @default false
   */
  readonly allowEmptyResult?: boolean;
  /**
   * True if a result or failure of type `application/json`, or of a type that ends in `+json`, must be one JSON value in
   * UTF-8. Anything else is refused with `payload_invalid`, and the token can still deliver the right payload. An accepted
   * payload of 0 bytes is not checked.
   * @default true
   */
  readonly checkJson?: boolean;
  /**
   * Longest `expiresIn` of a task.
   * @default Duration.days(7)
   */
  readonly maxExpiresIn?: Duration;
  /**
   * Answer to a second use of a single-use token with the same payload: the first answer again, or a refusal as a replay.
   * @default 'acknowledge'
   */
  readonly replayMode?: 'acknowledge' | 'reject';
  /**
   * Number of progress reports of a task. Each report is a transaction and an event.
   * @default 1_000
   */
  readonly progressUses?: number;
  /**
   * Number of different uploads that a task may ask for. Each offer stays on the task, about 1 KB.
   * @default 3
   */
  readonly uploadUses?: number;
  /**
   * Identity of a delivery, for a processor whose retries differ in a timestamp: the values at JSON pointers, or the value of
   * one header. Two deliveries with the same identity are repeats.
   * @default - the whole payload
   */
  readonly sameBy?: { readonly jsonPointers: readonly string[] } | { readonly header: string };
  /**
   * CIDR ranges that may deliver. For an upload they limit the request that offers it; the PUT itself goes to Amazon S3, from
   * any address.
   * @default - any address
   */
  readonly sourceRanges?: readonly string[];
  /**
   * True if its callback tokens are encrypted, so that only the gateway can read their claims. Encrypted tokens are too long
   * for a URL. Needs `tokenEncryption`.
   * @default false
   */
  readonly encrypted?: boolean;
  /**
   * The request that gives it its work. Then senders open tasks with `input`, and Postern sends the work.
   * `docs/operate/dispatch.md` has the steps.
   * @default - senders get the callbacks and send the work themselves
   */
  readonly dispatch?: DispatchSettings;
}

/**
 * An access token that the processor got from the environment's identity provider with its private key (RFC 7523).
 */
export interface PrivateKeyJwtProof {
  /** Marks this form. */
  readonly kind: 'private_key_jwt';
  /** Id of the processor's client at the identity provider. */
  readonly clientId: string;
}

/** A proof of possession of a key for each request (RFC 9449). */
export interface DpopProof {
  /** Marks this form. */
  readonly kind: 'dpop';
  /** Public key of the processor. Tokens that were issued before a change stay bound to the old key. */
  readonly publicJwk: PublicJwk;
  /**
   * True if each proof must hold a nonce of the gateway, so that no proof can be made in advance. The first request of a
   * client is refused and gets the nonce; clients of RFC 9449 then repeat it. One write an hour and instance.
   * @default false
   */
  readonly nonce?: boolean;
}

/** An HTTP message signature over method, URL and body (RFC 9421). */
export interface HttpSignatureProof {
  /** Marks this form. */
  readonly kind: 'http_signature';
  /**
   * Public keys of the processor by `keyid`, such as `{ 'acme-2026': { kty: 'EC', crv: 'P-256', x: '…', y: '…' } }`. There are
   * several during a key change. `docs/concepts/proofs-and-grades.md` says how to make a JWK from a PEM.
   */
  readonly keys: Readonly<Record<string, PublicJwk>>;
}

/** A signature of Standard Webhooks, over an id, a time and the body. It has `secretName`, `publicKeys` or both. */
export interface StandardWebhooksProof {
  /** Marks this form. */
  readonly kind: 'standard_webhooks';
  /**
   * Name of the secret in Secrets Manager with the processor's secret for `v1`: `whsec_…`. During a change it holds several,
   * with blanks between them. 0.40 USD a month.
   * @default - no symmetric signature is accepted
   */
  readonly secretName?: string;
  /**
   * Ed25519 public keys of the processor for `v1a`: `whpk_…`.
   * @default - no asymmetric signature is accepted
   */
  readonly publicKeys?: readonly string[];
}

/** A call to an address of the processor, which confirms that the processor started the callback. */
export interface WebhookProof {
  /** Marks this form. */
  readonly kind: 'webhook';
  /**
   * Addresses that may confirm: an origin, as `https://callbacks.acme.example`, or one URL, as
   * `https://callbacks.acme.example/confirm`. An origin allows every URL of it that a caller names; a URL allows itself only.
   * A protected environment accepts URLs with a path only.
   */
  readonly origins: readonly string[];
}

/** A client certificate, which the load balancer asks for (RFC 8705). */
export interface MtlsProof {
  /** Marks this form. */
  readonly kind: 'mtls';
  /**
   * Client certificate of the processor, in PEM. Tokens that were issued before a change stay bound to the old one. The
   * processor's callback URLs have the port of `mutualTls`.
   */
  readonly certificate: string;
}

/**
 * The request that gives a processor its work. Senders open tasks with `input`, Postern sends it, and nobody but the dispatcher and the
 * processor ever has the callback URL. `{{input}}` and other placeholders stand for values of the task.
 */
export interface DispatchSettings {
  /** URL of the processor. A placeholder is one whole segment of its path, or one whole value of its query. */
  readonly url: string;
  /**
   * Method of the request.
   * @default 'POST'
   */
  readonly method?: 'POST' | 'PUT' | 'PATCH';
  /**
   * Longest time of an attempt, from the look-up of the name to the last byte of the answer.
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;
  /**
   * Headers of the request: texts with placeholders, and secrets by `secret(name, format)`. Callbacks are refused here. So is a text
   * without placeholder for `Authorization` and for a name that ends in `-key`, `-token` or `-secret`: it would be a secret in a file.
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string | SecretHeader>>;
  /**
   * Parameters that are added to the query of the URL. Only for a processor that takes the callback URL in its query: many systems
   * log URLs.
   * @default {}
   */
  readonly query?: Readonly<Record<string, string>>;
  /**
   * Body of the request, as JSON. A text that is exactly one placeholder becomes that value; inside a longer text, a value becomes a
   * part of the text.
   */
  readonly body: JsonValue;
  /**
   * Access token that each request carries, by the client credentials grant of OAuth 2.0.
   * @default - none
   */
  readonly auth?: DispatchAccessToken;
  /**
   * Signature of each request: `{ kind: 'standard_webhooks', secretName }`, or `{ kind: 'http_signature' }` with the key that signs
   * callback tokens, whose public half is in `/.well-known/jwks.json`.
   * @default - requests are not signed
   */
  readonly sign?: DispatchSignature | { readonly kind: 'http_signature' };
  /**
   * Statuses by which the processor accepts the work.
   * @default [200, 201, 202]
   */
  readonly accept?: readonly number[];
  /**
   * JSON pointer to the id of the job in the answer. The task shows it as `remoteId`.
   * @default - no id is kept
   */
  readonly remoteId?: string;
  /**
   * Further attempts after one that failed: without settings, six within three hours.
   * @default {}
   */
  readonly retry?: DispatchRetries;
  /**
   * Most attempts at the same time.
   * @default 20
   */
  readonly concurrency?: number;
  /**
   * Most attempts a second.
   * @default - only `concurrency` limits them
   */
  readonly ratePerSecond?: number;
  /**
   * Breaker: while too many attempts do not reach the processor, none is made, and tasks wait without using attempts up. Without
   * settings, it opens for 2 minutes if half of at least 20 attempts within a minute failed.
   * @default {}
   */
  readonly breaker?: DispatchBreaker;
  /**
   * What becomes of a task whose work could not be sent: it fails, or stays pending until it expires.
   * @default 'fail'
   */
  readonly onFailure?: 'fail' | 'keep';
}

/** An access token by the client credentials grant (RFC 6749 §4.4). */
export interface DispatchAccessToken {
  /** Marks this form. */
  readonly kind: 'client_credentials';
  /** Token endpoint of the processor's authorization server. */
  readonly tokenEndpoint: string;
  /** Id of your client there. */
  readonly clientId: string;
  /** Name of the secret in Secrets Manager that holds the client's secret. 0.40 USD a month. */
  readonly secretName: string;
  /**
   * Scopes that the access token is to have, with blanks between them.
   * @default - the scopes that the processor gives the client
   */
  readonly scope?: string;
}

/** A signature of Standard Webhooks, over an id, a time and the body. */
export interface DispatchSignature {
  /** Marks this form. */
  readonly kind: 'standard_webhooks';
  /**
   * Name of the secret in Secrets Manager with the signing secret that the processor knows: `whsec_…`. 0.40 USD a month.
   */
  readonly secretName: string;
}

/**
 * Attempts after one that failed: no answer, 401, 403, 407, 408, 425, 429 or 5xx. Any other answer ends the attempts.
 */
export interface DispatchRetries {
  /**
   * Seconds between an attempt that failed and the next one. The number of waits is the number of further attempts.
   * @default [5, 30, 120, 600, 1_800, 7_200]
   */
  readonly delays?: readonly number[];
  /**
   * Least time that the processor must have left for the work. No attempt is made that could leave less.
   * @default Duration.minutes(5)
   */
  readonly leastTime?: Duration;
}

/**
 * While too many attempts do not reach a processor, none is made. Only connections that fail, time-outs and 5xx count.
 */
export interface DispatchBreaker {
  /**
   * Seconds over which attempts are counted.
   * @default 60
   */
  readonly window?: number;
  /**
   * Fewest attempts in that time. With fewer, the breaker stays closed.
   * @default 20
   */
  readonly minimum?: number;
  /**
   * Part of the attempts that did not reach the processor, from which on the breaker opens.
   * @default 0.5
   */
  readonly failureRate?: number;
  /**
   * Seconds for which no attempt is made. Then one attempt goes through.
   * @default 120
   */
  readonly pause?: number;
}

/**
 * KMS makes each key pair and encrypts its private half. The function `create-task` decrypts it once and signs with it, so that
 * no token needs a request to KMS. About 1 USD a month for the encryption key.
 */
export interface RotatingSigning {
  /** Marks this form. */
  readonly kind: 'rotating';
  /**
   * Time for which one key signs. The next key is published that long before. A shorter time makes a stolen key useless
   * sooner.
   * @default Duration.days(1)
   */
  readonly every?: Duration;
  /**
   * Algorithm of new keys. A load balancer can check `RS256` tokens too, but they are too long for a callback URL: no processor
   * may have the carrier `path` then. After a change, the next key has the new algorithm.
   * @default 'ES256'
   */
  readonly algorithm?: 'ES256' | 'RS256';
}

/** A key in KMS that signs, signed or will sign callback tokens: about 1 USD a month. */
export interface SigningKey {
  /** `current`, `next`, `previous` or `retired`: `docs/operate/key-rotation.md`. */
  readonly use: 'current' | 'next' | 'previous' | 'retired';
  /**
   * Algorithm of the key, which never changes (RFC 8725 §3.1). A load balancer can check `RS256` tokens too, but they are
   * too long for a callback URL: while such a key signs, no processor may have the carrier `path`.
   * @default 'ES256'
   */
  readonly algorithm?: 'ES256' | 'RS256';
}

/** Keys for callback tokens that only the gateway can read. `postern encryption-key` makes them. */
export interface TokenEncryption {
  /**
   * Name of the secret in Secrets Manager with the private key as a JWK, or with a set of them during a key change.
   */
  readonly secretName: string;
  /** The public half: P-256, with its `kid`. New tokens are encrypted with it. */
  readonly publicJwk: PublicJwk & { readonly kid: string };
}

/**
 * Issuer of the access tokens of senders, where it is another one than the identity provider that operators sign in with.
 */
export interface SenderAccessToken {
  /**
   * `iss` of the tokens, character by character. AWS has one for each account:
   * `aws iam get-outbound-web-identity-federation-info` shows it.
   */
  readonly issuer: `https://${string}`;
  /**
   * The issuer's keys. The load balancer reads them too: RS256 must be among them, and they have at most 150 KB and 10 keys.
   * Those of AWS are at `ISSUER/.well-known/jwks.json`.
   */
  readonly jwksUri: `https://${string}`;
  /**
   * Format of the tokens: a ready profile of `@postern/cdk`, for example `AWS_IAM`, with the values of this environment.
   * @default RFC_9068
   */
  readonly profile?: AccessTokenProfile;
  /**
   * Form of the claim with the audience. The load balancer compares one of the two. AWS writes a text for one audience.
   * @default 'text'
   */
  readonly audienceForm?: 'text' | 'list';
}

/**
 * Requests per 5 minutes from one address. The web ACL answers the requests above with 429. The limits keep one address from
 * taking everything; they are not quotas of a processor or an application.
 */
export interface RateLimits {
  /** Callbacks from one address. All machines of a processor may share one address. */
  readonly callbacks: number;
  /**
   * Callbacks from one address to one path. A processor that reports progress each second needs 300. Processors behind
   * PrivateLink, or behind one NAT, share one address.
   */
  readonly callbackPath: number;
  /**
   * All other requests from one address: senders, operators, public documents. An application behind one NAT has one
   * address for all its requests: 10,000 are 33 requests a second, all the time.
   */
  readonly others: number;
  /**
   * `GET /v1/handshake` from one address. Each request can make the gateway call a registered address. A processor that
   * tests a handshake sends a few. Confirmations of calls that the gateway starts do not count.
   */
  readonly handshake: number;
}

/** Receivers of alarms. */
export interface AlarmSubscribers {
  /** Receivers of alarms that need an answer at any hour. */
  readonly pages: readonly (`https://${string}` | `${string}@${string}`)[];
  /** Receivers of alarms that can wait for the next working day. */
  readonly tickets: readonly (`https://${string}` | `${string}@${string}`)[];
}

/** Executions of each function: a number, or `unreserved`, which neither reserves nor caps. */
export interface ReservedConcurrency {
  /**
   * Executions of the function that receives callbacks.
   * @default - unreserved
   */
  readonly receive?: number | 'unreserved';
  /**
   * Executions of the function that creates tasks.
   * @default - unreserved
   */
  readonly 'create-task'?: number | 'unreserved';
  /**
   * Executions of the function that shows, lists and changes tasks.
   * @default - unreserved
   */
  readonly tasks?: number | 'unreserved';
  /**
   * Executions of the function of public documents.
   * @default - unreserved
   */
  readonly metadata?: number | 'unreserved';
  /**
   * Executions of the operators' console.
   * @default - unreserved
   */
  readonly console?: number | 'unreserved';
  /**
   * Executions of the function that calls registered addresses. Everyone on the internet can ask it to.
   * @default 20
   */
  readonly handshake?: number | 'unreserved';
  /**
   * Executions of the operator API.
   * @default - unreserved
   */
  readonly 'operator-api'?: number | 'unreserved';
  /**
   * Executions of the function that shows payloads to operators.
   * @default - unreserved
   */
  readonly 'reveal-payload'?: number | 'unreserved';
  /**
   * Executions of the function that publishes events.
   * @default - unreserved
   */
  readonly publish?: number | 'unreserved';
  /**
   * Executions of the function that expires tasks.
   * @default - unreserved
   */
  readonly expire?: number | 'unreserved';
  /**
   * Executions of the function that completes uploads.
   * @default - unreserved
   */
  readonly 'complete-upload'?: number | 'unreserved';
  /**
   * Executions of the function that revokes callbacks in bulk.
   * @default - unreserved
   */
  readonly 'revoke-callbacks'?: number | 'unreserved';
  /**
   * Executions of the function that processes dead letters again.
   * @default - unreserved
   */
  readonly redrive?: number | 'unreserved';
  /**
   * Executions of the function that sends work to processors. Give at least the sum of their `concurrency`.
   * @default - unreserved
   */
  readonly dispatch?: number | 'unreserved';
  /**
   * Executions of the function that rotates signing keys.
   * @default - unreserved
   */
  readonly 'rotate-signing-key'?: number | 'unreserved';
  /**
   * Former name of `create-task`.
   * @default - unreserved
   * @deprecated
   */
  readonly open?: number | 'unreserved';
  /**
   * Former name of `metadata`.
   * @default - unreserved
   * @deprecated
   */
  readonly describe?: number | 'unreserved';
  /**
   * Former name of `complete-upload`.
   * @default - unreserved
   * @deprecated
   */
  readonly arrive?: number | 'unreserved';
}

/** Most request units a second of each table, and of each of its indexes. */
export interface TableThroughput {
  /** Most read request units a second. */
  readonly readUnits: number;
  /** Most write request units a second. */
  readonly writeUnits: number;
}

/**
 * Request units a second that each table, and each of its indexes, handles at once. The minimum is what DynamoDB prepares for
 * a new table on demand: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
 */
export interface WarmThroughput {
  /** Read request units a second. */
  readonly readUnits: number;
  /** Write request units a second. */
  readonly writeUnits: number;
}

/**
 * A user pool of Amazon Cognito, for a team without an identity provider. It signs operators in with a password and a code of an
 * authenticator app, and gives senders their access tokens.
 */
export interface Cognito {
  /**
   * Beginning of the address of the sign-in page, `https://PREFIX.auth.REGION.amazoncognito.com`. Nobody else in the Region can
   * have the same one, and it never changes.
   * @default - the domain of the gateway, with hyphens in place of dots
   */
  readonly domainPrefix?: string;
  /**
   * True if Cognito refuses passwords that are known from leaks, and sign-ins that look like an attack (threat protection, in the
   * feature plan Plus). 0.02 USD a month for each person who signs in; without it 0.015 USD.
   * @default true
   */
  readonly threatProtection?: boolean;
}

/**
 * The network door: a Network Load Balancer passes connections on to a program of Postern on Fargate, which ends TLS, checks
 * requests and invokes the functions. No managed service that reads HTTP sees a callback. It lacks AWS WAF, rules by
 * reputation and country, rule groups against denial of service, and the mitigation of HTTP attacks of Shield Advanced.
 * About 62 USD a month with two zones and two tasks, instead of about 45 for the load balancer and the web ACL.
 */
export interface NetworkIngress {
  /** Marks this form. */
  readonly kind: 'network';
  /**
   * Name of the secret in Secrets Manager with the certificate of the domain and its key, as JSON:
   * `{ "certificate": "PEM, the chain", "privateKey": "PEM" }`. You renew it; each task reads it again every hour. 0.40 USD a
   * month.
   */
  readonly certificateSecretName: string;
  /**
   * The console, on a load balancer and a domain of its own. About 45 USD a month for the load balancer and the web ACL.
   * @default - there is no console; operators use the operator API and the command line
   */
  readonly console?: NetworkIngressConsole;
  /**
   * Number of tasks. Each costs about 18 USD a month.
   * @default { min: 2, max: 6 }
   */
  readonly tasks?: NetworkIngressTasks;
  /**
   * The load balancer serves every request beside the door, during a switch from one to the other.
   * @default - the door alone
   */
  readonly switching?: NetworkIngressSwitching;
}

/**
 * The console of the network door. Its sign-in needs an Application Load Balancer, so it has one with a name of its own.
 */
export interface NetworkIngressConsole {
  /** Host name of the console. The identity provider must allow `https://DOMAIN/oauth2/idpresponse` as a redirect. */
  readonly domain: string;
  /**
   * Certificate for the console's domain, in the environment's Region. Public certificates of ACM are free.
   * @default - ACM requests one and validates it in the hosted zone
   */
  readonly certificateArn?: string;
}

/** Number of tasks that run the door. */
export interface NetworkIngressTasks {
  /**
   * Tasks that always run, 1 to 100. With 1, the gateway does not answer while AWS replaces a task that failed.
   * @default 2
   */
  readonly min?: number;
  /**
   * Most tasks, 1 to 100 and at least `min`. Their number follows the CPU time. Each task counts requests for itself. With six
   * tasks, an address with many connections gets up to six times the `rateLimits`.
   * @default 6
   */
  readonly max?: number;
}

/**
 * A switch between the two ways in. Both serve every request, so that no callback gets lost: resolvers and open connections
 * know the old addresses for a while. `docs/operate/network-door.md` has the steps.
 */
export interface NetworkIngressSwitching {
  /** The target of the domain's address records. Without `hostedZone` you change the records yourself. */
  readonly dns: 'load-balancer' | 'door';
}

/**
 * Shield Advanced. Its resources fail without a subscription of the account, which CloudFormation cannot make, so the
 * environment has to confirm it.
 */
export interface ShieldAdvanced {
  /** Always true. */
  readonly advanced: true;
  /** True if the account has subscribed; `false` is refused. */
  readonly subscribed: boolean;
  /**
   * Action of Shield's own rules on requests that look like part of an attack. Begin with `count` and look at what it counts.
   * The rules use 150 capacity units of the web ACL, which stays within the 1,500 that are included. Accounts that
   * subscribed after 2026-03-26 have them only if AWS Support enabled them: `none` omits them, and `antiDdos` replaces them.
   * @default 'count'
   */
  readonly mitigation?: 'count' | 'block' | 'none';
  /**
   * People that the Shield Response Team calls during an attack: 1 to 10. It needs Business or Enterprise Support, and an
   * account has one list.
   * @default - the team is not asked to call
   */
  readonly contacts?: readonly EmergencyContact[];
}

/** A person that the Shield Response Team can reach. */
export interface EmergencyContact {
  /** E-mail address of the contact. */
  readonly email: string;
  /**
   * Phone number in E.164, as `+4930123456`. The team calls, so at least one contact has one.
   * @default - none
   */
  readonly phone?: string;
  /**
   * Notes, for instance the hours when the contact is on duty; at most 1,024 characters.
   * @default - none
   */
  readonly notes?: string;
}

/** An existing network. All of it is in the file, so that synth looks nothing up. */
export interface Network {
  /** Id of the VPC, as `vpc-0123456789abcdef0`. */
  readonly vpcId: string;
  /** Public subnets of the load balancer: one for each of `availabilityZones`, in their order. */
  readonly publicSubnetIds: readonly string[];
  /** True if the subnets have IPv6 addresses too. */
  readonly ipv6: boolean;
}

/**
 * A second listener, for callback routes only, that asks its callers for a certificate. Browsers and senders use the first
 * listener, which does not ask. The trust store costs about 4 USD a month.
 */
export interface MutualTls {
  /**
   * Port of the listener, 1 to 65535 and not 443. Callback URLs of processors with certificates contain it: after a change,
   * those of open tasks stop working.
   * @default 8443
   */
  readonly port?: number;
  /**
   * `verify`: the load balancer accepts certificates of the trust store's authorities only, and closes a connection without
   * one. `passthrough`: it passes on any certificate and accepts a connection without one, and the processor's entry
   * decides; `unverifiedBecause` gives the reason.
   * @default 'verify'
   */
  readonly mode?: 'verify' | 'passthrough';
  /**
   * Reason for certificates that the load balancer has not verified, in a sentence of 20 characters or more; required for
   * `passthrough`, and refused for `verify`. AWS does not document that the load balancer removes the header with the
   * certificate from a caller without one. The header has a name that only the account knows. A caller who learns it needs
   * the processor's certificate, which is not secret, but no key.
   * @default - none, because `verify` needs none
   */
  readonly unverifiedBecause?: string;
  /**
   * Certificates of the authorities, in PEM; required for `verify`, and refused for `passthrough`.
   * @default - none, because `passthrough` uses none
   */
  readonly authorities?: S3Object;
  /**
   * Lists of revoked certificates, in PEM; for `verify` only.
   * @default - none
   */
  readonly revocations?: readonly S3Object[];
}

/** An object in S3, in the environment's Region. */
export interface S3Object {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** Key of the object. */
  readonly key: string;
  /**
   * Version of the object.
   * @default - the newest at the time of the deployment
   */
  readonly version?: string;
}

/**
 * Access from other accounts of AWS without the internet: a Network Load Balancer before the load balancer, and an endpoint
 * service. About 18 USD a month and 0.006 USD a capacity unit and hour; each caller pays for its endpoint. The gateway then
 * sees the addresses of the Network Load Balancer: rate limits by address count all callers together, and the country and
 * the reputation of an address mean nothing. Connections use port 443 only, so processors with certificates use the internet.
 */
export interface PrivateLink {
  /**
   * ARNs of accounts, roles or users that may request a connection, as `arn:aws:iam::123456789012:root`. An operator then
   * accepts each connection.
   */
  readonly acceptedPrincipals: readonly string[];
}
