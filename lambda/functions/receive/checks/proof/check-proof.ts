import { type CheckedProofName, CONFIRMATIONS } from '../../../../contract/proofs.ts';
import { isRefusal, type Refusal, refuse } from '../../../../shared/refusal.ts';
import { PROOF_OK, type ProofResult, type ProofVerifier, type ProvenCallback } from './proof.ts';

/** Loads the code that checks a proof, at the first callback of a processor with that proof. */
export type LoadProofVerifier = (name: CheckedProofName) => ProofVerifier | Promise<ProofVerifier>;

export type ProofCheck = (callback: ProvenCallback) => Promise<ProofResult | Refusal>;

/**
 * Creates the proof check of step 7: rules for every processor, then the processor's own proof. A callback with a proof that
 * is not checked is refused, so that its sender does not rely on it.
 */
export const createProofCheck =
  (loadVerifier: LoadProofVerifier): ProofCheck =>
  async (callback) => {
    const { claims, processor, token } = callback;
    const { kind } = processor.proof;
    if (token.scheme === 'dpop' && kind !== 'dpop') {
      return refuse('token_missing', 'scheme DPoP for a processor without DPoP', {
        detail:
          'Authorization came with the scheme DPoP, and callbacks of this processor have no DPoP proof. Send `Authorization: Bearer TOKEN`.',
      });
    }
    if (token.fromCallbackTokenHeader && token.scheme !== undefined && kind !== 'private_key_jwt') {
      return refuse('token_ambiguous', 'a second token beside Callback-Token');
    }
    // A bound token is never accepted as a bearer token, even if the processor's proof has changed since.
    if (Object.keys(claims.cnf ?? {}).some((member) => !CONFIRMATIONS[kind].includes(member))) {
      return refuse('proof_missing', 'the token is bound to what this processor shows no proof of', {
        detail: 'The token is bound to a key or a certificate (`cnf`), and the processor has no such proof any more.',
      });
    }
    if (kind === 'none') return PROOF_OK;
    const result = await (await loadVerifier(kind)).verify(callback);
    return isRefusal(result) && result.challenge === undefined && isAboutProof(result)
      ? { ...result, challenge: { scheme: 'Bearer', parameters: { error: 'invalid_token', proof: kind } } }
      : result;
  };

const isAboutProof = ({ code }: Refusal): boolean => code === 'proof_missing' || code === 'proof_invalid';
