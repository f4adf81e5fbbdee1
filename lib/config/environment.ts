import type * as v from 'valibot';
import type { AccessTokenProfile } from '../../lambda/contract/access-token-profile.ts';
import type { Applications } from '../../lambda/contract/applications.ts';
import type { OperatorRoles } from '../../lambda/contract/operator-roles.ts';
import type { Policies } from '../../lambda/contract/policy.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { ResumeTargets } from '../../lambda/contract/resume.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import type { Cognito } from './cognito.ts';
import type { Ingress } from './ingress.ts';
import type { SigningKeyEntry } from './keys.ts';
import type { DEPLOYMENT_WAVES } from './operation.ts';
import type { awsEnvironment, localEnvironment } from './schema.ts';
import type { SenderAccessToken } from './sender-access-token.ts';
import type { ConsoleClient, IdentityProvider } from './sign-in.ts';

export type { ProcessorInput } from './processors.ts';

/** An environment on AWS, as its file writes it. */
export type AwsEnvironmentInput = v.InferInput<typeof awsEnvironment>;

/** The environment of one machine, as its file writes it. Only this one may use URLs without encryption. */
export type LocalEnvironmentInput = v.InferInput<typeof localEnvironment>;

/** The default export of an environment file. */
export type EnvironmentInput = AwsEnvironmentInput | LocalEnvironmentInput;

/** The entries of an environment on AWS, with defaults. */
export type AwsEntries = v.InferOutput<typeof awsEnvironment>;
/** The entries of the environment `local`, with defaults. */
export type LocalEntries = v.InferOutput<typeof localEnvironment>;

/** Entries that constructs read in another form. */
type Converted =
  | 'runsOn'
  | 'ingress'
  | 'domain'
  | 'identityProvider'
  | 'consoleClient'
  | 'operatorRoles'
  | 'accessToken'
  | 'cognito'
  | 'senderAccessToken'
  | 'applications'
  | 'processors'
  | 'minimumGrade'
  | 'policies'
  | 'tokensInUrls'
  | 'reservedConcurrency'
  | 'signingKeys'
  | 'deploymentWave';

/** An environment in the form that constructs read: checked, with defaults, and the same on AWS and on one machine. */
export interface Environment extends Readonly<Omit<AwsEntries, Converted>> {
  /** Name of the environment's file. */
  readonly name: string;
  /** Origin of the gateway, without a slash at its end. */
  readonly origin: string;
  /** Host of the origin, without a port. */
  readonly host: string;
  readonly ingress: Ingress;
  /** Undefined if the user pool of `cognito` is the identity provider: only the deployment knows its ids. */
  readonly identityProvider: IdentityProvider | undefined;
  /** Undefined with the identity provider. */
  readonly consoleClient: Required<ConsoleClient> | undefined;
  readonly operatorRoles: OperatorRoles;
  /** The profile is undefined with the identity provider, unless the file has one. */
  readonly accessToken: Omit<AwsEntries['accessToken'], 'profile'> & {
    readonly profile: AccessTokenProfile | undefined;
  };
  /** Issuer and format of the access tokens of senders. Undefined if the user pool issues them. */
  readonly senderAccessToken: SenderAccessToken | undefined;
  /** The user pool that the environment makes. */
  readonly cognito: Required<Cognito> | undefined;
  /** Ids of the applications whose client is made in the user pool. */
  readonly cognitoApplications: readonly string[];
  readonly loadBalancerPublicKeysUrl: string;
  readonly registry: Registry;
  /** With all defaults filled in; one or more. */
  readonly applications: Applications;
  /**
   * ARNs of the roles that may invoke the invocation target of an application, by its id. The app's code can name further ones. An
   * application without an invocation target is absent.
   */
  readonly invokers: Readonly<Record<string, readonly string[]>>;
  /**
   * The workflows that applications may resume. Empty: the environment resumes none. The app's code can add workflows to the
   * applications that are there, see `GrantedWorkflows`.
   */
  readonly resumeTargets: ResumeTargets;
  /** Addresses that handshakes may call: of the internet, or of this machine only. */
  readonly egress: 'public' | 'loopback';
  /** Policies in Cedar by their ids, or the module of those in Rego. */
  readonly policies?: Policies | Uint8Array;
  /** Keys in KMS by id. */
  readonly signingKeys: Readonly<Record<string, SigningKeyEntry>>;
  /** Reserved executions by function. */
  readonly reservedConcurrency: Readonly<Partial<Record<FunctionName, number>>>;
  readonly deploymentWave: (typeof DEPLOYMENT_WAVES)[number];
}

/** An environment with its identity provider, which may have values that only the deployment knows. */
export interface GatewayEnvironment extends Environment {
  readonly identityProvider: IdentityProvider;
  readonly consoleClient: Required<ConsoleClient>;
  readonly accessToken: Environment['accessToken'] & { readonly profile: AccessTokenProfile };
  /** Issuer and format of the access tokens of senders: of the setting, or of the identity provider. */
  readonly senderAccessToken: SenderAccessToken;
  /** Ids of the clients that the user pool has for applications, by application. */
  readonly senderClients: Readonly<Record<string, string>>;
}
