import { compare } from 'bcryptjs';
import type { HandshakeRequest, HandshakeVerdict } from '../../contract/handshake.ts';
import { HANDSHAKE } from '../../contract/limits.ts';
import { describeError } from '../../shared/refusal.ts';
import type { PostedAnswer } from './guarded-post.ts';
import type { HandshakeStore } from './handshake-store.ts';

export interface CallerVerifierOptions {
  readonly store: Pick<HandshakeStore, 'acceptOnce'>;
  /** Asks a URL to confirm; see `guardedPost`. */
  readonly post: (url: URL, body: object) => Promise<PostedAnswer>;
}

/**
 * Steps 2 and 4 of the handshake: asks the caller's own address whether it started the call, and holds the secret that comes
 * back against the hash.
 * @param registered origins and URLs that may confirm; nothing else is called
 * @throws where the store does not answer; whatever else goes wrong is the caller's, and a verdict
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
    if (!registered.some((entry) => isOf(entry, url, confirmUrl)) || url.username !== '' || url.password !== '')
      return refused('its URL is not registered, nor is its origin');
    let answer: PostedAnswer;
    try {
      answer = await post(url, { hash, url: receiverUrl });
    } catch (error) {
      return refused(`no confirmation: ${describeError(error)}`);
    }
    if (answer.status !== 200) return refused(`not confirmed: ${answer.status}`);
    // bcrypt looks at no more, so that two longer secrets may be one to it.
    if (Buffer.byteLength(answer.body) > HANDSHAKE.maxSecretBytes) return refused('the secret is too long');
    if (!(await compare(answer.body, hash))) return refused('the secret is not that of the hash');
    return (await store.acceptOnce(hash)) ? { allowed: true } : refused('the hash was accepted before');
  };

/**
 * Whether a registered entry stands for a URL: an entry with a path stands for itself alone, character by character, and
 * an origin for every URL of it. The text is compared too, because two readers of one URL may see two hosts in it.
 */
const isOf = (entry: string, url: URL, text: string): boolean => {
  if (new URL(entry).origin !== entry) return text === entry;
  return url.origin === entry && text.startsWith(entry) && (text === entry || /^[/?#]/.test(text.slice(entry.length)));
};
