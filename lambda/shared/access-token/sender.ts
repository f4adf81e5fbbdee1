import { SENDER_ROLE } from '../../contract/claims.ts';
import type { HttpRequest } from '../http/message.ts';
import type { Match } from '../http/router.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { AccessTokenVerifier, Client } from './access-token.ts';
import { readQuery } from './query.ts';

/**
 * Checks the access token of a request to the sender API, with the scope of the route. Refuses query parameters on a route
 * without parameters. The access token is never read from the query (RFC 6750 §5.3).
 * @param hasQuery true if the route reads its query itself
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
