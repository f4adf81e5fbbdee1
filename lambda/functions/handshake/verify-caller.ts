import { compare } from 'bcryptjs';
import type { HandshakeRequest, HandshakeVerdict } from '../../contract/handshake.ts';
import { HANDSHAKE } from '../../contract/proof-limits.ts';
import { describeError } from '../../shared/refusal.ts';
import type { PostResponse } from './guarded-post.ts';
import type { HandshakeStore } from './handshake-store.ts';

export interface CallerVerifierOptions {
  readonly store: Pick<HandshakeStore, 'acceptOnce'>;
  /** Sends the confirmation call; see `guardedPost`. */
  readonly post: (url: URL, body: object) => Promise<PostResponse>;
}

/**
 * Steps 2 and 4 of the handshake: asks the caller's own address to confirm the call, and compares the returned secret with
 * the hash.
 * @param registered origins and URLs that may confirm; no other address is called
 * @throws if the store is unavailable; every other failure is a verdict against the caller
 */
export type VerifyCaller = (
  request: Omit<HandshakeRequest, 'processor'>,
  registered: readonly string[],
) => Promise<HandshakeVerdict>;

const refused = (reason: string): HandshakeVerdict => ({ allowed: false, reason });

export const createCallerVerifier =
  ({ post, store }: CallerVerifierOptions): VerifyCaller =>
  async ({ confirmUrl, hash, receiverUrl }, registered) => {
    const url = new URL(confirmUrl);
    if (!registered.some((entry) => isCovered(entry, url, confirmUrl)) || url.username !== '' || url.password !== '')
      return refused('its URL is not registered, nor is its origin');
    let response: PostResponse;
    try {
      response = await post(url, { hash, url: receiverUrl });
    } catch (error) {
      return refused(`no confirmation: ${describeError(error)}`);
    }
    if (response.status !== 200) return refused(`not confirmed: ${response.status}`);
    // bcrypt ignores further bytes, so two longer secrets could be equal.
    if (Buffer.byteLength(response.body) > HANDSHAKE.maxSecretBytes) return refused('the secret is too long');
    if (!(await compare(response.body, hash))) return refused('the secret is not that of the hash');
    return (await store.acceptOnce(hash)) ? { allowed: true } : refused('the hash was accepted before');
  };

/**
 * True if a registered entry covers a URL. An entry with a path covers exactly itself, and an origin covers every URL of it.
 * The text is compared too, because two parsers may read different hosts from the same URL.
 */
const isCovered = (entry: string, url: URL, text: string): boolean => {
  if (new URL(entry).origin !== entry) return text === entry;
  return url.origin === entry && text.startsWith(entry) && (text === entry || /^[/?#]/.test(text.slice(entry.length)));
};
