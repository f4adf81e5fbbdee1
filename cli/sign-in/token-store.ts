import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../command-error.ts';
import { closeFolder, writePrivateFile } from '../private-files.ts';
import type { Settings } from '../settings/settings.ts';

/** A sign-in at one gateway, as it is stored. Its tokens are sent to `origin` alone, its secrets to `provider` alone. */
export interface SignIn {
  readonly origin: string;
  readonly provider: {
    readonly issuer: string;
    readonly tokenEndpoint: string;
    readonly revocationEndpoint?: string;
  };
  readonly clientId: string;
  /** How tokens are renewed: with the key of the profile, with the secret, or with the refresh token of a person. */
  readonly by: 'private-key' | 'client-secret' | 'person';
  readonly clientSecret?: string;
  readonly isSecretInForm?: boolean;
  /** Scopes of every token. Without them, each API gets a token with its own scopes. */
  readonly scope?: string;
  /** Sent as `audience` and `resource`. */
  readonly audience?: string;
  readonly tokens: Readonly<Partial<Record<TokenUse, StoredToken>>>;
}

/** The API that a token is for, or `any`. */
export type TokenUse = 'sender' | 'operator' | 'any';

export interface StoredToken {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly scopes: readonly string[];
  /** RFC 3339. */
  readonly expiresAt: string;
}

type Place = Pick<Settings, 'stateFolder'>;

/** Path of the file with the sign-in of a profile. */
export const signInFile = ({ stateFolder }: Place, profileName: string): string =>
  join(stateFolder, `${encodeURIComponent(profileName)}.json`);

/**
 * @returns undefined without a sign-in
 * @throws {CommandError} `signIn`, if the file cannot be used
 */
export const readSignIn = (place: Place, profileName: string): SignIn | undefined => {
  const file = signInFile(place, profileName);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new CommandError(
      'signIn',
      `${file} cannot be read (${code}).`,
      'Check its owner and mode, or sign in again.',
    );
  }
  const value = parseSignIn(text);
  if (value === undefined) {
    throw new CommandError(
      'signIn',
      `${file} is no sign-in of this version.`,
      `Sign in again: postern login --profile ${profileName}`,
    );
  }
  return value;
};

const parseSignIn = (text: string): SignIn | undefined => {
  try {
    const value = JSON.parse(text) as Partial<SignIn> | null;
    const tokens = Object.values(value?.tokens ?? {});
    const texts = [
      ...[value?.origin, value?.clientId, value?.provider?.issuer, value?.provider?.tokenEndpoint],
      ...tokens.flatMap((token) => [token.accessToken, token.expiresAt]),
    ];
    return tokens.length > 0 && texts.every((item) => typeof item === 'string') ? (value as SignIn) : undefined;
  } catch {
    return undefined;
  }
};

export const writeSignIn = (place: Place, profileName: string, signIn: SignIn): void => {
  closeFolder(place.stateFolder);
  writePrivateFile(signInFile(place, profileName), `${JSON.stringify(signIn, undefined, 2)}\n`);
};

export const removeSignIn = (place: Place, profileName: string): void =>
  rmSync(signInFile(place, profileName), { force: true });
