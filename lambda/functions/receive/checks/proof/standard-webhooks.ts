import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import {
  CLOCK_TOLERANCE_SECONDS,
  MAX_SIGNATURES,
  MAX_WEBHOOK_ID_CHARS,
  SIGNATURE_WINDOW_SECONDS,
  WEBHOOK_SECRET_BYTES,
} from '../../../../contract/limits.ts';
import type { StandardWebhooksProof } from '../../../../contract/proofs.ts';
import { createSecrets } from '../../../../shared/aws/secrets-cache.ts';
import { orUnavailable } from '../../../../shared/or-unavailable.ts';
import { refuse } from '../../../../shared/refusal.ts';
import { proofKey } from '../../../../shared/tables/hashed-keys.ts';
import { type CreateProof, describeClock, SHOWN } from './proof.ts';

/** Printable, and without the full stop that stands between the parts of what is signed. */
const ID = new RegExp(`^[!-\\-/-~]{1,${MAX_WEBHOOK_ID_CHARS}}$`);
const TIMESTAMP = /^[0-9]{1,12}$/;
const SIGNATURE = /^(v1|v1a),([A-Za-z0-9+/]{10,200}={0,2})$/;

/**
 * Proof `standard_webhooks` (https://github.com/standard-webhooks/standard-webhooks, 1.0): one signature at least over id,
 * time and body by the processor's secret (`v1`, HMAC-SHA256) or by one of its keys (`v1a`, Ed25519), whichever is registered.
 */
export const createProof: CreateProof<StandardWebhooksProof> = ({ now: clock }) => {
  const secrets = createSecrets(clock);
  return {
    verify: async ({ claims, now, processor, request }) => {
      const [signatures, ids, timestamps] = ['webhook-signature', 'webhook-id', 'webhook-timestamp'].map((name) =>
        request.header(name),
      ) as [readonly string[], readonly string[], readonly string[]];
      if (signatures.length === 0) {
        return refuse('proof_missing', 'no webhook-signature', { detail: 'The header webhook-signature is missing.' });
      }
      const invalid = (reason: string, detail: string) => refuse('proof_invalid', reason, { detail });
      const wrong = Object.entries({
        'webhook-signature': signatures,
        'webhook-id': ids,
        'webhook-timestamp': timestamps,
      });
      for (const [name, { length }] of wrong) {
        if (length === 1) continue;
        const detail = `The header ${name} ${length === 0 ? 'is missing' : 'came more than once'}.`;
        return invalid('webhook-id, webhook-timestamp and webhook-signature are not there once each', detail);
      }
      const [id = '', timestamp = ''] = [ids[0], timestamps[0]];
      if (!ID.test(id)) {
        const detail = `webhook-id is not 1 to ${MAX_WEBHOOK_ID_CHARS} printable characters without a full stop.`;
        return invalid('webhook-id is not one', detail);
      }
      if (!TIMESTAMP.test(timestamp)) {
        return invalid(
          'webhook-timestamp is not now',
          'webhook-timestamp is not a whole number of seconds since 1970.',
        );
      }
      if (Math.abs(Number(timestamp) - now) > SIGNATURE_WINDOW_SECONDS) {
        const detail = describeClock('webhook-timestamp', Number(timestamp), now, SIGNATURE_WINDOW_SECONDS);
        return invalid('webhook-timestamp is not now', detail);
      }
      const given = (signatures[0] ?? '').split(' ').map((one) => SIGNATURE.exec(one));
      if (given.length > MAX_SIGNATURES) {
        return invalid('more signatures than are looked at', `webhook-signature holds more than ${MAX_SIGNATURES}.`);
      }
      if (given.every((match) => match === null)) {
        return invalid(
          'no signature fits a key of the processor',
          'webhook-signature holds no `v1,` or `v1a,` and base64.',
        );
      }
      const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), request.body()]);
      const of = (version: string) =>
        given.flatMap((match) => (match?.[1] === version ? [Buffer.from(match[2] ?? '', 'base64')] : []));

      // The message's id stays when it is sent again at another time. It may come again for as long as its token is good,
      // and each copy of it is good from one window before the time that it names to one window after.
      const shown = {
        ...SHOWN,
        signatures: [
          {
            key: proofKey('standard_webhooks', processor.id, id),
            expiresAt: Math.max(claims.exp, now) + 2 * SIGNATURE_WINDOW_SECONDS + CLOCK_TOLERANCE_SECONDS,
          },
        ],
      };
      const { publicKeys = [], secretName } = processor.proof;
      const asymmetric = of('v1a');
      if (publicKeys.map(readPublicKey).some((key) => asymmetric.some((one) => verify(null, signed, key, one))))
        return shown;
      const symmetric = of('v1');
      // A signature that is none costs no look-up of the secret.
      if (secretName !== undefined && symmetric.length > 0) {
        const known = readSecrets(await orUnavailable('secrets', secrets.find(secretName)));
        const expected = known.map((secret) => createHmac('sha256', secret).update(signed).digest());
        if (expected.some((mac) => symmetric.some((one) => isSame(one, mac)))) return shown;
      }
      return invalid('no signature fits a key of the processor', NO_FIT);
    },
  };
};

const NO_FIT =
  'No signature fits: it is made with what was agreed on, over `webhook-id.webhook-timestamp.body`, the body byte by byte.';

const isSame = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other);

/** `whpk_` and base64 of the 32 bytes of an Ed25519 public key. */
const readPublicKey = (text: string): KeyObject =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(text.slice('whpk_'.length), 'base64').toString('base64url') },
    format: 'jwk',
  });

/**
 * `whsec_` and base64, several with blanks between them.
 * @throws {Error} where the secret holds something else: never with what it holds
 */
const readSecrets = (text: string): readonly Buffer[] =>
  text
    .trim()
    .split(/\s+/)
    .map((one) => {
      const bytes = Buffer.from(one.slice('whsec_'.length), 'base64');
      if (
        !one.startsWith('whsec_') ||
        bytes.length < WEBHOOK_SECRET_BYTES.min ||
        bytes.length > WEBHOOK_SECRET_BYTES.max
      ) {
        throw new Error('The processor’s secret in Secrets Manager is not whsec_ and base64 of 24 to 64 bytes.');
      }
      return bytes;
    });
