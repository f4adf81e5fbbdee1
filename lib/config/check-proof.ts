import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { CARRIERS, type Carrier } from '../../lambda/contract/carriers.ts';
import { MAX_HANDSHAKE_URL_CHARS, MAX_PROOF_KEYS } from '../../lambda/contract/limits.ts';
import {
  algorithmsOf,
  gradeOf,
  type HttpSignatureProof,
  PRIVATE_JWK_MEMBERS,
  PROOF_KEY_KINDS,
  PROOF_NAMES,
  type StandardWebhooksProof,
} from '../../lambda/contract/proofs.ts';
import { checkSecretName } from './check-secrets.ts';
import type { AwsEnvironmentInput, EnvironmentInput } from './environment.ts';
import { Finding, type Problems, show } from './errors.ts';
import type { ProofInput, PublicJwk } from './proofs.ts';

/** Of an Ed25519 key. */
const WEBHOOK_KEY = /^whpk_[A-Za-z0-9+/]{43}=$/;

const PROPERTIES: Readonly<Record<ProofInput['kind'], readonly string[]>> = {
  none: ['kind'],
  private_key_jwt: ['kind', 'clientId'],
  dpop: ['kind', 'publicJwk', 'nonce'],
  http_signature: ['kind', 'keys'],
  standard_webhooks: ['kind', 'secretName', 'publicKeys'],
  webhook: ['kind', 'origins'],
  mtls: ['kind', 'certificate'],
};

/** Checks what the calls of a processor must show. */
export const checkProof = (
  problems: Problems,
  at: string,
  proof: ProofInput,
  environment: Pick<EnvironmentInput, 'runsOn' | 'protected'> & Partial<Pick<AwsEnvironmentInput, 'mutualTls'>>,
): void => {
  if (
    !problems.object(
      at,
      proof,
      'an object with a `kind`',
      "Write for instance { kind: 'private_key_jwt', clientId: '…' }.",
    )
  )
    return;
  problems.oneOf(`${at}.kind`, proof.kind, PROOF_NAMES, 'docs/process/guide.md describes each of them.');
  if (!isProof(proof)) return;
  problems.properties(at, proof, PROPERTIES[proof.kind]);
  switch (proof.kind) {
    case 'none':
      return;
    case 'private_key_jwt': {
      const remedy = 'Register a client for the processor at the identity provider, with its public key.';
      problems.handedOn(
        `${at}.clientId`,
        proof.clientId,
        /^\S{1,255}$/,
        'the id of a client: 1 to 255 characters without blanks',
        remedy,
      );
      return;
    }
    case 'dpop':
      checkPublicJwk(problems, `${at}.publicJwk`, proof.publicJwk);
      problems.oneOf(
        `${at}.nonce`,
        proof.nonce ?? false,
        [true, false],
        'Write true where each proof must hold a nonce, and false where not.',
      );
      return;
    case 'http_signature':
      checkKeys(problems, `${at}.keys`, proof.keys);
      return;
    case 'standard_webhooks':
      checkStandardWebhooks(problems, at, proof);
      return;
    case 'webhook':
      checkOrigins(problems, `${at}.origins`, proof.origins, environment);
      return;
    case 'mtls':
      checkCertificate(problems, at, proof.certificate, environment.mutualTls !== undefined);
  }
};

const isProof = (proof: unknown): proof is ProofInput =>
  typeof proof === 'object' && proof !== null && PROOF_NAMES.includes((proof as ProofInput).kind);

/** A structured field's string (RFC 9421 §2.3), short enough for a header and a log. */
const KEY_ID = /^[!-~]{1,128}$/;

const checkKeys = (problems: Problems, at: string, keys: HttpSignatureProof['keys']): void => {
  const entries = typeof keys === 'object' && keys !== null ? Object.entries(keys) : [];
  problems.expect(
    entries.length >= 1 && entries.length <= MAX_PROOF_KEYS,
    at,
    new Finding(`has ${entries.length} keys`),
    `an object with 1 to ${MAX_PROOF_KEYS} public keys by their keyid`,
    "Write { 'the-keyid': { kty: 'EC', … } }, with the keyid and the public JWK of the processor.",
  );
  for (const [keyId, jwk] of entries) {
    const remedy = 'Ask the processor which keyid it sends.';
    problems.expect(
      KEY_ID.test(keyId),
      at,
      new Finding(`has the keyid ${JSON.stringify(keyId)}`),
      '1 to 128 printable characters of ASCII, without blanks',
      remedy,
    );
    checkPublicJwk(problems, `${at}.${keyId}`, jwk as PublicJwk);
  }
};

const checkStandardWebhooks = (problems: Problems, at: string, proof: StandardWebhooksProof): void => {
  const { publicKeys, secretName } = proof;
  problems.expect(
    secretName !== undefined || publicKeys !== undefined,
    at,
    new Finding('has neither `secretName` nor `publicKeys`'),
    'one of the two, because they check the signature',
    "Write `secretName`, the name of a secret in Secrets Manager that holds the processor's whsec_…, or `publicKeys`, its whpk_….",
  );
  if (secretName !== undefined) {
    checkSecretName(problems, `${at}.secretName`, secretName, "Store the processor's whsec_… there.");
  }
  if (publicKeys === undefined) return;
  const all: readonly unknown[] = Array.isArray(publicKeys) ? publicKeys : [];
  problems.expect(
    all.length >= 1 && all.length <= MAX_PROOF_KEYS,
    `${at}.publicKeys`,
    publicKeys,
    `a list of 1 to ${MAX_PROOF_KEYS} public keys`,
    'List the keys of the processor, or take `publicKeys` out.',
  );
  for (const key of all) {
    const remedy = 'Ask the processor for its public key.';
    problems.text(`${at}.publicKeys`, key, WEBHOOK_KEY, 'whpk_ and 32 bytes in base64', remedy);
  }
};

const checkCertificate = (problems: Problems, at: string, certificate: unknown, hasListener: boolean): void => {
  problems.expect(
    hasListener,
    at,
    new Finding('asks for a client certificate, and no listener of this environment does'),
    '`mutualTls` in this environment',
    'Set `mutualTls`, or use another proof; the environment `local` cannot have it.',
  );
  const fault = findCertificateFault(certificate);
  // Never the value: somebody may have put the private key there.
  problems.expect(
    fault === undefined,
    `${at}.certificate`,
    new Finding(`${fault}`),
    'one certificate in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----',
    'Ask the processor for its client certificate; never put its private key here.',
  );
};

const CERTIFICATE = /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

const findCertificateFault = (certificate: unknown): string | undefined => {
  if (certificate === undefined) return 'is missing';
  if (typeof certificate !== 'string' || !CERTIFICATE.test(certificate)) return 'is not exactly one certificate in PEM';
  try {
    const weakness = findKeyWeakness(new X509Certificate(certificate).publicKey);
    return weakness && `is a certificate of ${weakness}`;
  } catch {
    return 'is a certificate that cannot be read';
  }
};

const PUBLIC_ORIGIN = /^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/;
const LOOPBACK_ORIGIN = /^http:\/\/127\.0\.0\.1:\d{1,5}$/;
const MAX_ORIGINS = 8;

const checkOrigins = (
  problems: Problems,
  at: string,
  origins: unknown,
  { protected: isProtected, runsOn }: Pick<EnvironmentInput, 'runsOn' | 'protected'>,
): void => {
  const all: readonly unknown[] = Array.isArray(origins) ? origins : [];
  problems.expect(
    all.length >= 1 && all.length <= MAX_ORIGINS && new Set(all).size === all.length,
    at,
    origins,
    `a list of 1 to ${MAX_ORIGINS} origins or URLs, each of them once`,
    'Ask the processor for the URL that it confirms its calls at, as https://callbacks.acme.example/confirm.',
  );
  const isLocal = runsOn === 'this-machine';
  for (const entry of all) {
    const isTaken = typeof entry === 'string' && isOriginOrUrl(entry, isLocal);
    problems.expect(
      isTaken,
      at,
      entry,
      isLocal
        ? 'http://127.0.0.1 and a port, with a path or without'
        : 'https:// and a host name in lower case, with a port unless it is 443, with a path or without',
      `Copy the URL that the processor sends: at most ${MAX_HANDSHAKE_URL_CHARS} characters, without user name and fragment.`,
    );
    problems.expect(
      !isTaken || !isProtected || new URL(entry).origin !== entry,
      at,
      entry,
      'a URL with a path, because the environment is protected, and with an origin alone any URL of it could be called',
      'Copy the whole URL that the processor sends, as https://callbacks.acme.example/confirm.',
    );
  }
};

/** An origin, or a URL of it in the one form that every reader of URLs writes it in. */
const isOriginOrUrl = (entry: string, isLocal: boolean): boolean => {
  if (!URL.canParse(entry) || entry.length > MAX_HANDSHAKE_URL_CHARS) return false;
  const { hash, hostname, href, origin } = new URL(entry);
  return (
    (isLocal ? LOOPBACK_ORIGIN : PUBLIC_ORIGIN).test(origin) &&
    (entry === origin || (entry === href && href.startsWith(`${origin}/`) && hash === '' && !href.endsWith('#'))) &&
    // An address in place of a name has no certificate that says whose it is.
    (isLocal || isIP(hostname) === 0)
  );
};

/** Carriers that do not go with a proof: what must be shown in headers cannot be asked of who is given a URL only. */
export const checkCarrierOfProof = (problems: Problems, at: string, carrier: Carrier, { kind }: ProofInput): void => {
  const fitting = CARRIERS.filter((one) => gradeOf(one, kind) !== null);
  problems.expect(
    fitting.includes(carrier),
    `${at}.carriers`,
    carrier,
    `one of ${fitting.join(', ')}, because the proof is ${kind}`,
    'Take the carrier out of the list: a processor that sends this proof can send a header.',
  );
};

const KINDS = PROOF_KEY_KINDS.map(({ kty, crv }) => (crv === undefined ? kty : `${kty} ${crv}`)).join(', ');

const MIN_RSA_BITS = 2_048;

/** What a registered key may be. */
const KEYS = `P-256, Ed25519, or RSA of ${MIN_RSA_BITS} bits or more`;

/** RFC 8725 §3.4 and §3.5: a key that is weak or no key at all is refused where it is registered. */
export const checkPublicJwk = (problems: Problems, at: string, jwk: PublicJwk): void => {
  const isObject = typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk);
  const remedy = 'Ask the processor for its public key as a JWK.';
  problems.expect(isObject, at, jwk, 'a public key as a JWK, which is an object', remedy);
  if (!isObject) return;
  const secret = PRIVATE_JWK_MEMBERS.filter((name) => Object.hasOwn(jwk, name));
  problems.expect(
    secret.length === 0,
    at,
    // Never the value: it is a secret.
    new Finding(`has the private members ${secret.join(', ')}`),
    'the public half of a key',
    'Delete the private key from this file and from its history; the processor must make a new key, because this one is known now.',
  );
  const known = algorithmsOf(jwk);
  problems.expect(
    known.length > 0,
    at,
    new Finding(`has kty ${show(jwk.kty)} and crv ${show(jwk.crv)}`),
    `a key of one of the kinds ${KINDS}`,
    remedy,
  );
  if (secret.length > 0 || known.length === 0) return;
  const { alg } = jwk;
  problems.expect(
    alg === undefined || (typeof alg === 'string' && known.includes(alg)),
    `${at}.alg`,
    alg,
    `${known.join(' or ')}, the algorithm of such a key here`,
    'Take `alg` out, or ask the processor for another key.',
  );
  const fault = findWeakness(jwk);
  problems.expect(fault === undefined, at, new Finding(`is ${fault}`), `a valid public key: ${KEYS}`, remedy);
};

const findWeakness = (jwk: PublicJwk): string | undefined => {
  try {
    // OpenSSL refuses points that are not on the curve.
    return findKeyWeakness(createPublicKey({ key: jwk, format: 'jwk' }));
  } catch {
    return 'no valid key of its kind (a member is missing or wrong)';
  }
};

const findKeyWeakness = ({ asymmetricKeyDetails }: KeyObject): string | undefined => {
  const { modulusLength, publicExponent } = asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS) return `an RSA key of ${modulusLength} bits`;
  // 3 is the smallest that there is.
  if (publicExponent !== undefined && publicExponent < 3n) return `an RSA key with the exponent ${publicExponent}`;
  return undefined;
};
