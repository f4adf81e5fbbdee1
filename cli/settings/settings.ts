/** One gateway, and the client that asks it. */
export interface Profile {
  readonly name: string;
  readonly origin: string;
  /** Issuer of access tokens. */
  readonly issuer?: string;
  readonly clientId?: string;
  /** Path of a file with the client's private key as a JWK. */
  readonly privateKey?: string;
  /** Name of the environment, which a person types to confirm an action in a protected one. */
  readonly environment?: string;
  readonly isProtected: boolean;
}

export const OUTPUT_FORMATS = ['text', 'json', 'jsonl'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The flags that every command has. */
export interface GlobalFlags {
  readonly profile?: string;
  readonly origin?: string;
  readonly issuer?: string;
  readonly output?: string;
  readonly input: boolean;
}

/** What flags, variables and files say together. */
export interface Settings {
  /** Name of the profile in use. */
  readonly profileName: string;
  /** The profile that a flag or a variable names. Files name it for the next command line too, these two do not. */
  readonly givenProfile?: string;
  /** Every profile of the user's file by its name, without the built-in one. */
  readonly profiles: Readonly<Record<string, Profile>>;
  /** From a flag or a variable. */
  readonly origin?: string;
  readonly issuer?: string;
  readonly output: OutputFormat;
  /** Whether the command may ask questions: a terminal, and no `--no-input`. */
  readonly mayAsk: boolean;
  /** Whether `--no-input` is set: then nobody is there, and a command must not wait for a person. */
  readonly isInputOff: boolean;
  /** The profile that the user's own file names. */
  readonly userProfile?: string;
  /** The profile that a variable or the file of a project names, which comes before the user's own. */
  readonly placedProfile?: { readonly name: string; readonly by: string };
  /** Path of the user's file of settings, which may not exist. */
  readonly configFile: string;
  /** Folder of stored tokens, which may not exist. */
  readonly stateFolder: string;
  /** Path of the ready file of a gateway on this machine. */
  readonly readyFile: string;
}

/** The built-in profile: the gateway of "postern dev" on this machine. */
export const LOCAL_PROFILE = 'local';
