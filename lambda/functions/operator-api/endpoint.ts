import type { OperatorRoles } from '../../contract/operator-roles.ts';
import type { AccessTokenVerifier } from '../../shared/access-token/access-token.ts';
import { identifyOperator, refuseRole } from '../../shared/access-token/operator.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

export interface OperatorApiEndpointOptions {
  readonly verifier: Pick<AccessTokenVerifier, 'authenticate'>;
  readonly roles: Pick<OperatorRoles, 'values'>;
}

/** Routes of operators below `/v1/operator`, except the one that shows payloads. */
export const createOperatorApiEndpoint =
  ({ roles, verifier }: OperatorApiEndpointOptions) =>
  async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const operator = await identifyOperator(request, match, verifier, roles);
    if (isRefusal(operator)) return operator;
    const fields = { operator: operator.id.sub };
    const refusal = refuseRole(operator, match.route.method === 'GET' ? 'read' : 'act');
    return { ...(refusal ?? refuse('not_found', `route ${match.name} is not one of this function`)), fields };
  };
