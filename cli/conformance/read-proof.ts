import { createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { ConformanceProofName } from '../../lambda/contract/conformance.ts';
import { WEBHOOK_SECRET_BYTES } from '../../lambda/contract/proof-limits.ts';
import {
  algorithmsOf,
  type DpopProof,
  type HttpSignatureProof,
  type NoProof,
  PRIVATE_JWK_MEMBERS,
  type StandardWebhooksProof,
} from '../../lambda/contract/proofs.ts';
import { CommandError } from '../command-error.ts';

/** The proof that the kit asks a processor for. */
export interface KitProof {
  readonly proof: NoProof | DpopProof | HttpSignatureProof | StandardWebhooksProof;
  /** The secret of Standard Webhooks, `whsec_…`. */
  readonly webhookSecret?: string;
}

/** Name of the secret in the registry of the kit. There is one. */
const SECRET_NAME = 'conformance';

/** Name of a key without `kid`. A processor signs with the `keyid` that it was told. */
const DEFAULT_KEY_ID = 'conformance';

const SECRET = /^(whsec|whpk)_([A-Za-z0-9+/]+={0,2})$/;

/**
 * Reads the key of a processor: a JWK, private or public, or the secret of Standard Webhooks. Only the public half of a JWK
 * is kept.
 * @param text content of the key file; undefined without one
 * @throws {CommandError} `usage`; the message never quotes the file
 */
export const readProof = async (name: ConformanceProofName, text: string | undefined): Promise<KitProof> => {
  if (name === 'none') {
    if (text === undefined) return { proof: { kind: 'none' } };
    throw new CommandError('usage', 'A key was given, and no proof.', 'Add --proof, or leave out --key.');
  }
  if (text === undefined) {
    throw new CommandError(
      'usage',
      `The proof "${name}" needs the key of the processor.`,
      name === 'standard-webhooks'
        ? 'Give --key @FILE with the secret (whsec_…) or the public key (whpk_…).'
        : 'Give --key @FILE with a JWK. A public key is enough.',
    );
  }
  if (name === 'standard-webhooks') return readWebhookKey(text.trim());
  const jwk = readJwk(text);
  return name === 'dpop'
    ? { proof: { kind: 'dpop', jkt: await calculateJwkThumbprint(jwk as JWK), nonce: false } }
    : { proof: { kind: 'http_signature', keys: { [keyIdOf(jwk)]: jwk } } };
};

/** The `keyid` that a processor with this key signs with. */
const keyIdOf = ({ kid }: Readonly<Record<string, unknown>>): string =>
  typeof kid === 'string' && kid !== '' ? kid : DEFAULT_KEY_ID;

const readJwk = (text: string): Readonly<Record<string, unknown>> => {
  const jwk = parse(text);
  if (jwk === undefined || algorithmsOf(jwk).length === 0) throw NOT_A_KEY;
  const secretMembers: readonly string[] = PRIVATE_JWK_MEMBERS;
  const publicJwk = Object.fromEntries(Object.entries(jwk).filter(([member]) => !secretMembers.includes(member)));
  try {
    createPublicKey({ key: publicJwk, format: 'jwk' });
  } catch {
    throw NOT_A_KEY;
  }
  return publicJwk;
};

const NOT_A_KEY = new CommandError(
  'usage',
  'The key file has no JWK of a kind that proofs use.',
  'Give a JWK on P-256, of Ed25519, or of RSA (RFC 7517).',
);

const parse = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};

/** Length of an Ed25519 public key. */
const PUBLIC_KEY_BYTES = 32;

const readWebhookKey = (text: string): KitProof => {
  const [, kind, encoded = ''] = SECRET.exec(text) ?? [];
  const { length } = Buffer.from(encoded, 'base64');
  if (kind === 'whpk' && length === PUBLIC_KEY_BYTES) {
    return { proof: { kind: 'standard_webhooks', publicKeys: [text] } };
  }
  if (kind === 'whsec' && length >= WEBHOOK_SECRET_BYTES.min && length <= WEBHOOK_SECRET_BYTES.max) {
    return { proof: { kind: 'standard_webhooks', secretName: SECRET_NAME }, webhookSecret: text };
  }
  throw new CommandError(
    'usage',
    'The key file has no key of Standard Webhooks.',
    `Give whsec_ and base64 of ${WEBHOOK_SECRET_BYTES.min} to ${WEBHOOK_SECRET_BYTES.max} bytes, or whpk_ and base64 of ${PUBLIC_KEY_BYTES} bytes.`,
  );
};
