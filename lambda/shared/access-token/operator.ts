import type { OperatorId } from '../../contract/audit.ts';
import { CONSOLE_ROLES, type OperatorRole, type OperatorRoles } from '../../contract/operator-roles.ts';
import type { HttpRequest } from '../http/message.ts';
import type { Match } from '../http/router.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { AccessTokenVerifier } from './access-token.ts';
import { operatorRolesOf } from './operator-roles.ts';

/** An operator with a verified access token. The list of roles may be empty. */
export interface Operator {
  readonly id: OperatorId;
  readonly roles: readonly OperatorRole[];
}

/** Kinds of access of an operator, each with its roles. */
export type OperatorAccess = 'read' | 'act' | 'reveal';

/**
 * Checks the access token of a request to the operator API, with the scope of the route. It does not check roles: see
 * `refuseRole`.
 */
export const identifyOperator = async (
  request: HttpRequest,
  { route }: Match,
  verifier: Pick<AccessTokenVerifier, 'authenticate'>,
  roles: Pick<OperatorRoles, 'values'>,
): Promise<Operator | Refusal> => {
  if (route.access.kind !== 'operator-api') throw new Error(`${route.path} is not a route of the operator API.`);
  const holder = await verifier.authenticate(request.header('authorization'), route.access.scope);
  if (isRefusal(holder)) return holder;
  const { issuer, subject } = holder;
  return { id: { sub: subject, issuer }, roles: operatorRolesOf(holder.roles, roles) };
};

/** Refuses an operator without the roles for a kind of access. */
export const refuseRole = ({ roles }: Pick<Operator, 'roles'>, access: OperatorAccess): Refusal | undefined => {
  const has = (role: OperatorRole) => roles.includes(role);
  if (!CONSOLE_ROLES.some(has)) return refuse('operator_role_missing', 'neither operator_read nor operator');
  if (access === 'act' && !has('operator')) return refuse('operator_role_missing', 'not operator');
  if (access === 'reveal' && !has('operator_payload')) return refuse('operator_role_missing', 'not operator_payload');
  return undefined;
};
