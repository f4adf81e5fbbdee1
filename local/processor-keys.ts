import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';

/** What the processors on this machine prove themselves with. Kept over restarts. */
export interface ProcessorKeys {
  /** Private key of `dpop-ocr`, ES256. */
  readonly dpop: JWK;
}

const makeKey = (): JWK =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as JWK;

/** Reads the keys from their file (mode 0600); what an earlier version did not write is made. */
export const loadProcessorKeys = (file: string): ProcessorKeys => {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessorKeys>) : {};
  const keys: ProcessorKeys = { dpop: known.dpop ?? { ...makeKey(), alg: 'ES256' } };
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
};
