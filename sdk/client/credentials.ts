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

/**
 * Gets access tokens by the client credentials grant: with an assertion by a private key (`private_key_jwt`, RFC 7523 §2.2),
 * or with a secret (`client_secret_basic`).
 *
 * It asks for the scopes of senders, unless `scope` has others: `operator_read operator_write` for the API of operators, or the names
 * that your provider has for them.
 * @throws {TypeError} if the options are not valid
 */
export const clientCredentials = ({ fetch, platform, ...options }: ClientCredentialsOptions): AccessTokens =>
  createClientCredentials(
    { scope: CLIENT_SCOPES.sender, ...options },
    { ...PLATFORM, ...platform, ...(fetch && { fetch }) },
    toPosternError,
  );
