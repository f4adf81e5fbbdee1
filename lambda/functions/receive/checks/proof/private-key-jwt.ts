import type { PrivateKeyJwtProof } from '../../../../contract/proofs.ts';
import { readBearerToken } from '../../../../shared/access-token/authorization.ts';
import { configuredVerifier } from '../../../../shared/access-token/configured-verifier.ts';
import type { HttpRequest } from '../../../../shared/http/message.ts';
import { isRefusal, refuse } from '../../../../shared/refusal.ts';
import { describeAuthorization } from '../find-token.ts';
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
        return refuse('proof_missing', 'no access token beside Callback-Token', { detail: detailOf(request) });
      }
      const token = readBearerToken(request.header('Authorization'));
      if (typeof token !== 'string') return refuse('proof_missing', token.reason, { detail: detailOf(request) });
      const client = await verifier.identify(token, processor.proof.clientId);
      if (!isRefusal(client)) return SHOWN;
      if (client.code === 'unavailable') return client;
      const detail = `The access token in Authorization is not accepted: ${describeFault(client.reason)}.`;
      return refuse('proof_invalid', `access token: ${client.reason}`, { detail });
    },
  };
};

const detailOf = (request: HttpRequest): string =>
  `${describeAuthorization(request.header('Authorization'))}. Send an access token of yours as \`Authorization: Bearer\`, and the callback token as \`Callback-Token\`.`;

/** Codes of jose, in words. Whether a key is unknown or does not fit is the same to the caller. */
const describeFault = (reason: string): string => {
  if (!reason.startsWith('ERR_')) return reason.replace(' is check_failed', ' is not as it should be');
  if (reason === 'ERR_JWT_EXPIRED') return 'it has expired';
  return /^ERR_JW(KS_|S_SIGNATURE)/.test(reason)
    ? 'no key of the identity provider fits its signature'
    : 'it is not a token of this kind';
};
