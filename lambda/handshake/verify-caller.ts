import { compare } from 'bcryptjs';
import type { HandshakeRequest, HandshakeVerdict } from '../contract/handshake.ts';
import { HANDSHAKE } from '../contract/limits.ts';
import { describeError } from '../observe/journal.ts';
import type { PostedAnswer } from './guarded-post.ts';
import type { HandshakeStore } from './store.ts';

export interface CallerVerifierOptions {
  readonly store: Pick<HandshakeStore, 'acceptOnce'>;
  /** Asks a URL to confirm; see `guardedPost`. */
  readonly post: (url: URL, body: object) => Promise<PostedAnswer>;
}

/**
 * Steps 2 and 4 of the handshake: asks the caller's own address whether it started the call, and holds the secret that comes
 * back against the hash.
 * @param origins those that may confirm; any other is not called
 * @throws where the store does not answer; whatever else goes wrong is the caller's, and a verdict
 */
export type VerifyCaller = (
  request: Omit<HandshakeRequest, 'processor'>,
  origins: readonly string[],
) => Promise<HandshakeVerdict>;

const refused = (reason: string): HandshakeVerdict => ({ allowed: false, reason });

export const createCallerVerifier =
  ({ post, store }: CallerVerifierOptions): VerifyCaller =>
  async ({ confirmUrl, hash, receiverUrl }, origins) => {
    const url = new URL(confirmUrl);
    // The text too: two readers of one URL may see two hosts in it.
    const isRegistered = origins.some(
      (origin) =>
        url.origin === origin &&
        (confirmUrl === origin || /^[/?#]/.test(confirmUrl.slice(origin.length))) &&
        confirmUrl.startsWith(origin),
    );
    if (!isRegistered || url.username !== '' || url.password !== '')
      return refused('its URL is of no registered origin');
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
