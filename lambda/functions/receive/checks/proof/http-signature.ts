import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type BareItem, type Dictionary, type InnerList, parseDictionary } from 'structured-headers';
import { CLOCK_TOLERANCE_SECONDS } from '../../../../contract/limits.ts';
import { MAX_SIGNATURES, SIGNATURE_WINDOW_SECONDS } from '../../../../contract/proof-limits.ts';
import { type HttpAlgorithm, type HttpSignatureProof, httpAlgorithmOf } from '../../../../contract/proofs.ts';
import type { HttpRequest } from '../../../../shared/http/message.ts';
import { isRefusal, type Refusal, refuse } from '../../../../shared/refusal.ts';
import { proofKey } from '../../../../shared/tables/hashed-keys.ts';
import { describeContentDigest, matchesContentDigest } from './content-digest.ts';
import { type CreateProof, describeClock, PROOF_OK, type ProvenCallback } from './proof.ts';
import { describeComponents, type SignedMessage, signatureBase } from './signature-base.ts';

/** Components that every signature must cover. */
const REQUIRED = ['@method', '@target-uri', 'content-digest'] as const;

/**
 * Proof `http_signature` (RFC 9421): at least one signature by a registered key of the processor, over at least the method,
 * the URL and the digest of the body, made within five minutes. Signatures by other keys are ignored.
 */
export const createProof: CreateProof<HttpSignatureProof> = ({ variables: { POSTERN_ORIGIN: origin } }) => ({
  verify: async (callback) => {
    const { processor, request } = callback;
    const missing = ['Signature-Input', 'Signature'].find((name) => request.header(name).length === 0);
    if (missing !== undefined) {
      return refuse('proof_missing', 'no signature', { detail: `The header ${missing} is missing.` });
    }
    const inputs = readDictionary(request, 'Signature-Input');
    if (isRefusal(inputs)) return inputs;
    const signatures = readDictionary(request, 'Signature');
    if (isRefusal(signatures)) return signatures;

    const message = messageOf(request, origin);
    const refuseProof = (reason: string) => invalid(reason, describe(inputs, signatures, message, callback));
    const candidates = [...inputs].flatMap(([label, member]) =>
      isInnerList(member) && keyIdOf(member, processor.proof) !== undefined ? [{ label, covered: member }] : [],
    );
    if (candidates.length === 0) return refuseProof('no signature by a key of the processor');
    if (candidates.length > MAX_SIGNATURES) return refuseProof('more signatures than are looked at');

    const results = candidates.map(({ label, covered }) =>
      checkSignature(covered, signatures.get(label)?.[0], message, callback),
    );
    const verified = results.flatMap((result) => (isRefusal(result) ? [] : [result]));
    if (verified.length === 0)
      return refuseProof(
        results
          .filter(isRefusal)
          .map(({ reason }) => reason)
          .join('; '),
      );
    // The signature covers the header Content-Digest, not the body itself.
    if (!matchesContentDigest(request.header('Content-Digest'), request.body())) {
      return refuseProof('content-digest is not that of the body');
    }
    // All of them are recorded: each could be replayed without the others.
    const records = verified.map(({ base, created }) => ({
      key: proofKey('http_signature', processor.id, base),
      expiresAt: created + SIGNATURE_WINDOW_SECONDS + CLOCK_TOLERANCE_SECONDS,
    }));
    return { ...PROOF_OK, signatures: [...new Map(records.map((record) => [record.key, record])).values()] };
  },
});

const invalid = (reason: string, detail: string): Refusal => refuse('proof_invalid', reason, { detail });

const readDictionary = (request: HttpRequest, name: string): Dictionary | Refusal => {
  try {
    return parseDictionary(request.header(name).join(', '));
  } catch {
    const detail = `${name} is not a dictionary of structured fields (RFC 9421).`;
    return invalid('Signature or Signature-Input is no dictionary', detail);
  }
};

const isInnerList = (member: unknown): member is InnerList => Array.isArray(member) && Array.isArray(member[0]);

/** Returns `keyid` if it is one of the processor's. hasOwn: a name of `Object.prototype` is not a key. */
const keyIdOf = ([, parameters]: InnerList, { keys }: HttpSignatureProof): string | undefined => {
  const keyId = parameters.get('keyid');
  return typeof keyId === 'string' && Object.hasOwn(keys, keyId) ? keyId : undefined;
};

const messageOf = (request: HttpRequest, origin: string): SignedMessage => {
  const query = request.query.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&');
  return { request, target: new URL(`${origin}${request.path}${query === '' ? '' : `?${query}`}`) };
};

interface VerifiedSignature {
  /** The signed text. It is the same for every signature over it by the same key. */
  readonly base: string;
  /** Seconds since 1970. */
  readonly created: number;
}

const checkSignature = (
  covered: InnerList,
  signature: unknown,
  message: SignedMessage,
  { now, processor }: ProvenCallback<HttpSignatureProof>,
): VerifiedSignature | Refusal => {
  const refusal = checkForm(covered, signature, message, now);
  if (refusal !== undefined) return refusal;
  const [, parameters] = covered;
  const jwk = processor.proof.keys[String(keyIdOf(covered, processor.proof))] ?? {};
  const algorithm = httpAlgorithmOf(jwk);
  const alg = parameters.get('alg');
  if (algorithm === undefined || (alg !== undefined && alg !== algorithm)) {
    return invalid('alg is not that of the key', NO_FIT);
  }
  const base = signatureBase(covered, message);
  const created = parameters.get('created');
  if (base === undefined || !isTime(created) || !isBytes(signature)) return invalid('it cannot be checked', NO_FIT);
  const bytes =
    signature instanceof ArrayBuffer
      ? new Uint8Array(signature)
      : new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verifyHttpSignature(algorithm, key, Buffer.from(base), bytes)
    ? { base, created }
    : invalid('the signature does not fit the key', NO_FIT);
};

/** Checks everything about a signature that does not depend on its key. */
const checkForm = (
  covered: InnerList,
  signature: unknown,
  message: SignedMessage,
  now: number,
): Refusal | undefined => {
  const [components, parameters] = covered;
  const names = components.map(([name]) => name);
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) {
    const required = REQUIRED.map((name) => `"${name}"`).join(', ');
    return invalid(`${missing} is not covered`, `The component "${missing}" is not signed: sign ${required} at least.`);
  }
  const created = parameters.get('created');
  if (!isTime(created)) {
    return invalid('created is not now', 'The parameter created is not there as a whole number of seconds.');
  }
  if (Math.abs(created - now) > SIGNATURE_WINDOW_SECONDS) {
    return invalid('created is not now', describeClock('created', created, now, SIGNATURE_WINDOW_SECONDS));
  }
  const expires = parameters.get('expires');
  if (expires !== undefined && !(isTime(expires) && expires > now)) {
    return invalid('it has expired', 'The parameter expires is over, or is no whole number of seconds.');
  }
  if (typeof parameters.get('keyid') !== 'string') return invalid('no keyid', 'The parameter keyid is missing.');
  const detail = describeComponents(covered, message);
  if (detail !== undefined) return invalid('a covered component is not there or not one of a request', detail);
  if (!isBytes(signature)) {
    return invalid('it has no signature', 'Signature has no bytes under the label of Signature-Input.');
  }
  return undefined;
};

const NO_FIT =
  'No signature fits: it is made with a key that was agreed on, over exactly what Signature-Input lists, by the algorithm of the key.';

/**
 * For the caller: explains the form of the signatures, or the digest of the body. Registered keys are not consulted, so that
 * the answer is the same for a registered and an unknown key.
 */
const describe = (
  inputs: Dictionary,
  signatures: Dictionary,
  message: SignedMessage,
  { now, request }: ProvenCallback<HttpSignatureProof>,
): string => {
  const members = [...inputs].slice(0, MAX_SIGNATURES);
  const details = members.map(([label, member]) =>
    isInnerList(member)
      ? checkForm(member, signatures.get(label)?.[0], message, now)?.detail
      : 'Signature-Input does not list components.',
  );
  if (!details.includes(undefined)) return details[0] ?? 'Signature-Input names no signature.';
  const lines = request.header('Content-Digest');
  return matchesContentDigest(lines, request.body()) ? NO_FIT : describeContentDigest(lines, request.body());
};

const isBytes = (value: unknown): value is ArrayBuffer | ArrayBufferView =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value);

const isTime = (value: BareItem | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value);

/** RFC 9421 §3.3. */
export const verifyHttpSignature = (
  algorithm: HttpAlgorithm,
  key: KeyObject,
  base: Uint8Array,
  signature: Uint8Array,
): boolean => {
  switch (algorithm) {
    case 'ed25519':
      return verify(null, base, key, signature);
    case 'ecdsa-p256-sha256':
      return verify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'rsa-pss-sha512':
      // 64 bytes of salt by the RFC; clients on OpenSSL use as many as fit by default, which is no weaker.
      return verify(
        'sha512',
        base,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
        signature,
      );
  }
};
