import { dpop, httpSignature, mtls, type Proof, privateKeyJwt, standardWebhooks } from '@postern/processor';
import type { ProofMaterial } from './proof.ts';
import { asUsage } from './usage.ts';

/**
 * Makes the proof of a processor.
 * @throws {CommandError} `usage`, if the key does not fit
 */
export const makeProof = (material: ProofMaterial): Proof =>
  asUsage(() => {
    switch (material.kind) {
      case 'dpop':
        return dpop(material);
      case 'http-signature':
        return httpSignature(material);
      case 'standard-webhooks':
        return standardWebhooks(material);
      case 'private-key-jwt':
        return privateKeyJwt(material);
      case 'mtls':
        return mtls(material);
    }
  });
