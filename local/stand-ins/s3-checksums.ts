import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { StoredObject } from './s3-buckets.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';

const ALGORITHMS = { sha256: 32, sha1: 20, crc32: 4 } as const;
type Algorithm = keyof typeof ALGORITHMS;

/** Checksums that a request declares for its body, in base64. */
export interface Declared {
  readonly checksum: { readonly algorithm: Algorithm; readonly value: string } | undefined;
  readonly md5: string | undefined;
}

/** The bytes as they came: what they measure and digest to. */
export interface Measured {
  readonly size: number;
  readonly sha256Hex: string;
  readonly md5Hex: string;
}

/** @throws {S3Error} InvalidRequest, InvalidDigest, NotImplemented */
export const readDeclared = ({ headers, parameter, query }: S3Request): Declared => {
  const names = [...Object.keys(headers), ...Object.keys(query).map((name) => name.toLowerCase())];
  const declared = [...new Set(names)]
    .map((name) => /^x-amz-checksum-(?!mode$|type$)(.+)$/.exec(name)?.[1])
    .filter((name) => name !== undefined);
  const [name] = declared;
  if (declared.length > 1)
    throw invalid('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  if (headers['x-amz-trailer'] !== undefined) throw notImplemented('a checksum in a trailer');
  const md5 = headers['content-md5'];
  if (md5 !== undefined && !isDigest(md5, 16)) {
    throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.');
  }
  if (name === undefined) return { checksum: undefined, md5 };
  if (!isAlgorithm(name)) throw notImplemented(`x-amz-checksum-${name}`);
  const value = parameter(`x-amz-checksum-${name}`) ?? '';
  if (!isDigest(value, ALGORITHMS[name])) throw invalid(`Value for x-amz-checksum-${name} header is invalid.`);
  return { checksum: { algorithm: name, value }, md5 };
};

const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(ALGORITHMS, name);

const isDigest = (value: string, bytes: number): boolean => {
  const decoded = Buffer.from(value, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === value;
};

const invalid = (message: string): S3Error => new S3Error(400, 'InvalidRequest', message);

/** Passes bytes through, and computes their number and checksums without keeping them. */
export class Meter extends Transform {
  readonly #hashes: Readonly<Record<'sha256' | 'sha1' | 'md5', Hash>> = {
    sha256: createHash('sha256'),
    sha1: createHash('sha1'),
    md5: createHash('md5'),
  };
  #crc32 = 0;
  #size = 0;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length;
    this.#crc32 = crc32(chunk, this.#crc32);
    for (const hash of Object.values(this.#hashes)) hash.update(chunk);
    done(null, chunk);
  }

  /**
   * Compares the measured body with the declared checksums. Call it once, at the end.
   * @throws {S3Error} XAmzContentSHA256Mismatch, BadDigest
   */
  verify({ checksum, md5 }: Declared, signedSha256: string | undefined): Measured {
    const digests = {
      sha256: this.#hashes.sha256.digest(),
      sha1: this.#hashes.sha1.digest(),
      md5: this.#hashes.md5.digest(),
      crc32: Buffer.alloc(4),
    };
    digests.crc32.writeUInt32BE(this.#crc32);
    const sha256Hex = digests.sha256.toString('hex');
    if (signedSha256 !== undefined && signedSha256 !== sha256Hex) {
      throw new S3Error(
        400,
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        { ClientComputedContentSHA256: signedSha256, S3ComputedContentSHA256: sha256Hex },
      );
    }
    if (checksum !== undefined && digests[checksum.algorithm].toString('base64') !== checksum.value) {
      throw badDigest(checksum.algorithm.toUpperCase());
    }
    if (md5 !== undefined && digests.md5.toString('base64') !== md5) throw badDigest('Content-MD5');
    return { size: this.#size, sha256Hex, md5Hex: digests.md5.toString('hex') };
  }
}

const badDigest = (name: string): S3Error =>
  new S3Error(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);

/** Response headers for a declared and verified checksum. */
export const checksumHeaders = ({ checksum }: Pick<StoredObject, 'checksum'>): Record<string, string> =>
  checksum === undefined
    ? {}
    : { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' };
