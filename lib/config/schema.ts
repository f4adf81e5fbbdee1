import { Duration } from 'aws-cdk-lib';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from '../../lambda/contract/limits.ts';
import { GRADE_NAMES } from '../../lambda/contract/proofs.ts';
import { applications } from './applications.ts';
import { cognito } from './cognito.ts';
import { object, optional } from './containers.ts';
import { data } from './data.ts';
import { ingress } from './edge.ts';
import { signingKeys, tokenEncryption } from './keys.ts';
import { duration, flag, type Kind, oneOf } from './kinds.ts';
import { monitoring } from './monitoring.ts';
import { operation } from './operation.ts';
import { operators } from './operators.ts';
import { account, awsPlace, localPlace } from './place.ts';
import { policies } from './policies.ts';
import { processors } from './processors.ts';
import { senderAccessToken } from './sender-access-token.ts';
import { consoleClient, consoleSession, HTTPS, identityProvider, LOOPBACK } from './sign-in.ts';
import { signing } from './signing.ts';
import { accessToken, operatorRoles } from './token-profiles.ts';
import { webAcl } from './web-acl.ts';

/** Senders, operators and processors, and what each may do. */
export const access = {
  /**
   * Client that operators sign in with. Its secret in Secrets Manager costs 0.40 USD a month.
   * @default with `cognito`, a client of the user pool; otherwise it is required
   */
  consoleClient: optional(consoleClient),
  /**
   * Source of the operators' roles, and the values that mean each role: a ready profile with the values of this environment,
   * for example `OKTA_OPERATORS` of `@postern/cdk`. `docs/operate/identity-providers/README.md` has the steps for each provider.
   * @default `USERINFO_ROLES`; with `cognito`, the groups of the user pool
   */
  operatorRoles: optional(operatorRoles),
  ...operators,
  /**
   * Lifetime of an operator's session.
   * @default { limit: Duration.hours(8), idle: Duration.minutes(30) }
   */
  consoleSession: optional(consoleSession, {}),
  /**
   * Format of access tokens, and the number of uses of each. Without a `profile` it is that of RFC 9068, or of the user pool with
   * `cognito`.
   * @default { audienceForm: 'text', uses: 'many' }
   */
  accessToken: optional(accessToken, {}),
  /**
   * Longest `exp` − `iat` of an access token.
   * @default Duration.hours(1)
   */
  accessTokenMaxLifetime: optional(
    duration({
      min: Duration.minutes(1),
      max: Duration.days(1),
      step: Duration.seconds(1),
      remedy: "Give the longest lifetime of the provider's access tokens, as Duration.hours(1).",
    }),
    Duration.seconds(ACCESS_TOKEN_LIFETIME_SECONDS),
  ),
  /**
   * Sending systems, by an id of 2 to 32 characters of `[a-z0-9-]`, at most 100. Each owns its tasks: no other application can
   * see or change them. The client of an access token decides the application of a request. The application `default` owns
   * the tasks that were created before the setting existed. A protected environment must have it.
   * `docs/concepts/isolation.md` compares applications, environments and accounts.
   * @default one application `default` with every client
   */
  applications: optional(applications),
  /** Outside systems that call back, by an id of 2 to 32 characters of `[a-z0-9-]`. */
  processors,
  /** The weakest grade that a processor may have; A is the strongest. */
  minimumGrade: oneOf(GRADE_NAMES, 'Choose the weakest grade that a processor may have; A is the strongest.'),
  /**
   * Way to sign callback tokens. `kms` signs each token with a request to KMS: 15 USD a million, at most 1,000 a second in an
   * account and Region, and each signature is in CloudTrail. `docs/operate/key-rotation.md` has the steps of a change.
   * @default { kind: 'rotating' }
   */
  signing: optional(signing, { kind: 'rotating' }),
  /**
   * Keys of callback tokens in KMS by an id of 1 to 32 characters of `[a-z0-9-]`, at most ten. With `kms`, one is `current`. An
   * id never changes its key: a rotation adds a new id, by the steps of `docs/operate/key-rotation.md`. With `rotating`, no key
   * of this list signs, and the tokens of all but `retired` ones are accepted: for 7 days more after a key has left the list. About
   * 1 USD a month each.
   * @default one key `first` with the use `current` for `kms`, no key for `rotating`
   */
  signingKeys: optional(signingKeys),
  /**
   * Key that callback tokens of `encrypted` processors are encrypted with. The secret costs 0.40 USD a month.
   * @default none: no processor may be `encrypted`
   */
  tokenEncryption: optional(tokenEncryption),
  /**
   * Rules in Cedar, as text: read them from a file beside the environment's. Or rules in Rego: `rego` is the text, and `wasm` has the
   * bytes of the module that `postern env policies build` makes of it. With policies, everything that none of them permits is denied:
   * callbacks (`policy_denied`), and requests of senders and operators. `docs/operate/policies.md` has the names that they may use.
   * Cedar makes the functions that evaluate policies about 4 MB larger, and their first evaluation some tens of milliseconds slower.
   * A module in Rego has about 0.2 MB.
   * @default none: no policy is evaluated
   */
  policies: optional(policies),
  /**
   * True if callback tokens carry the task's `owner`, which the processor can then read.
   * @default false
   */
  ownerClaim: optional(
    flag('Write true if processors may read the owner of a task, and false if they may not.'),
    false,
  ),
  /**
   * True if senders may shorten query and body names to any unambiguous prefix.
   * @default false
   */
  abbreviations: optional(flag('Write true if senders may shorten names, and false if they may not.'), false),
};

/** Access of an environment on AWS. */
export const accessOnAws = {
  /**
   * A user pool of Amazon Cognito, for a team without an identity provider: `{}` is enough. `identityProvider`, `consoleClient` and
   * the profiles of access tokens follow from it. An application with `clients: 'cognito'` gets a client of the pool, for 6 USD a
   * month and 0.00225 USD for each access token; an operator costs 0.02 USD a month. The secret of the console's client costs
   * 0.40 USD a month. With `identityProvider` beside it, the pool exists and the gateway does not use it.
   * `docs/operate/identity-providers/cognito.md` has the steps.
   * @default none: the environment has an `identityProvider`
   */
  cognito: optional(cognito),
};

/** Entries of both kinds of environment. The URLs of the identity provider differ. */
export const common = <Url extends string>(url: Kind<Url>) => ({
  ...account,
  /**
   * Identity provider that issues access tokens to senders and processors, and signs operators in.
   * `docs/operate/identity-providers/README.md` has the steps for each provider.
   * @default with `cognito`, the user pool; otherwise it is required
   */
  identityProvider: optional(identityProvider(url)),
  ...access,
  /**
   * Another issuer of the access tokens of senders, for instance AWS itself with the profile `AWS_IAM`. One issuer at a time:
   * tokens of the identity provider then work for operators and processors only. `docs/operate/senders-in-aws.md` has the steps.
   * @default the identity provider, with the format in `accessToken`
   */
  senderAccessToken: optional(senderAccessToken(url)),
  ...data,
  ...webAcl,
  ...monitoring,
  ...operation,
});

/** Entries of each kind of environment. */
export const ENTRIES = {
  aws: { ...awsPlace, ...common(HTTPS), ...accessOnAws, ...ingress },
  'this-machine': { ...localPlace, ...common(LOOPBACK) },
};

/** Entries that only one kind of environment has, or that each kind has in its own form. */
export const PLACE_ENTRIES: readonly string[] = Object.keys({
  ...awsPlace,
  ...localPlace,
  ...accessOnAws,
  ...ingress,
});

const EXPORT = 'Write `export default environment;` at the end of the file.';
export const awsEnvironment = object(EXPORT, ENTRIES.aws);
export const localEnvironment = object(EXPORT, ENTRIES['this-machine']);
