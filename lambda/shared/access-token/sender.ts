import { SENDER_ROLE } from '../../contract/claims.ts';
import type { HttpRequest } from '../http/message.ts';
import type { Match } from '../http/router.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { AccessTokenVerifier, Client } from './access-token.ts';
import { readQuery } from './query.ts';

/**
 * What every route of the sender API checks before its own work: who asks and what they may do. Then, for a route
 * without query parameters, that there are none. The access token is never looked for in the query (RFC 6750 §5.3).
 */
export const admitSender = async (
  request: HttpRequest,
  { route }: Match,
  verifier: Pick<AccessTokenVerifier, 'verify'>,
  hasQuery = false,
): Promise<Client | Refusal> => {
  if (route.access.kind !== 'sender') throw new Error(`${route.path} is not a route of the sender API.`);
  const client = await verifier.verify(request.header('authorization'), {
    scope: route.access.scope,
    role: SENDER_ROLE,
  });
  if (isRefusal(client) || hasQuery) return client;
  const { errors } = readQuery(request, [], false);
  return errors.length === 0 ? client : refuse('request_invalid', 'unknown query parameter', { errors });
};
