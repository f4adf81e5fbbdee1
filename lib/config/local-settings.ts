import type { AccessTokenProfile } from '../../lambda/contract/access-token-profile.ts';
import type { ProofName } from '../../lambda/contract/proofs.ts';
import type { SigningKind } from '../../lambda/contract/signing.ts';
import type { PublicJwk } from './keys.ts';
import type { AudienceForm } from './token-profiles.ts';

/*
 * What the local gateway tells an app, and what the app answers. The gateway runs the app in another process, so both are JSON.
 * This file imports nothing of the CDK, because the gateway has no CDK.
 */

/** Ports and keys of the local gateway. They are made before the template, which refers to them. */
export interface LocalSettings {
  /** Name of the environment to run. Other environments of the app keep their form. */
  readonly environment: string;
  readonly gatewayPort: number;
  /**
   * Port of the console, if the network door serves the gateway.
   * @default a load balancer serves the gateway and the console
   */
  readonly consolePort?: number;
  readonly idpPort: number;
  /** The stand-ins for services of AWS. */
  readonly standInPort: number;
  /**
   * Way to sign callback tokens.
   * @default the one of the environment
   */
  readonly signing?: SigningKind;
  /** True if a key in KMS signed at an earlier start. Its tokens are accepted. */
  readonly hasKmsSigningKey: boolean;
  /** Origin at which processors confirm their calls. */
  readonly webhookOrigin: string;
  /** Origin of the processor that Postern sends work to. @default `LOCAL_PROCESSOR_ORIGIN` */
  readonly processorOrigin?: string;
  /** Public keys of this machine for processors with proofs, and for encrypted tokens. */
  readonly processorKeys: Readonly<Record<'dpop' | 'signed' | 'encryption', PublicJwk & { readonly kid: string }>>;
}

/** Names of the secrets of the stand-in for Secrets Manager. */
export const LOCAL_SECRETS = {
  consoleClient: 'postern/local/console-client',
  /** API key that Postern sends to processors. */
  dispatchApiKey: 'postern/local/dispatch-api-key',
  /** Signing secret of the work that Postern sends to processors. */
  dispatchSignature: 'postern/local/dispatch-signature',
  /** Signing secret of processors with Standard Webhooks. */
  standardWebhooks: 'postern/local/standard-ocr',
  /** Certificate of the network door and its key. */
  doorCertificate: 'postern/local/door',
  tokenEncryption: 'postern/local/token-encryption',
} as const;

/** Origin of the example processor, to which Postern sends work. */
export const LOCAL_PROCESSOR_ORIGIN = 'http://127.0.0.1:5010';

/** Client of the console at the local OpenID provider. */
export const LOCAL_CONSOLE_CLIENT = 'postern-console';

/** Client of the command line, for people, at the local OpenID provider. */
export const LOCAL_CLI_CLIENT = 'postern-cli';

/** Client ids of operators at the local OpenID provider that are programs: their tokens must be accepted. */
export const LOCAL_OPERATORS = ['local-operator', 'local-acting', 'local-viewer'] as const;

/** Account and Region of everything on this machine. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'eu-west-1';

/** File of the cloud assembly with the `LocalDescription` of an environment. */
export const localDescriptionFile = (environment: string): string => `postern.local-${environment}.json`;

/** The name of the environment, if a file of a cloud assembly has its `LocalDescription`. */
export const describedIn = (file: string): string | undefined => /^postern\.local-(.+)\.json$/.exec(file)?.[1];

/** The local form of an environment, for the gateway that runs it. */
export interface LocalDescription {
  readonly environment: string;
  /** Names of its stacks. */
  readonly stacks: { readonly state: string; readonly gateway: string };
  /** Clients that need access tokens. */
  readonly clients: readonly LocalClient[];
  readonly processors: Readonly<Record<string, LocalProcessor>>;
  readonly applications: Readonly<Record<string, LocalApplication>>;
  readonly hasPolicies: boolean;
  /** True if the gateway accepts each access token once. */
  readonly isEachTokenUsedOnce: boolean;
  /** Late deliveries of a task that are kept. */
  readonly quarantineLimit: number;
  /** Format of the access tokens of senders and processors. */
  readonly accessToken: { readonly profile: AccessTokenProfile; readonly audienceForm: AudienceForm };
  /** Seconds. */
  readonly accessTokenMaxLifetime: number;
  /** Differences from the environment on AWS, a sentence each. */
  readonly differences: readonly string[];
}

/** A client of the environment at the OpenID provider. */
export interface LocalClient {
  readonly clientId: string;
  readonly role: 'sender' | 'processor';
  /** Application of a sender. */
  readonly application?: string;
}

/** Settings of a processor that programs on this machine read. */
export interface LocalProcessor {
  readonly proof: ProofName;
  readonly carriers: readonly string[];
  readonly contentTypes: readonly string[];
  /** True if results must match a JSON Schema. */
  readonly hasSchema: boolean;
  /** True if a part of a delivery decides what is a repeat. */
  readonly hasSameBy: boolean;
  readonly replayMode: string;
  /** Seconds. */
  readonly maxExpiresIn: number;
  /** Client of a processor with `private_key_jwt`. */
  readonly clientId?: string;
  /** URL that confirms the calls of a processor with `webhook`. */
  readonly confirmUrl?: string;
  /** True if Postern sends it the work, so that the sender gets no callback URLs. */
  readonly isDispatched?: true;
}

/** Settings of an application that decide whether the scenario can be played. */
export interface LocalApplication {
  readonly processors: readonly string[];
  /** `null`: no limit. */
  readonly pendingLimit: number | null;
}
