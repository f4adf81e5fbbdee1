import { HANDSHAKE, MAX_HANDSHAKE_URL_CHARS } from '../../contract/proof-limits.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** `Authorization: Webhook CONFIRM_URL HASH`. */
export interface WebhookAuthorization {
  readonly confirmUrl: string;
  readonly hash: string;
}

const SCHEME = /^webhook(?: |$)/i;
/** Three parts with one space between them, as the protocol's own code splits them. */
const THREE_PARTS = /^webhook ([!-~]+) ([!-~]+)$/i;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Reads the header of the handshake.
 * @param lines every `Authorization` line of the request
 * @returns `proof_missing` without a header of this scheme, `proof_invalid` for a malformed one
 */
export const readWebhookAuthorization = (lines: readonly string[]): WebhookAuthorization | Refusal => {
  const [line = '', ...others] = lines.map((value) => value.trim());
  if (!SCHEME.test(line)) return refuse('proof_missing', 'no Authorization of scheme Webhook');
  if (others.length > 0) return invalid('more than one Authorization');
  const [, confirmUrl, hash] = THREE_PARTS.exec(line) ?? [];
  if (confirmUrl === undefined || hash === undefined) return invalid('not three parts');
  if (confirmUrl.length > MAX_HANDSHAKE_URL_CHARS || !URL.canParse(confirmUrl)) {
    return invalid('the second part is no URL');
  }
  const cost = Number(BCRYPT.exec(hash)?.[1] ?? Number.NaN);
  return cost >= HANDSHAKE.cost.min && cost <= HANDSHAKE.cost.max
    ? { confirmUrl, hash }
    : invalid('the third part is no bcrypt hash of an accepted cost');
};

const invalid = (reason: string): Refusal => refuse('proof_invalid', reason);
