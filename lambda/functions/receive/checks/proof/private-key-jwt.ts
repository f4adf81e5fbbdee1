import type { PrivateKeyJwtProof } from '../../../../contract/proofs.ts';
import { readBearerToken } from '../../../../shared/access-token/authorization.ts';
import { configuredVerifier } from '../../../../shared/access-token/configured-verifier.ts';
import { KEY_FAULTS } from '../../../../shared/access-token/key-faults.ts';
import type { HttpRequest } from '../../../../shared/http/message.ts';
import { isRefusal, refuse } from '../../../../shared/refusal.ts';
import { describeAuthorization } from '../find-token.ts';
import { type CreateProof, PROOF_OK } from './proof.ts';

/**
 * Proof `private_key_jwt`: an access token in `Authorization`, beside the callback token. The processor got it from the
 * identity provider with a client assertion (RFC 7523 §2.2). It is checked like a sender's, and its client must be the one
 * of the processor that the callback token was issued to.
 */
export const createProof: CreateProof<PrivateKeyJwtProof> = ({ now, records, variables }) => {
  const verifier = configuredVerifier(variables, records.accessTokens, now);
  return {
    verify: async ({ processor, request, token }) => {
      // A callback token in `Authorization` leaves no place for an access token.
      if (!token.fromCallbackTokenHeader || token.scheme === undefined) {
        return refuse('proof_missing', 'no access token beside Callback-Token', { detail: detailOf(request) });
      }
      const accessToken = readBearerToken(request.header('Authorization'));
      if (isRefusal(accessToken)) {
        return refuse('proof_missing', accessToken.reason, { detail: detailOf(request) });
      }
      const client = await verifier.identify(accessToken, processor.proof.clientId);
      if (!isRefusal(client)) return PROOF_OK;
      if (client.code === 'unavailable') return client;
      const detail = `The access token in Authorization is not accepted: ${describeFault(client.reason)}.`;
      return refuse('proof_invalid', `access token: ${client.reason}`, { detail });
    },
  };
};

const detailOf = (request: HttpRequest): string =>
  `${describeAuthorization(request.header('Authorization'))}. Send an access token of yours as \`Authorization: Bearer\`, and the callback token as \`Callback-Token\`.`;

const ABOUT_KEYS: readonly string[] = Object.values(KEY_FAULTS);

/** The caller does not learn if a key is unknown or does not fit. */
const describeFault = (reason: string): string => {
  if (ABOUT_KEYS.includes(reason)) return 'no key of the identity provider fits its signature';
  return reason === 'expired' ? 'it has expired' : reason;
};
