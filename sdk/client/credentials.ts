import { CLIENT_SCOPES } from '../../lambda/contract/sdk-limits.ts';
import {
  type AccessTokens,
  createClientCredentials,
  type ClientCredentialsOptions as SharedOptions,
} from '../shared/client-credentials.ts';
import { type Fetch, PLATFORM, type Platform } from '../shared/platform.ts';
import { toPosternError } from './postern-error.ts';

export type ClientCredentialsOptions = SharedOptions & {
  /** @default the global one */
  readonly fetch?: Fetch;
  /** Clock, randomness and timer, for tests. */
  readonly platform?: Partial<Platform>;
};

/** Gets access tokens, as `clientCredentials` of an entry point does. */
export type ClientCredentials = (options: ClientCredentialsOptions) => AccessTokens;

/** @param scope what it asks for if its caller names no scope: without one, a provider may grant none */
const credentialsFor =
  (scope: string): ClientCredentials =>
  ({ fetch, platform, ...options }) =>
    createClientCredentials(
      { scope, ...options },
      { ...PLATFORM, ...platform, ...(fetch && { fetch }) },
      toPosternError,
    );

/**
 * Gets access tokens by the client credentials grant: with an assertion by a private key (`private_key_jwt`, RFC 7523 §2.2),
 * or with a secret (`client_secret_basic`). It asks for the scopes of senders, unless `scope` has others.
 * @throws {TypeError} if the options are not valid
 */
export const clientCredentials: ClientCredentials = credentialsFor(CLIENT_SCOPES.sender);

/** The same with the scopes of operators. */
export const operatorCredentials: ClientCredentials = credentialsFor(CLIENT_SCOPES.operator);
