import { createPublicKey, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type CryptoKey, compactVerify } from 'jose';
import { expect } from 'vitest';
import type { CallbackTokenAlgorithm } from '../../lambda/contract/claims.ts';
import { type CompactToken, splitCompact } from '../../lambda/shared/callback-token/compact.ts';

/** Reads a file of `test/vectors`. */
export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../vectors', name), 'utf8')) as T;

/** Signed bytes and the signature of a JWS. */
export type SignedParts = Pick<CompactToken, 'signature' | 'signingInput'>;

/** Splits a JWS in its compact form. @throws {Error} if it has another form */
export const partsOf = (jws: string) => {
  const parts = splitCompact(jws);
  if (parts === undefined) throw new Error('This is no compact JWS.');
  return parts;
};

export interface AgreementOptions {
  /** A JWS with a valid signature. */
  readonly jws: string;
  readonly alg: string;
  readonly publicKey: CryptoKey | KeyObject;
  /** The check that is compared with jose. */
  readonly isSigned: (parts: SignedParts) => boolean;
  /** Number of changed signatures. */
  readonly runs: number;
}

/** Expects that a check agrees with jose about the signature of a JWS, and about that signature with any change. */
export const expectAgreementWithJose = async (options: AgreementOptions): Promise<void> => {
  const { alg, isSigned, jws, publicKey, runs } = options;
  const { signature, signingInput } = partsOf(jws);
  expect(isSigned({ signature, signingInput })).toBe(true);
  /** One byte is changed or stays as it is, and up to two bytes are cut or added. */
  const change = fc.record({
    at: fc.nat(600),
    by: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: -2, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, by, length }) => {
      const changed = Buffer.concat([signature, randomBytes(2)]).subarray(0, signature.length + length);
      changed[at % changed.length] = (changed[at % changed.length] as number) ^ by;
      const token = `${Buffer.from(signingInput).toString()}.${changed.toString('base64url')}`;
      const theirs = await compactVerify(token, publicKey, { algorithms: [alg] }).then(
        () => true,
        () => false,
      );
      expect(isSigned({ signature: changed, signingInput })).toBe(theirs);
    }),
    { numRuns: runs },
  );
};

/** The key of a group of vectors for JSON Web Signature. */
export interface VectorKey {
  readonly alg: CallbackTokenAlgorithm;
  readonly jwk: JsonWebKey;
  readonly key: KeyObject;
}

interface JwsGroup {
  readonly public: JsonWebKey & { readonly alg: CallbackTokenAlgorithm };
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly jws: string;
    readonly result: string;
  }[];
}

/**
 * Judges the vectors of Wycheproof for JSON Web Signature: form, `alg` of the header, and the signature by a check.
 * @returns one verdict for each vector, with the result that it should have
 */
export const judgeJwsVectors = (isSigned: (key: VectorKey, parts: SignedParts) => boolean) =>
  readVectors<readonly JwsGroup[]>('json-web-signature.json').flatMap(({ public: jwk, tests }) => {
    const key = { alg: jwk.alg, jwk, key: createPublicKey({ key: jwk, format: 'jwk' }) };
    return tests.map(({ comment, jws, result, tcId }) => {
      const parts = splitCompact(jws, 16_384);
      const valid = parts !== undefined && algOf(parts.header) === jwk.alg && isSigned(key, parts);
      return { tcId, comment, result: valid ? 'valid' : 'invalid', should: result };
    });
  });

const algOf = (header: Uint8Array): unknown => {
  try {
    return (JSON.parse(Buffer.from(header).toString('utf8')) as { readonly alg?: unknown }).alg;
  } catch {
    return undefined;
  }
};
