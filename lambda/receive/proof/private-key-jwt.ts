import { readBearerToken } from '../../access/authorization.ts';
import { configuredVerifier } from '../../access/configured-verifier.ts';
import type { PrivateKeyJwtProof } from '../../contract/proofs.ts';
import { isRefusal, refuse } from '../../http/problem.ts';
import { type CreateProof, SHOWN } from './proof.ts';

/**
 * Proof `private_key_jwt`: beside the callback token, in `Authorization`, an access token that the processor got from
 * the identity provider with a client assertion (RFC 7523 §2.2). It is checked like a sender's, and must stand for the
 * client of the processor that the callback token was issued to.
 */
export const createProof: CreateProof<PrivateKeyJwtProof> = ({ now, records, variables }) => {
  const verifier = configuredVerifier(variables, records.accessTokens, now);
  return {
    verify: async ({ found, processor, request }) => {
      // A callback token in `Authorization` leaves no room for an access token.
      if (!found.inHeaderOfItsOwn || found.scheme === undefined) {
        return refuse('proof_missing', 'no access token beside Callback-Token');
      }
      const token = readBearerToken(request.header('Authorization'));
      if (typeof token !== 'string') return refuse('proof_missing', token.reason);
      const client = await verifier.identify(token, processor.proof.clientId);
      if (!isRefusal(client)) return SHOWN;
      return client.code === 'unavailable' ? client : refuse('proof_invalid', `access token: ${client.reason}`);
    },
  };
};
