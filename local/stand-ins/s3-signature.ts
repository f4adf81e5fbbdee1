import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Checksum, SourceData } from '@smithy/types';
import { S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_SECONDS = 604_800;
const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** Body hash in the signature: SHA-256 in hex, or absent. */
export interface Signed {
  readonly contentSha256: string | undefined;
}

export interface SignatureOptions {
  readonly region: string;
  /** Secret access key by access key id. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Checks a request's AWS Signature Version 4, in its `Authorization` header or its query, as S3 does: form, credential,
 * time, that every `x-amz-*` header is signed, then the signature itself.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 * @throws {S3Error}
 */
export const verifySignature = async (request: S3Request, options: SignatureOptions): Promise<Signed> => {
  const presigned = Object.keys(request.query).some((name) => /^x-amz-(signature|algorithm|credential)$/i.test(name));
  if (presigned && request.headers.authorization !== undefined) {
    throw new S3Error(400, 'InvalidArgument', 'Only one auth mechanism allowed.');
  }
  if (!presigned && request.headers.authorization === undefined) throw denied('Access Denied');
  const claim = presigned ? readQueryForm(request, options.now()) : readHeaderForm(request, options.now());
  const secret = options.secrets.get(claim.accessKeyId);
  if (secret === undefined) {
    throw new S3Error(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {
      AWSAccessKeyId: claim.accessKeyId,
    });
  }
  const wanted = `${claim.longDate.slice(0, 8)}/${options.region}/s3/aws4_request`;
  if (claim.scope !== wanted) throw malformed(presigned, `the scope "${claim.scope}" is wrong; expecting "${wanted}".`);
  const unsigned = Object.keys(request.headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw denied('There were headers present in the request which were not signed', {
      HeadersNotSigned: unsigned.join(', '),
    });
  }
  const expected = await new Verifier(options.region, claim.accessKeyId, secret).signatureOf(request, claim);
  const given = Buffer.from(claim.signature);
  if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) {
    throw new S3Error(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      { AWSAccessKeyId: claim.accessKeyId },
    );
  }
  return { contentSha256: HEX_SHA256.test(claim.payloadHash) ? claim.payloadHash : undefined };
};

/** Parameters of the signature in a request. */
interface Claim {
  readonly accessKeyId: string;
  /** `DATE/REGION/SERVICE/aws4_request`. */
  readonly scope: string;
  /** `20260601T120000Z`. */
  readonly longDate: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payloadHash: string;
}

const readHeaderForm = ({ headers }: S3Request, now: number): Claim => {
  const match = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([^,\s]+)$/.exec(
    headers.authorization ?? '',
  );
  if (match === null) throw new S3Error(400, 'InvalidArgument', 'Unsupported Authorization Type');
  const [, credential = '', signedHeaders = '', signature = ''] = match;
  const longDate = headers['x-amz-date'] ?? '';
  const time = readTime(longDate);
  if (time === undefined) throw denied('AWS authentication requires a valid Date or x-amz-date header');
  if (Math.abs(now - time) > MAX_SKEW_MS) {
    throw new S3Error(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  }
  const payloadHash = headers['x-amz-content-sha256'];
  if (payloadHash === undefined) {
    throw new S3Error(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  return {
    ...readCredential(credential, false),
    longDate,
    signedHeaders: signedHeaders.split(';'),
    signature,
    payloadHash,
  };
};

const QUERY_MEMBERS = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'] as const;

const readQueryForm = ({ query, parameter }: S3Request, now: number): Claim => {
  if (QUERY_MEMBERS.some((name) => !query[`X-Amz-${name}`])) {
    throw malformed(
      true,
      `Query-string authentication version 4 requires the ${QUERY_MEMBERS.map((name) => `X-Amz-${name}`).join(', ')} parameters.`,
    );
  }
  const member = (name: (typeof QUERY_MEMBERS)[number]): string => query[`X-Amz-${name}`] ?? '';
  if (member('Algorithm') !== ALGORITHM) throw malformed(true, `X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const longDate = member('Date');
  const time = readTime(longDate);
  if (time === undefined)
    throw malformed(true, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  const expires = /^\d{1,9}$/.test(member('Expires')) ? Number(member('Expires')) : Number.NaN;
  if (Number.isNaN(expires)) throw malformed(true, 'X-Amz-Expires should be a number');
  if (expires > MAX_EXPIRES_SECONDS) {
    throw malformed(true, 'X-Amz-Expires must be less than a week (in seconds); that is, less than 604800');
  }
  if (time - now > MAX_SKEW_MS) throw denied('Request is not yet valid');
  if (now >= time + expires * 1_000) {
    throw denied('Request has expired', {
      'X-Amz-Expires': String(expires),
      Expires: new Date(time + expires * 1_000).toISOString(),
      ServerTime: new Date(now).toISOString(),
    });
  }
  return {
    ...readCredential(member('Credential'), true),
    longDate,
    signedHeaders: member('SignedHeaders').split(';'),
    signature: member('Signature'),
    payloadHash: parameter('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD',
  };
};

const readCredential = (credential: string, presigned: boolean): Pick<Claim, 'accessKeyId' | 'scope'> => {
  const [accessKeyId = '', ...scope] = credential.split('/');
  if (scope.length !== 4)
    throw malformed(presigned, 'the Credential is mal-formed; expecting "KEY/DATE/REGION/s3/aws4_request".');
  return { accessKeyId, scope: scope.join('/') };
};

const readTime = (longDate: string): number | undefined => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(longDate);
  if (match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(time) ? undefined : time;
};

const denied = (message: string, details: Readonly<Record<string, string>> = {}): S3Error =>
  new S3Error(403, 'AccessDenied', message, details);

const malformed = (presigned: boolean, message: string): S3Error =>
  presigned
    ? new S3Error(400, 'AuthorizationQueryParametersError', `Error parsing the X-Amz-Credential parameter; ${message}`)
    : new S3Error(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; ${message}`);

/** The SDK's own signer, asked for the signature of a request that came: nothing of it is left to a signer's choice. */
class Verifier extends SignatureV4 {
  constructor(region: string, accessKeyId: string, secretAccessKey: string) {
    super({
      credentials: { accessKeyId, secretAccessKey },
      region,
      service: 's3',
      sha256: Sha256,
      // S3's own rule: its paths are encoded once.
      uriEscapePath: false,
    });
  }

  async signatureOf({ headers, method, path, query }: S3Request, claim: Claim): Promise<string> {
    const canonicalHeaders = Object.fromEntries(
      claim.signedHeaders.map((name) => [name, (headers[name] ?? '').trim().replaceAll(/\s+/g, ' ')]),
    );
    const canonical = this.createCanonicalRequest(
      { method, path, query, headers: {}, protocol: 'http:', hostname: '' },
      canonicalHeaders,
      claim.payloadHash,
    );
    const stringToSign = await this.createStringToSign(claim.longDate, claim.scope, canonical, ALGORITHM);
    return await this.sign(stringToSign, { signingDate: new Date(readTime(claim.longDate) ?? 0) });
  }
}

/** Node's SHA-256 in the form that the signer asks for. */
class Sha256 implements Checksum {
  readonly #secret: SourceData | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: SourceData) {
    this.#secret = secret;
    this.#hash = this.#begin();
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(this.#secret));
  }
}

const toBytes = (data: SourceData): Uint8Array => {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
};
