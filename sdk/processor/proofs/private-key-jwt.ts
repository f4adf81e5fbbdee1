import { createClientCredentials } from '../../shared/client-credentials.ts';
import { PLATFORM, type Platform } from '../../shared/platform.ts';
import type { PrivateJwk } from '../../shared/private-key.ts';
import { CallbackError } from '../callback-error.ts';
import type { Proof } from './proof.ts';

export interface PrivateKeyJwtOptions {
  /** `iss` of the identity provider. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** The processor's client at the identity provider. */
  readonly clientId: string;
  /** The private half of the client's key. */
  readonly privateJwk: PrivateJwk;
  /**
   * Space-separated.
   * @default the provider decides
   */
  readonly scope?: string;
}

const SCHEME = 'Bearer ';

/**
 * An access token of the processor's own, got with a client assertion (RFC 7523). It is kept until shortly before it expires,
 * and replaced when the gateway refuses it, for example because the gateway accepts each one once.
 * @throws {TypeError} if an option is not valid
 */
export const privateKeyJwt = ({ privateJwk, ...options }: PrivateKeyJwtOptions): Proof => {
  // The fetch and the clock of the callback, which come with its first request.
  let platform: Platform = PLATFORM;
  let refused: string | undefined;
  const getAccessToken = createClientCredentials(
    { ...options, privateKey: privateJwk },
    {
      fetch: (url, init) => platform.fetch(url, init),
      now: () => platform.now(),
      random: () => platform.random(),
      wait: (milliseconds, signal) => platform.wait(milliseconds, signal),
    },
    (failure) => new CallbackError(failure),
  );
  return {
    needsToken: true,
    headers: async ({ token = '' }, context) => {
      platform = context.platform;
      const accessToken = await getAccessToken({
        ...(refused !== undefined && { refused }),
        ...(context.signal !== undefined && { signal: context.signal }),
      });
      return { authorization: `${SCHEME}${accessToken}`, 'callback-token': token };
    },
    isChallenge: ({ code, sent }) => {
      if (code !== 'proof_invalid') return false;
      refused = sent.authorization?.slice(SCHEME.length);
      return true;
    },
  };
};
