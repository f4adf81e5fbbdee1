import { HANDSHAKE, MAX_HANDSHAKE_URL_CHARS } from '../../contract/limits.ts';

/** `Authorization: Webhook CONFIRM_URL HASH`. */
export interface WebhookAuthorization {
  readonly confirmUrl: string;
  readonly hash: string;
}

const SCHEME = /^webhook(?: |$)/i;
/** Three parts with one blank between them, as the protocol's own code splits them. */
const THREE_PARTS = /^webhook ([!-~]+) ([!-~]+)$/i;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Reads the header of the handshake.
 * @param lines every `Authorization` line of the request
 * @returns undefined where there is none of this scheme; a text that says what is wrong with one that is malformed
 */
export const readWebhookAuthorization = (lines: readonly string[]): WebhookAuthorization | string | undefined => {
  const [line = '', ...others] = lines.map((one) => one.trim());
  if (!SCHEME.test(line)) return undefined;
  if (others.length > 0) return 'more than one Authorization';
  const [, confirmUrl, hash] = THREE_PARTS.exec(line) ?? [];
  if (confirmUrl === undefined || hash === undefined) return 'not three parts';
  if (confirmUrl.length > MAX_HANDSHAKE_URL_CHARS || !URL.canParse(confirmUrl)) return 'the second part is no URL';
  const cost = Number(BCRYPT.exec(hash)?.[1] ?? Number.NaN);
  return cost >= HANDSHAKE.cost.min && cost <= HANDSHAKE.cost.max
    ? { confirmUrl, hash }
    : 'the third part is no bcrypt hash of an accepted cost';
};
