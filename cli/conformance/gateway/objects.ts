import { createHash } from 'node:crypto';
import type { UploadOffer } from '../../../lambda/contract/task.ts';
import type { PayloadStore } from '../../../lambda/functions/receive/store/payload-store.ts';
import { STORED_AS } from '../../../lambda/shared/tables/stored-object.ts';
import { headerValues, type SentRequest } from './exchange.ts';
import { type FrontAnswer, s3Error } from './front-answers.ts';

/** Path of the bucket that the kit plays. */
export const OBJECTS_PATH = '/conformance/objects/';

/** Headers that S3 stores with an object, and that no signature can forbid. The gateway deletes an object that has one. */
export const DESCRIPTIONS = ['content-disposition', 'content-language', 'expires'] as const;

const SIGNED_HEADERS = [
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'if-none-match',
  'x-amz-checksum-sha256',
];

/** The bucket of uploads. */
export interface Objects extends PayloadStore {
  /** Answers a PUT as S3 does. Nothing is kept but the fact that the object is there. */
  receive(request: SentRequest): FrontAnswer;
}

export interface ObjectsOptions {
  readonly origin: string;
  readonly signText: (text: string) => string;
  /** Called for each presigned URL. Its signature is a secret. */
  readonly presigned: (key: string, signature: string) => void;
  /** Called for an object that the gateway takes as the result. */
  readonly stored: (key: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Presigned {
  readonly offer: UploadOffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export const createObjects = ({ now, origin, presigned, signText, stored }: ObjectsOptions): Objects => {
  const urls = new Map<string, Presigned>();
  const objects = new Set<string>();

  return {
    put: async () => undefined,

    presignUpload: async (offer, seconds) => {
      const checksum = Buffer.from(offer.sha256, 'hex').toString('base64');
      const headers = {
        'Content-Type': offer.contentType,
        'Content-Length': String(offer.size),
        'Content-Encoding': STORED_AS.contentEncoding,
        'Cache-Control': STORED_AS.cacheControl,
        'If-None-Match': '*',
        'x-amz-checksum-sha256': checksum,
      };
      const date = new Date(now()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
      const query = new URLSearchParams({
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `conformance/${date.slice(0, 8)}/eu-west-1/s3/aws4_request`,
        'X-Amz-Date': date,
        'X-Amz-Expires': String(seconds),
        'X-Amz-SignedHeaders': SIGNED_HEADERS.join(';'),
      });
      const target = `${OBJECTS_PATH}${offer.key}?${query}`;
      const signature = signText(target);
      const signed = `${target}&X-Amz-Signature=${signature}`;
      urls.set(signed, { offer, headers, expiresAt: now() + seconds * 1_000 });
      presigned(offer.key, signature);
      return { url: `${origin}${signed}`, headers };
    },

    receive: (request) => {
      if (headerValues(request, 'authorization').length > 0) {
        return s3Error(400, 'InvalidArgument', 'Only one auth mechanism allowed.');
      }
      const known = request.method === 'PUT' ? urls.get(request.target) : undefined;
      if (known === undefined || !hasSignedHeaders(request, known.headers)) return WRONG_SIGNATURE;
      if (now() >= known.expiresAt) return s3Error(403, 'AccessDenied', 'Request has expired');
      const unsigned = request.headers.map(([name]) => name).filter(isUnsigned);
      if (unsigned.length > 0) {
        return s3Error(
          403,
          'AccessDenied',
          `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
        );
      }
      const { key, sha256 } = known.offer;
      if (createHash('sha256').update(request.body).digest('hex') !== sha256) {
        return s3Error(400, 'BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
      }
      if (objects.has(key)) {
        return s3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
      }
      const isDescribed = DESCRIPTIONS.some((name) => headerValues(request, name).length > 0);
      if (!isDescribed) {
        objects.add(key);
        stored(key);
      }
      return { status: 200, headers: {}, body: '' };
    },
  };
};

const WRONG_SIGNATURE = s3Error(
  403,
  'SignatureDoesNotMatch',
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
);

const hasSignedHeaders = (request: SentRequest, headers: Readonly<Record<string, string>>): boolean =>
  Object.entries(headers).every(([name, value]) => {
    const lines = headerValues(request, name.toLowerCase());
    return lines.length === 1 && lines[0] === value;
  });

/** S3 refuses headers of its own that are not signed. */
const isUnsigned = (name: string): boolean => name.startsWith('x-amz-') && !SIGNED_HEADERS.includes(name);
