import { createHmac, timingSafeEqual } from 'node:crypto';
import { DPOP_NONCE } from '../../../../contract/proof-limits.ts';
import { proofKey } from '../../../../shared/tables/hashed-keys.ts';
import type { ProofRecords } from './proof.ts';

/** Nonces for DPoP proofs of one key (RFC 9449 §9). Their secret is shared, so every instance can check them. */
export interface Nonces {
  /** @param now seconds since 1970 */
  issue(jkt: string, now: number): Promise<string>;
  isGood(nonce: unknown, jkt: string, now: number): Promise<boolean>;
}

const FORM = /^([0-9]{1,12})\.[A-Za-z0-9_-]{43}$/;

/** Creates nonces that hold their minute and a MAC over it and over the key, so that no nonce has to be stored. */
export const createNonces = (records: Pick<ProofRecords, 'shareSecret'>): Nonces => {
  const secrets = new Map<number, Promise<Uint8Array>>();

  const secretOf = (period: number): Promise<Uint8Array> => {
    const cached = secrets.get(period);
    if (cached !== undefined) return cached;
    const expiresAt = ((period + 1) * DPOP_NONCE.secretMinutes + DPOP_NONCE.goodMinutes) * 60;
    const secret = records.shareSecret(proofKey('nonce', String(period)), expiresAt);
    // Only the secrets of this period and of the one before are needed.
    for (const old of secrets.keys()) if (old < period - 1) secrets.delete(old);
    secrets.set(period, secret);
    secret.catch(() => secrets.delete(period));
    return secret;
  };

  const make = async (minute: number, jkt: string): Promise<string> => {
    const secret = await secretOf(Math.floor(minute / DPOP_NONCE.secretMinutes));
    return `${minute}.${createHmac('sha256', secret).update(`${minute}.${jkt}`).digest('base64url')}`;
  };

  return {
    issue: (jkt, now) => make(Math.floor(now / 60), jkt),
    isGood: async (nonce, jkt, now) => {
      const minute = typeof nonce === 'string' ? Number(FORM.exec(nonce)?.[1] ?? Number.NaN) : Number.NaN;
      const age = Math.floor(now / 60) - minute;
      if (!(age >= 0 && age <= DPOP_NONCE.goodMinutes)) return false;
      const expected = Buffer.from(await make(minute, jkt));
      const presented = Buffer.from(String(nonce));
      return expected.length === presented.length && timingSafeEqual(expected, presented);
    },
  };
};
