import { SENDER_ROLE } from '../contract/claims.ts';
import type { Request } from '../http/message.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal, refuse } from '../http/problem.ts';
import type { Match } from '../http/router.ts';
import type { AccessTokenVerifier, Client } from './access-token.ts';

/**
 * What every route of the sender API checks before its own work: who asks and what they may do, then that the query has
 * no name that the route does not know. The access token is never looked for in the query (RFC 6750 §5.3).
 */
export const admitSender = async (
  request: Request,
  { route }: Match,
  verifier: AccessTokenVerifier,
  knownParameters: readonly string[] = [],
): Promise<Client | Refusal> => {
  if (route.access.kind !== 'sender') throw new Error(`${route.path} is not a route of the sender API.`);
  const client = await verifier.verify(request.header('authorization'), {
    scope: route.access.scope,
    role: SENDER_ROLE,
  });
  if (isRefusal(client)) return client;

  const unknown = new Set(request.query.map(([name]) => name).filter((name) => !knownParameters.includes(name)));
  if (unknown.size === 0) return client;
  const errors = [...unknown].map((parameter) => ({ detail: 'is not a query parameter of this route', parameter }));
  return refuse('request_invalid', 'unknown query parameter', { errors });
};
