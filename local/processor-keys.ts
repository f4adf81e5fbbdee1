import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';

/** Keys for the proofs of the processors on this machine. Kept over restarts. */
export interface ProcessorKeys {
  /** Private key of `dpop-ocr`, ES256. */
  readonly dpop: JWK;
  /** Private key of `signed-ocr`, P-256; its `kid` is the `keyid` of its signatures. */
  readonly signed: JWK;
  /** Signing secret of `standard-ocr`: `whsec_…`. */
  readonly standard: string;
  /** What Postern sends to processors: an API key, and a signature with a secret (`whsec_…`). */
  readonly dispatch: { readonly apiKey: string; readonly secret: string };
  /** Private key that the gateway decrypts tokens of `sealed-ocr` with, P-256. */
  readonly encryption: JWK;
}

const makeKey = (): JWK => ({
  ...(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as JWK),
  kid: randomUUID(),
  alg: 'ES256',
});

const makeSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** Reads the keys from their file (mode 0600); what an earlier version did not write is made. */
export const loadProcessorKeys = (file: string): ProcessorKeys => {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessorKeys>) : {};
  const keys: ProcessorKeys = {
    dpop: known.dpop ?? makeKey(),
    signed: known.signed ?? makeKey(),
    // For keys that are agreed on, not for signatures.
    encryption: known.encryption ?? { ...makeKey(), alg: 'ECDH-ES' },
    standard: known.standard ?? makeSecret(),
    dispatch: known.dispatch ?? { apiKey: randomBytes(32).toString('base64url'), secret: makeSecret() },
  };
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
};
