import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AWS_CALLS } from '../../../../contract/call-limits.ts';
import type { HandshakeEvent, HandshakeVerdict } from '../../../../contract/handshake.ts';
import { HANDSHAKE_WAIT_MILLISECONDS } from '../../../../contract/proof-limits.ts';
import type { WebhookProof } from '../../../../contract/proofs.ts';
import { readWebhookAuthorization } from '../../../../shared/access-token/webhook-authorization.ts';
import { orUnavailable } from '../../../../shared/or-unavailable.ts';
import { isRefusal, refuse } from '../../../../shared/refusal.ts';
import { describeAuthorization } from '../find-token.ts';
import { type CreateProof, PROOF_OK } from './proof.ts';

const NOT_CONFIRMED =
  'The call was not confirmed: an address that was agreed on answers 200 within 3 s, with the secret of a hash that was never used.';

/**
 * Proof `webhook`: `Authorization: Webhook CONFIRM_URL HASH` beside the callback token. The handshake function calls the
 * processor's address and returns a verdict, so that the receiver itself calls no address of others.
 */
export const createProof: CreateProof<WebhookProof> = ({
  variables: { HANDSHAKE_FUNCTION, POSTERN_ORIGIN: origin },
}) => {
  const client = new LambdaClient({
    // One attempt: the hash is good for one call to its address.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: AWS_CALLS.connectionTimeoutMilliseconds,
      requestTimeout: HANDSHAKE_WAIT_MILLISECONDS,
      throwOnRequestTimeout: true,
    },
  });

  const ask = async (event: HandshakeEvent): Promise<HandshakeVerdict> => {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: HANDSHAKE_FUNCTION, Payload: JSON.stringify(event) }),
    );
    if (FunctionError !== undefined || Payload === undefined) throw new Error('The handshake ended with an error.');
    return JSON.parse(Buffer.from(Payload).toString('utf8')) as HandshakeVerdict;
  };

  return {
    verify: async ({ claims, processor, request, token }) => {
      const authorization = readWebhookAuthorization(request.header('Authorization'));
      const isMissing = isRefusal(authorization) && authorization.code === 'proof_missing';
      if (!token.fromCallbackTokenHeader || isMissing) {
        return refuse('proof_missing', 'no Authorization of scheme Webhook beside Callback-Token', {
          detail: `${describeAuthorization(request.header('Authorization'))}. Send \`Authorization: Webhook CONFIRM_URL HASH\`, and the callback token as \`Callback-Token\`.`,
        });
      }
      if (isRefusal(authorization)) {
        const detail = `Authorization is not \`Webhook CONFIRM_URL HASH\`: ${authorization.reason}.`;
        return refuse('proof_invalid', authorization.reason, { detail });
      }
      const receiverUrl = origin + claims.path;
      const verdict = await orUnavailable(
        'handshake',
        ask({ verify: { processor: processor.id, ...authorization, receiverUrl } }),
      );
      return verdict.allowed ? PROOF_OK : refuse('proof_invalid', verdict.reason, { detail: NOT_CONFIRMED });
    },
  };
};
