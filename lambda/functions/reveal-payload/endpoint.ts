import type { OperatorRoles } from '../../contract/operator-roles.ts';
import type { AccessTokenVerifier } from '../../shared/access-token/access-token.ts';
import { identifyOperator, refuseRole } from '../../shared/access-token/operator.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

export interface RevealPayloadEndpointOptions {
  readonly verifier: Pick<AccessTokenVerifier, 'authenticate'>;
  readonly roles: Pick<OperatorRoles, 'values'>;
}

/** The route that shows a payload to an operator. */
export const createRevealPayloadEndpoint =
  ({ roles, verifier }: RevealPayloadEndpointOptions) =>
  async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const operator = await identifyOperator(request, match, verifier, roles);
    if (isRefusal(operator)) return operator;
    const fields = { operator: operator.id.sub };
    return { ...(refuseRole(operator, 'reveal') ?? refuse('not_found', 'no payload is shown yet')), fields };
  };
