import { CONSOLE_ROLES } from '../../../lambda/contract/operator-roles.ts';
import { show } from '../show.ts';
import type { Rule } from './rule.ts';

/** A session cannot be idle for longer than it lasts. */
export const idleWithinSession: Rule = ({ consoleSession }, errors) => {
  const { idle, limit } = consoleSession ?? {};
  if (idle === undefined || limit === undefined) return;
  errors.expect(
    idle.toMilliseconds() <= limit.toMilliseconds(),
    'consoleSession.idle',
    idle,
    `at most \`consoleSession.limit\`, ${show(limit)}`,
    'Give a Duration that is no longer than `consoleSession.limit`.',
  );
};

/** At least one operator can use the console, and roles in access tokens need the description of the tokens. */
export const operatorRoles: Rule = ({ operatorRoles: roles }, errors) => {
  const { from, token, values } = roles ?? {};
  errors.expect(
    values === undefined || CONSOLE_ROLES.some((role) => (values[role] ?? []).length > 0),
    'operatorRoles.values',
    values,
    `one or more values for ${CONSOLE_ROLES.join(' or ')}`,
    'Name the people who may use the console: without a value, the console refuses every operator.',
  );
  if (from === undefined || token === undefined) return;
  const isVerified = from === 'access-token';
  errors.expect(
    isVerified === (token !== null),
    'operatorRoles.token',
    token,
    isVerified ? 'an object that describes access tokens' : 'null, because the load balancer signs userinfo',
    'Begin with a ready profile, as `{ ...COGNITO_OPERATORS }`, and change what is different.',
  );
};
