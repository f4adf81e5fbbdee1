import { constants, type KeyObject, verify } from 'node:crypto';
import { derFromJose } from '../callback-token/ecdsa-signature.ts';

/** A signature algorithm of access tokens, and the keys that it has. Each is asymmetric (RFC 8725 §3.1). */
export interface JwsAlgorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  /** Absent for RSA. */
  readonly crv?: string;
  readonly isSigned: (input: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean;
}

const pkcs1 = (hash: string): JwsAlgorithm => ({
  kty: 'RSA',
  // The default padding of Node for RSA keys is RSASSA-PKCS1-v1_5 (RFC 7518 §3.3).
  isSigned: (input, key, signature) => verify(hash, input, key, signature),
});

/** The salt has the length of the hash (RFC 7518 §3.5). */
const pss = (hash: string): JwsAlgorithm => ({
  kty: 'RSA',
  isSigned: (input, key, signature) =>
    verify(
      hash,
      input,
      { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
      signature,
    ),
});

/** @param bytes length of r‖s (RFC 7518 §3.4) */
const ecdsa = (hash: string, crv: string, bytes: number): JwsAlgorithm => ({
  kty: 'EC',
  crv,
  isSigned: (input, key, signature) =>
    signature.length === bytes && verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, signature),
});

/** With DER, OpenSSL takes little more than half the time. Only signatures of P-256 are short enough for `derFromJose`. */
const ES256_BYTES = 64;
const es256: JwsAlgorithm = {
  kty: 'EC',
  crv: 'P-256',
  isSigned: (input, key, signature) =>
    signature.length === ES256_BYTES && verify('sha256', input, key, derFromJose(signature)),
};

const ALGORITHMS: ReadonlyMap<unknown, JwsAlgorithm> = new Map([
  ['RS256', pkcs1('sha256')],
  ['RS384', pkcs1('sha384')],
  ['RS512', pkcs1('sha512')],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['ES256', es256],
  ['ES384', ecdsa('sha384', 'P-384', 96)],
  ['ES512', ecdsa('sha512', 'P-521', 132)],
  // RFC 8037 §3.1
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519', isSigned: (input, key, signature) => verify(null, input, key, signature) }],
]);

/** Returns the algorithm of a header's `alg`, or undefined for any other value. */
export const findAlgorithm = (alg: unknown): JwsAlgorithm | undefined => ALGORITHMS.get(alg);
