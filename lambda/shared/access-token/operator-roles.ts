import { OPERATOR_ROLES, type OperatorRole, type OperatorRoles } from '../../contract/operator-roles.ts';

/**
 * Returns the roles of an operator.
 * @param present the groups or roles of the person or client, by the names of the identity provider
 */
export const operatorRolesOf = (
  present: readonly string[],
  { values }: Pick<OperatorRoles, 'values'>,
): readonly OperatorRole[] => OPERATOR_ROLES.filter((role) => values[role].some((value) => present.includes(value)));
