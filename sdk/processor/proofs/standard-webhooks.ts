import { WEBHOOK_SECRET_BYTES } from '../../../lambda/contract/proof-limits.ts';
import { base64, bytesOfBase64 } from '../../shared/base64.ts';
import { bearer, type Proof } from './proof.ts';

export interface StandardWebhooksOptions {
  /** The agreed secret: `whsec_…`. */
  readonly secret: string;
}

const PREFIX = 'whsec_';

/**
 * A signature of Standard Webhooks (`v1`, HMAC-SHA256) over id, time and body.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @throws {TypeError} if the secret has another form. The message does not quote it
 */
export const standardWebhooks = ({ secret }: StandardWebhooksOptions): Proof => {
  const bytes = readSecret(secret);
  const importKey = () => crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  let imported: ReturnType<typeof importKey> | undefined;
  return {
    needsToken: true,
    headers: async (request) => {
      const { body, messageId, now } = request;
      const signed = new Blob([`${messageId}.${now}.`, body]);
      imported ??= importKey();
      const signature = await crypto.subtle.sign('HMAC', await imported, await signed.arrayBuffer());
      return {
        ...bearer(request),
        'webhook-id': messageId,
        'webhook-timestamp': `${now}`,
        'webhook-signature': `v1,${base64(new Uint8Array(signature))}`,
      };
    },
  };
};

const readSecret = (secret: string): Uint8Array<ArrayBuffer> => {
  const { max, min } = WEBHOOK_SECRET_BYTES;
  try {
    const bytes = bytesOfBase64(secret.slice(PREFIX.length));
    if (secret.startsWith(PREFIX) && bytes.length >= min && bytes.length <= max) return bytes;
  } catch {
    // The error of the decoder is the same mistake.
  }
  throw new TypeError(
    `The secret is not ${PREFIX} and base64 of ${min} to ${max} bytes. Give it exactly as you got it.`,
  );
};
