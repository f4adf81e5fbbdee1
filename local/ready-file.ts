import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JWK } from 'jose';
import type { LocalProcessor } from '../lib/config/local-settings.ts';
import type { ReadySigningKey } from './signing-key.ts';

/** A client of the local OpenID provider. */
export interface ReadyClient {
  readonly clientId: string;
  readonly privateJwk: JWK;
  /** Scopes that it usually needs, for a client of another environment than `local`. */
  readonly scope?: string;
}

/** Everything that a program on this machine needs to use the gateway. The file exists while the gateway runs. */
export interface ReadyFile {
  /** Name of the environment. Absent for `local`. */
  readonly environment?: string;
  readonly gateway: string;
  /** Origin of the console. Absent if it is that of the gateway. */
  readonly console?: string;
  /** `iss` of callback tokens. */
  readonly issuer: string;
  readonly idp: { readonly issuer: string; readonly tokenEndpoint: string };
  readonly dynamodb: {
    readonly endpoint: string;
    readonly tables: {
      readonly tasks: string;
      readonly jti: string;
      readonly audit: string;
      readonly signingKeys: string;
    };
  };
  /** With rotating keys: the one that signs now. The file is written again when it changes. Absent while no key signs. */
  readonly signing?: ReadySigningKey;
  /** With `POSTERN_SIGNING=kms`: the key that signs. */
  readonly kms?: { readonly endpoint: string; readonly keyId: string };
  readonly events: { readonly file: string };
  readonly metrics: { readonly file: string };
  readonly logs: { readonly file: string };
  /** Requests that told a workflow about its task. */
  readonly resumes: { readonly file: string };
  /** Endpoint for clients of Lambda, and the function name with which each application opens tasks, by its id. */
  readonly lambda: { readonly endpoint: string; readonly targets: Readonly<Record<string, string>> };
  /** Ids of the registry. */
  readonly processors: readonly string[];
  /** What a program must know of each processor, by its id. Absent for `local`. */
  readonly processorSettings?: Readonly<Record<string, LocalProcessor>>;
  /** An environment other than `local` has its own clients too, under their client ids. */
  readonly clients: {
    /** Sender of the application `invoices`; in another environment, of its first application. */
    readonly sender: ReadyClient;
    /** Senders of the applications `orders` and `small` of `local`. */
    readonly orders: ReadyClient;
    readonly small: ReadyClient;
    /** A sender that belongs to no application. */
    readonly stranger: ReadyClient;
    /** Operators: with every role, without `operator_payload`, and with `operator_read` only. */
    readonly operator: ReadyClient;
    readonly acting: ReadyClient;
    readonly viewer: ReadyClient;
    /** Client of `idp-ocr` at the provider; in another environment, of the first processor with `private_key_jwt`. */
    readonly processor: ReadyClient;
    /** The key that callback tokens of `dpop-ocr` are bound to; in another environment, those of each processor with `dpop`. */
    readonly dpop: { readonly privateJwk: JWK };
    /** The key of `signed-ocr`, or of each processor with `http_signature`; its `kid` is the `keyid` of its signatures. */
    readonly signed: { readonly privateJwk: JWK };
    /** Signing secret of `standard-ocr`, or of each processor with `standard_webhooks`: `whsec_…`. */
    readonly standard: { readonly secret: string };
    /** What Postern sends to `sent-ocr`, or to each processor of another environment: an API key, and a signature (`whsec_…`). */
    readonly dispatch: { readonly apiKey: string; readonly secret: string };
  };
}

/** A client of the provider by its name in the ready file or by its client id. */
export const clientNamed = (clients: ReadyFile['clients'], name: string): ReadyClient | undefined => {
  const all = providerClients(clients);
  return (Object.hasOwn(all, name) ? all[name] : undefined) ?? Object.values(all).find((one) => one.clientId === name);
};

/** Clients of the provider by their names. The ready file has keys of processors beside them. */
export const providerClients = (clients: ReadyFile['clients']): Readonly<Record<string, ReadyClient>> =>
  Object.fromEntries(
    Object.entries(clients as unknown as Readonly<Record<string, Partial<ReadyClient>>>).filter(
      (entry): entry is [string, ReadyClient] => entry[1].clientId !== undefined,
    ),
  );

type Environment = Readonly<Record<string, string | undefined>>;

export const dataFolderPath = (environment: Environment): string => resolve(environment.POSTERN_DATA || '.postern');

export const readyFilePath = (environment: Environment): string =>
  resolve(environment.POSTERN_READY_FILE || join(dataFolderPath(environment), 'local.json'));

/** Writes the file in one step, for its owner alone: it holds private keys. */
export const writeReadyFile = (path: string, content: ReadyFile): void => {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
};

export const removeReadyFile = (path: string): void => rmSync(path, { force: true });

/** @throws {Error} if no gateway runs. */
export const readReadyFile = (path: string): ReadyFile => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ReadyFile;
  } catch {
    throw new Error(`No gateway runs here (there is no ${path}): start one with "npm start".`);
  }
};
