import { type CheckedProofName, CONFIRMATIONS } from '../../../../contract/proofs.ts';
import { isRefusal, type Refusal, refuse } from '../../../../shared/refusal.ts';
import { type ProofVerifier, type ProvenCallback, SHOWN, type Shown } from './proof.ts';

/** The code that checks a proof; loaded when the first callback of such a processor comes. */
export type Proofs = (name: CheckedProofName) => ProofVerifier | Promise<ProofVerifier>;

/**
 * Step 7, second factor: what every processor's callbacks must keep to, then the processor's own proof. Nothing may look
 * as if there were a proof where none is checked.
 */
export const createProofCheck =
  (proofs: Proofs) =>
  async (callback: ProvenCallback): Promise<Shown | Refusal> => {
    const { claims, found, processor } = callback;
    const { kind } = processor.proof;
    if (found.scheme === 'dpop' && kind !== 'dpop') {
      return refuse('token_missing', 'scheme DPoP for a processor without DPoP', {
        detail:
          'Authorization came with the scheme DPoP, and callbacks of this processor have no DPoP proof. Send `Authorization: Bearer TOKEN`.',
      });
    }
    if (found.inHeaderOfItsOwn && found.scheme !== undefined && kind !== 'private_key_jwt') {
      return refuse('token_ambiguous', 'a second token beside Callback-Token');
    }
    // A bound token is never a bearer token, whatever the registry says of its processor today.
    if (Object.keys(claims.cnf ?? {}).some((member) => !CONFIRMATIONS[kind].includes(member))) {
      return refuse('proof_missing', 'the token is bound to what this processor shows no proof of', {
        detail: 'The token is bound to a key or a certificate (`cnf`), and the processor has no such proof any more.',
      });
    }
    if (kind === 'none') return SHOWN;
    const shown = await (await proofs(kind)).verify(callback);
    return isRefusal(shown) && shown.challenge === undefined && isAboutProof(shown)
      ? { ...shown, challenge: { scheme: 'Bearer', parameters: { error: 'invalid_token', proof: kind } } }
      : shown;
  };

const isAboutProof = ({ code }: Refusal): boolean => code === 'proof_missing' || code === 'proof_invalid';
