import { randomBytes } from 'node:crypto';
import type { ProofRecords } from '../../../lambda/functions/receive/checks/proof/proof.ts';

const SECRET_BYTES = 32;

/** Records of proofs of one run, in memory. Nothing expires, because a run is shorter than any proof is good. */
export const createMemoryProofRecords = (): ProofRecords => {
  const used = new Set<string>();
  const secrets = new Map<string, Uint8Array>();

  const recordOnce = async (key: string): Promise<boolean> => {
    if (used.has(key)) return false;
    used.add(key);
    return true;
  };

  return {
    recordOnce,
    accessTokens: { record: (iss, id) => recordOnce(`${iss}#${id}`) },
    shareSecret: async (key) => {
      const secret = secrets.get(key) ?? randomBytes(SECRET_BYTES);
      secrets.set(key, secret);
      return secret;
    },
  };
};
