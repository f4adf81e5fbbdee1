import { hash as bcrypt } from 'bcryptjs';
import { API_ROUTES } from '../../contract/api-routes.ts';
import type { StartedCall } from '../../contract/handshake.ts';
import { HANDSHAKE } from '../../contract/proof-limits.ts';
import { inSeconds } from '../../contract/task.ts';
import type { HandshakeStore } from './handshake-store.ts';

export interface OwnCallsOptions {
  readonly origin: string;
  readonly store: Pick<HandshakeStore, 'storeCall' | 'takeCall'>;
  /** 32 random bytes, base64url. */
  readonly randomSecret: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Our side as caller: starts calls and confirms them. */
export interface OwnCalls {
  /** Step 1: makes a secret, and the header for a call to exactly this URL. */
  start(url: string): Promise<StartedCall>;
  /** Step 3: returns the secret once, if the hash is ours, has not expired and was sent to exactly this URL. */
  confirm(hash: string, url: string): Promise<string | undefined>;
}

/** bcrypt cost of our hashes. A higher cost would be slow, and a random secret cannot be guessed. */
const OWN_COST = 10;

export const createOwnCalls = ({ now, origin, randomSecret, store }: OwnCallsOptions): OwnCalls => {
  const seconds = () => inSeconds(now());
  return {
    start: async (url) => {
      const secret = randomSecret();
      const hash = await bcrypt(secret, OWN_COST);
      await store.storeCall({ hash, secret, url, expiresAt: seconds() + HANDSHAKE.ownCallSeconds });
      return { authorization: `Webhook ${origin}${API_ROUTES.confirmHandshake.path} ${hash}` };
    },
    confirm: async (hash, url) => {
      const call = await store.takeCall(hash);
      return call !== undefined && call.url === url && call.expiresAt > seconds() ? call.secret : undefined;
    },
  };
};
