import { hash as bcrypt } from 'bcryptjs';
import type { StartedCall } from '../../contract/handshake.ts';
import { HANDSHAKE } from '../../contract/limits.ts';
import { ROUTES } from '../../contract/routes.ts';
import type { HandshakeStore } from './handshake-store.ts';

export interface OwnCallsOptions {
  readonly origin: string;
  readonly store: Pick<HandshakeStore, 'storeCall' | 'takeCall'>;
  /** 32 random bytes, base64url. */
  readonly randomSecret: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Our side as a caller: what goes out with a call, and what confirms it. */
export interface OwnCalls {
  /** Step 1: makes a secret and what is sent with a call to exactly that URL. */
  start(url: string): Promise<StartedCall>;
  /** Step 3: the secret, if the hash is one of ours, unused, still good, and was sent to exactly that URL. Then forgotten. */
  confirm(hash: string, url: string): Promise<string | undefined>;
}

/** As high as the protocol allows would be slow here, and the secret is random: nobody guesses it. */
const OWN_COST = 10;

export const createOwnCalls = ({ now, origin, randomSecret, store }: OwnCallsOptions): OwnCalls => {
  const seconds = () => Math.floor(now() / 1000);
  return {
    start: async (url) => {
      const secret = randomSecret();
      const hash = await bcrypt(secret, OWN_COST);
      await store.storeCall({ hash, secret, url, expiresAt: seconds() + HANDSHAKE.ownCallSeconds });
      return { authorization: `Webhook ${origin}${ROUTES.confirmHandshake.path} ${hash}` };
    },
    confirm: async (hash, url) => {
      const call = await store.takeCall(hash);
      return call !== undefined && call.url === url && call.expiresAt > seconds() ? call.secret : undefined;
    },
  };
};
