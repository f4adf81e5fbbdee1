import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type BareItem, type Dictionary, type InnerList, parseDictionary } from 'structured-headers';
import { CLOCK_TOLERANCE_SECONDS, MAX_SIGNATURES, SIGNATURE_WINDOW_SECONDS } from '../../../../contract/limits.ts';
import { type HttpAlgorithm, type HttpSignatureProof, httpAlgorithmOf } from '../../../../contract/proofs.ts';
import type { HttpRequest } from '../../../../shared/http/message.ts';
import { refuse } from '../../../../shared/refusal.ts';
import { proofKey } from '../../../../shared/tables/hashed-keys.ts';
import { describeContentDigest, matchesContentDigest } from './content-digest.ts';
import { type CreateProof, describeClock, type ProvenCallback, SHOWN } from './proof.ts';
import { describeComponents, type SignedMessage, signatureBase } from './signature-base.ts';

/** What a signature must cover: what is asked for, where, and the body. */
const REQUIRED = ['@method', '@target-uri', 'content-digest'] as const;

/**
 * Proof `http_signature` (RFC 9421): one signature at least by a registered key of the processor, over the method, the URL
 * and the digest of the body at least, made within five minutes. Signatures by other keys are ignored.
 */
export const createProof: CreateProof<HttpSignatureProof> = ({ variables: { POSTERN_ORIGIN: origin } }) => ({
  verify: async (callback) => {
    const { processor, request } = callback;
    const inputs = request.header('Signature-Input');
    const signatures = request.header('Signature');
    if (inputs.length === 0) return refuse('proof_missing', 'no signature', missingHeader('Signature-Input'));
    if (signatures.length === 0) return refuse('proof_missing', 'no signature', missingHeader('Signature'));
    const [input, signature] = [parse(inputs), parse(signatures)];
    if (input === undefined || signature === undefined) {
      const name = input === undefined ? 'Signature-Input' : 'Signature';
      const detail = `${name} is not a dictionary of structured fields (RFC 9421).`;
      return refuse('proof_invalid', 'Signature or Signature-Input is no dictionary', { detail });
    }
    const message = messageOf(request, origin);
    const invalid = (reason: string) =>
      refuse('proof_invalid', reason, { detail: describe(input, signature, message, callback) });
    const mine = [...input].filter(
      ([, member]) => isInnerList(member) && keyIdOf(member, processor.proof) !== undefined,
    );
    if (mine.length === 0) return invalid('no signature by a key of the processor');
    if (mine.length > MAX_SIGNATURES) return invalid('more signatures than are looked at');

    const verdicts = mine.map(([label, member]) =>
      check(member as InnerList, signature.get(label)?.[0], message, callback),
    );
    const good = verdicts.filter((verdict) => typeof verdict !== 'string');
    if (good.length === 0) return invalid(verdicts.join('; '));
    // The signature says which digest; whether it is that of the body is another question.
    if (!matchesContentDigest(request.header('Content-Digest'), request.body())) {
      return invalid('content-digest is not that of the body');
    }
    // All of them: each would be as good without the others.
    const shown = good.map(({ base, created }) => ({
      key: proofKey('http_signature', processor.id, base),
      expiresAt: created + SIGNATURE_WINDOW_SECONDS + CLOCK_TOLERANCE_SECONDS,
    }));
    return { ...SHOWN, signatures: [...new Map(shown.map((one) => [one.key, one])).values()] };
  },
});

const parse = (lines: readonly string[]): Dictionary | undefined => {
  try {
    return parseDictionary(lines.join(', '));
  } catch {
    return undefined;
  }
};

const isInnerList = (member: unknown): member is InnerList => Array.isArray(member) && Array.isArray(member[0]);

/** The `keyid`, where it is one of the processor's. Own members only: nothing is found by a name of `Object.prototype`. */
const keyIdOf = ([, parameters]: InnerList, { keys }: HttpSignatureProof): string | undefined => {
  const keyId = parameters.get('keyid');
  return typeof keyId === 'string' && Object.hasOwn(keys, keyId) ? keyId : undefined;
};

const messageOf = (request: HttpRequest, origin: string): SignedMessage => {
  const query = request.query.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&');
  return { request, target: new URL(`${origin}${request.path}${query === '' ? '' : `?${query}`}`) };
};

/** A signature that holds: what was signed, which is the same for every signature over it by the same key, and when. */
interface GoodSignature {
  readonly base: string;
  readonly created: number;
}

/** @returns in words what is wrong with a signature that does not hold */
const check = (
  covered: InnerList,
  signature: unknown,
  message: SignedMessage,
  { now, processor }: ProvenCallback<HttpSignatureProof>,
): GoodSignature | string => {
  const fault = findFormFault(covered, signature, message, now);
  if (fault !== undefined) return fault.reason;
  const [, parameters] = covered;
  const jwk = processor.proof.keys[String(keyIdOf(covered, processor.proof))] ?? {};
  const algorithm = httpAlgorithmOf(jwk);
  const named = parameters.get('alg');
  if (algorithm === undefined || (named !== undefined && named !== algorithm)) return 'alg is not that of the key';
  const base = signatureBase(covered, message);
  const created = parameters.get('created');
  if (base === undefined || !isTime(created) || !isBytes(signature)) return 'it cannot be checked';
  const bytes =
    signature instanceof ArrayBuffer
      ? new Uint8Array(signature)
      : new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verifyHttpSignature(algorithm, key, Buffer.from(base), bytes)
    ? { base, created }
    : 'the signature does not fit the key';
};

/** What is wrong with the form of a signature, in words for the log and for the caller. Its key does not matter. */
interface FormFault {
  readonly reason: string;
  readonly detail: string;
}

const findFormFault = (
  covered: InnerList,
  signature: unknown,
  message: SignedMessage,
  now: number,
): FormFault | undefined => {
  const [components, parameters] = covered;
  const names = components.map(([name]) => name);
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) {
    return {
      reason: `${missing} is not covered`,
      detail: `The component "${missing}" is not signed: sign ${REQUIRED.map((name) => `"${name}"`).join(', ')} at least.`,
    };
  }
  const created = parameters.get('created');
  if (!isTime(created)) {
    return { reason: 'created is not now', detail: 'The parameter created is not there as a whole number of seconds.' };
  }
  if (Math.abs(created - now) > SIGNATURE_WINDOW_SECONDS) {
    return { reason: 'created is not now', detail: describeClock('created', created, now, SIGNATURE_WINDOW_SECONDS) };
  }
  const expires = parameters.get('expires');
  if (expires !== undefined && !(isTime(expires) && expires > now)) {
    return { reason: 'it has expired', detail: 'The parameter expires is over, or is no whole number of seconds.' };
  }
  if (typeof parameters.get('keyid') !== 'string') {
    return { reason: 'no keyid', detail: 'The parameter keyid is missing.' };
  }
  const detail = describeComponents(covered, message);
  if (detail !== undefined) return { reason: 'a covered component is not there or not one of a request', detail };
  if (!isBytes(signature)) {
    return { reason: 'it has no signature', detail: 'Signature has no bytes under the label of Signature-Input.' };
  }
  return undefined;
};

/**
 * For the caller: what is wrong with the form of the signatures, or with the digest of the body. Registered keys are not looked
 * at, so that the answer is the same whether or not a key is registered.
 */
const describe = (
  input: Dictionary,
  signature: Dictionary,
  message: SignedMessage,
  { now, request }: ProvenCallback<HttpSignatureProof>,
): string => {
  const members = [...input].slice(0, MAX_SIGNATURES);
  const faults = members.map(([label, member]) =>
    isInnerList(member)
      ? findFormFault(member, signature.get(label)?.[0], message, now)?.detail
      : 'Signature-Input does not list components.',
  );
  if (!faults.includes(undefined)) return faults[0] ?? 'Signature-Input names no signature.';
  const lines = request.header('Content-Digest');
  return matchesContentDigest(lines, request.body())
    ? 'No signature fits: it is made with a key that was agreed on, over exactly what Signature-Input lists, by the algorithm of the key.'
    : describeContentDigest(lines, request.body());
};

const missingHeader = (name: string) => ({ detail: `The header ${name} is missing.` });

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
      // 64 bytes of salt by the RFC; clients on OpenSSL use as many as fit unless told, which is no weaker.
      return verify(
        'sha512',
        base,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
        signature,
      );
  }
};
