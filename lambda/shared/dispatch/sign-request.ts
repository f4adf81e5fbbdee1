import { createHash, createHmac } from 'node:crypto';
import { type InnerList, type Item, serializeDictionary, serializeInnerList, serializeItem } from 'structured-headers';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import { WEBHOOK_SECRET_BYTES } from '../../contract/proof-limits.ts';
import type { TokenSigner } from '../callback-token/signer.ts';
import type { UnsignedRequest } from './build-request.ts';
import { SecretFormError } from './secrets.ts';

/** A request to a processor with the values of its secrets. */
export interface CompleteRequest extends Omit<UnsignedRequest, 'headers'> {
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Signs by Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
 * HMAC-SHA256 over id, time and body.
 * @param secret `whsec_` and base64 of 24 to 64 bytes. During a rotation it has several keys with blanks between them, and each
 *   makes a signature.
 * @param now seconds since 1970
 * @throws {SecretFormError} if the secret has another form; the message never quotes it
 */
export const signByStandardWebhooks = (request: CompleteRequest, secret: string, now: number): CompleteRequest => {
  const id = headerOf(request, 'Idempotency-Key') ?? '';
  const text = `${id}.${now}.${request.body}`;
  const signatures = readKeys(secret).map((key) => `v1,${createHmac('sha256', key).update(text).digest('base64')}`);
  const added = { 'webhook-id': id, 'webhook-timestamp': `${now}`, 'webhook-signature': signatures.join(' ') };
  return { ...request, headers: { ...request.headers, ...added } };
};

const KEY = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

const readKeys = (secret: string): readonly Buffer[] =>
  secret
    .trim()
    .split(/\s+/)
    .map((key) => {
      const bytes = Buffer.from(key.slice('whsec_'.length), 'base64');
      const { max, min } = WEBHOOK_SECRET_BYTES;
      if (!KEY.test(key) || bytes.length < min || bytes.length > max) {
        throw new SecretFormError(`The signing secret is not whsec_ and base64 of ${min} to ${max} bytes.`);
      }
      return bytes;
    });

/** Names of the algorithms in HTTP message signatures (RFC 9421 §6.2.2). */
const ALGORITHMS = { ES256: 'ecdsa-p256-sha256', RS256: 'rsa-v1_5-sha256' } as const satisfies Record<
  CallbackTokenAlgorithm,
  string
>;

/** Label of the signature in its two headers. */
const LABEL = 'postern';

/**
 * Signs by HTTP message signatures (RFC 9421) with the key that signs callback tokens. The signature covers method, URL, the
 * digest of the body (RFC 9530), its type, the id of the message, and `Authorization` if the request has it. A signature base
 * begins with a quotation mark, so a signature can never be one of a callback token.
 * @param now seconds since 1970
 */
export const signByHttpSignature = async (
  request: CompleteRequest,
  signer: TokenSigner,
  now: number,
): Promise<CompleteRequest> => {
  const digest = createHash('sha256').update(request.body).digest();
  const withDigest: CompleteRequest = {
    ...request,
    headers: {
      ...request.headers,
      'Content-Digest': serializeDictionary(new Map([['sha-256', itemOf(bytesOf(digest))]])),
    },
  };
  const covered: InnerList = [
    COMPONENTS.filter((name) => componentOf(withDigest, name) !== undefined).map(itemOf),
    new Map<string, string | number>([
      ['created', now],
      ['keyid', signer.kid],
      ['alg', ALGORITHMS[signer.alg]],
    ]),
  ];
  const signature = await signer.sign(Buffer.from(signatureBase(withDigest, covered)));
  return {
    ...withDigest,
    headers: {
      ...withDigest.headers,
      'Signature-Input': serializeDictionary(new Map([[LABEL, covered]])),
      Signature: serializeDictionary(new Map([[LABEL, itemOf(bytesOf(signature))]])),
    },
  };
};

const COMPONENTS = [
  '@method',
  '@target-uri',
  'content-digest',
  'content-type',
  'idempotency-key',
  'authorization',
] as const;

const componentOf = (request: CompleteRequest, name: (typeof COMPONENTS)[number]): string | undefined => {
  if (name === '@method') return request.method;
  return name === '@target-uri' ? request.url : headerOf(request, name);
};

/** RFC 9421 §2.5. */
const signatureBase = (request: CompleteRequest, covered: InnerList): string => {
  const lines = COMPONENTS.flatMap((name) => {
    const value = componentOf(request, name);
    return value === undefined ? [] : [`${serializeItem(itemOf(name))}: ${value}`];
  });
  return [...lines, `"@signature-params": ${serializeInnerList(covered)}`].join('\n');
};

const headerOf = ({ headers }: CompleteRequest, name: string): string | undefined =>
  Object.entries(headers).find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];

const itemOf = (value: string | ArrayBuffer): Item => [value, new Map()];

const bytesOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
