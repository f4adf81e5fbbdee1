import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What the processor and Postern agreed on. */
export interface ProcessorSecrets {
  readonly apiKey: string;
  /** Secret of the signature: `whsec_` and base64. */
  readonly secret: string;
}

/** Largest difference between the clocks of both sides. */
const TOLERANCE_SECONDS = 300;

/**
 * Checks that a request comes from Postern: its API key, and its signature over id, time and body.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param now seconds since 1970
 * @returns the reason for a refusal, a sentence
 */
export const refusalOf = (
  headers: IncomingHttpHeaders,
  body: Buffer,
  { apiKey, secret }: ProcessorSecrets,
  now: number,
): string | undefined => {
  if (!isEqual(textOf(headers['x-api-key']), apiKey)) return 'The header X-Api-Key has not the agreed key.';
  return signatureRefusalOf(headers, body, secret, now);
};

/** Checks the signature alone. @returns the reason for a refusal, a sentence */
export const signatureRefusalOf = (
  headers: IncomingHttpHeaders,
  body: Buffer,
  secret: string,
  now: number,
): string | undefined => {
  const id = textOf(headers['webhook-id']);
  const timestamp = textOf(headers['webhook-timestamp']);
  if (id === '' || !/^\d{1,12}$/.test(timestamp)) return 'The headers webhook-id and webhook-timestamp are needed.';
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) {
    return `The header webhook-timestamp is more than ${TOLERANCE_SECONDS} seconds away from the clock of the processor.`;
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  // Several signatures stand there while a secret is replaced.
  const signatures = textOf(headers['webhook-signature']).split(' ');
  return signatures.some((signature) => isEqual(signature, `v1,${expected}`))
    ? undefined
    : 'The header webhook-signature does not fit the body.';
};

const textOf = (value: string | readonly string[] | undefined): string => (typeof value === 'string' ? value : '');

/** Compares in a time that does not depend on the texts. */
const isEqual = (given: string, expected: string): boolean => timingSafeEqual(digestOf(given), digestOf(expected));

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
