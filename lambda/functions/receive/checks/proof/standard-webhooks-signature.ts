import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { CLOCK_TOLERANCE_SECONDS } from '../../../../contract/limits.ts';
import {
  MAX_SIGNATURES,
  MAX_WEBHOOK_ID_CHARS,
  SIGNATURE_WINDOW_SECONDS,
  WEBHOOK_SECRET_BYTES,
} from '../../../../contract/proof-limits.ts';
import type { StandardWebhooksProof } from '../../../../contract/proofs.ts';
import type { HttpRequest } from '../../../../shared/http/message.ts';
import { orUnavailable } from '../../../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../../../shared/refusal.ts';
import { proofKey } from '../../../../shared/tables/hashed-keys.ts';
import { describeClock, PROOF_OK, type ProofVerifier } from './proof.ts';

/** Printable characters except the full stop, which separates the parts of the signed text. */
const ID = new RegExp(`^[!-\\-/-~]{1,${MAX_WEBHOOK_ID_CHARS}}$`);
const TIMESTAMP = /^[0-9]{1,12}$/;
const SIGNATURE = /^(v1|v1a),([A-Za-z0-9+/]{10,200}={0,2})$/;

/**
 * Proof `standard_webhooks` (https://github.com/standard-webhooks/standard-webhooks, 1.0): at least one signature over id,
 * time and body by the processor's registered secret (`v1`, HMAC-SHA256) or by one of its registered keys (`v1a`, Ed25519).
 * @param findSecret returns the text of a secret by its name
 */
export const createStandardWebhooksProof = (
  findSecret: (name: string) => Promise<string>,
): ProofVerifier<StandardWebhooksProof> => {
  const isSignedBySecret = async (
    text: Uint8Array,
    signatures: readonly Buffer[],
    { secretName }: StandardWebhooksProof,
  ): Promise<boolean> => {
    // The secret is looked up only if a signature needs it.
    if (secretName === undefined || signatures.length === 0) return false;
    const keys = readSecrets(await orUnavailable('secrets', findSecret(secretName)));
    const macs = keys.map((key) => createHmac('sha256', key).update(text).digest());
    return macs.some((mac) => signatures.some((signature) => isEqual(signature, mac)));
  };

  return {
    verify: async ({ claims, now, processor, request }) => {
      const message = readMessage(request, now);
      if (isRefusal(message)) return message;
      const { id, timestamp } = message;
      const signedText = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), request.body()]);
      const signaturesOf = (version: 'v1' | 'v1a') =>
        message.signatures.flatMap((match) => (match?.[1] === version ? [Buffer.from(match[2] ?? '', 'base64')] : []));
      const isSigned =
        isSignedByKey(signedText, signaturesOf('v1a'), processor.proof) ||
        (await isSignedBySecret(signedText, signaturesOf('v1'), processor.proof));
      if (!isSigned) return NO_FIT;
      // A message keeps its id when it is sent again at another time. It may come again while its token is good, and each
      // copy is accepted from one window before its timestamp to one window after.
      const signature = {
        key: proofKey('standard_webhooks', processor.id, id),
        expiresAt: Math.max(claims.exp, now) + 2 * SIGNATURE_WINDOW_SECONDS + CLOCK_TOLERANCE_SECONDS,
      };
      return { ...PROOF_OK, signatures: [signature] };
    },
  };
};

/** The headers of a signed message. */
interface SignedMessage {
  readonly id: string;
  /** Seconds since 1970, as sent. */
  readonly timestamp: string;
  /** Matches of `SIGNATURE`; `null` for an entry of another form. */
  readonly signatures: readonly (RegExpExecArray | null)[];
}

const readMessage = (request: Pick<HttpRequest, 'header'>, now: number): SignedMessage | Refusal => {
  const headers = ['webhook-signature', 'webhook-id', 'webhook-timestamp'].map(
    (name) => [name, request.header(name)] as const,
  );
  if (headers[0]?.[1].length === 0) {
    return refuse('proof_missing', 'no webhook-signature', { detail: 'The header webhook-signature is missing.' });
  }
  for (const [name, { length }] of headers) {
    if (length === 1) continue;
    const detail = `The header ${name} ${length === 0 ? 'is missing' : 'came more than once'}.`;
    return invalid('webhook-id, webhook-timestamp and webhook-signature are not there once each', detail);
  }
  const [signatures = '', id = '', timestamp = ''] = headers.map(([, [line]]) => line);
  if (!ID.test(id)) {
    const detail = `webhook-id is not 1 to ${MAX_WEBHOOK_ID_CHARS} printable characters without a full stop.`;
    return invalid('webhook-id is not one', detail);
  }
  if (!TIMESTAMP.test(timestamp)) {
    return invalid('webhook-timestamp is not now', 'webhook-timestamp is not a whole number of seconds since 1970.');
  }
  if (Math.abs(Number(timestamp) - now) > SIGNATURE_WINDOW_SECONDS) {
    const detail = describeClock('webhook-timestamp', Number(timestamp), now, SIGNATURE_WINDOW_SECONDS);
    return invalid('webhook-timestamp is not now', detail);
  }
  const matches = signatures.split(' ').map((entry) => SIGNATURE.exec(entry));
  if (matches.length > MAX_SIGNATURES) {
    return invalid('more signatures than are looked at', `webhook-signature holds more than ${MAX_SIGNATURES}.`);
  }
  if (matches.every((match) => match === null)) {
    return invalid(NO_FIT.reason, 'webhook-signature holds no `v1,` or `v1a,` and base64.');
  }
  return { id, timestamp, signatures: matches };
};

const invalid = (reason: string, detail: string): Refusal => refuse('proof_invalid', reason, { detail });

const NO_FIT: Refusal = invalid(
  'no signature fits a key of the processor',
  'No signature fits: it is made with what was agreed on, over `webhook-id.webhook-timestamp.body`, the body byte by byte.',
);

const isSignedByKey = (
  text: Uint8Array,
  signatures: readonly Buffer[],
  { publicKeys = [] }: StandardWebhooksProof,
): boolean =>
  publicKeys.map(readPublicKey).some((key) => signatures.some((signature) => verify(null, text, key, signature)));

const isEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** @param text `whpk_` and base64 of the 32 bytes of an Ed25519 public key */
const readPublicKey = (text: string): KeyObject =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(text.slice('whpk_'.length), 'base64').toString('base64url') },
    format: 'jwk',
  });

/**
 * @param text `whsec_` and base64; several keys have spaces between them
 * @throws {Error} if the secret has another form; the message never quotes the secret
 */
const readSecrets = (text: string): readonly Buffer[] =>
  text
    .trim()
    .split(/\s+/)
    .map((key) => {
      const bytes = Buffer.from(key.slice('whsec_'.length), 'base64');
      if (
        !key.startsWith('whsec_') ||
        bytes.length < WEBHOOK_SECRET_BYTES.min ||
        bytes.length > WEBHOOK_SECRET_BYTES.max
      ) {
        throw new Error('The processor’s secret in Secrets Manager is not whsec_ and base64 of 24 to 64 bytes.');
      }
      return bytes;
    });
