import { Duration, Token } from 'aws-cdk-lib';
import { RETURN_PARAMETERS } from '../../lambda/contract/console-session.ts';
import { CONSOLE_IDLE_SECONDS, CONSOLE_SESSION_SECONDS } from '../../lambda/contract/limits.ts';
import {
  CONSOLE_ROLES,
  OPERATOR_ROLE_SOURCES,
  OPERATOR_ROLES,
  type OperatorAccessToken,
  type OperatorRole,
  type OperatorRoles,
} from '../../lambda/contract/operator-roles.ts';
import { ALGORITHMS } from './check-access-token.ts';
import { checkSecretName } from './check-secrets.ts';
import type { ConsoleClient, ConsoleSession, EnvironmentInput } from './environment.ts';
import { Finding, jsonOf, type Problems } from './errors.ts';

const CLIENT_PROPERTIES = Object.keys({
  clientId: true,
  secretName: true,
  scopes: true,
} satisfies Record<keyof ConsoleClient, true>);

const SESSION_PROPERTIES = Object.keys({ limit: true, idle: true } satisfies Record<keyof ConsoleSession, true>);

const ROLES_PROPERTIES = Object.keys({
  from: true,
  claim: true,
  values: true,
  token: true,
} satisfies Record<keyof OperatorRoles, true>);

const TOKEN_PROPERTIES = Object.keys({
  types: true,
  algorithms: true,
  required: true,
  clientClaim: true,
} satisfies Record<keyof OperatorAccessToken, true>);

/** Milliseconds. */
const SECOND = 1_000;

/** RFC 6749 §3.3. */
const SCOPE = /^[!#-[\]-~]+$/;

/** Half of what Lambda takes for all variables of a function together. */
const MAX_ROLES_CHARS = 2_048;

/** Checks how operators sign in, and what lets them in. */
export const checkConsole = (problems: Problems, input: EnvironmentInput): void => {
  checkClient(problems, input.consoleClient);
  const { endSessionReturn } = input.identityProvider ?? {};
  if (endSessionReturn !== undefined) {
    const remedy = "Look for the parameter in the provider's documentation of its logout endpoint.";
    problems.oneOf('identityProvider.endSessionReturn', endSessionReturn, RETURN_PARAMETERS, remedy);
  }
  if (input.consoleSession !== undefined) checkSession(problems, input.consoleSession);
  if (input.operatorRoles !== undefined) checkRoles(problems, input.operatorRoles);
};

const checkClient = (problems: Problems, client: EnvironmentInput['consoleClient']): void => {
  const remedy =
    'Register a web client for the console at the identity provider, and store its secret in Secrets Manager as {"clientSecret": "…"}.';
  if (!problems.object('consoleClient', client, 'an object with clientId and secretName', remedy)) return;
  problems.properties('consoleClient', client, CLIENT_PROPERTIES);
  problems.handedOn('consoleClient.clientId', client.clientId, /^\S+$/, 'the id of a client, without blanks', remedy);
  if (!Token.isUnresolved(client.secretName)) {
    checkSecretName(problems, 'consoleClient.secretName', client.secretName, remedy);
  }
  const { scopes = ['openid'] } = client;
  problems.expect(
    listOf(scopes).includes('openid') && listOf(scopes).every((one) => typeof one === 'string' && SCOPE.test(one)),
    'consoleClient.scopes',
    scopes,
    'a list of scopes, `openid` among them',
    "Write each scope as a text of its own, as in ['openid', 'profile', 'groups'].",
  );
};

const checkSession = (problems: Problems, session: ConsoleSession): void => {
  const remedy = 'Write for instance { limit: Duration.hours(4), idle: Duration.minutes(15) }.';
  if (!problems.object('consoleSession', session, 'an object with limit, idle or both', remedy)) return;
  problems.properties('consoleSession', session, SESSION_PROPERTIES);
  const { min, max } = CONSOLE_SESSION_SECONDS;
  const limit = session.limit ?? Duration.seconds(CONSOLE_SESSION_SECONDS.default);
  problems.duration(
    'consoleSession.limit',
    limit,
    { min: min * SECOND, max: max * SECOND, step: SECOND },
    'The load balancer keeps no session for longer than a week.',
  );
  const longest = limit instanceof Duration && !limit.isUnresolved() ? limit.toMilliseconds() : max * SECOND;
  problems.duration(
    'consoleSession.idle',
    session.idle ?? Duration.seconds(CONSOLE_IDLE_SECONDS.default),
    { min: CONSOLE_IDLE_SECONDS.min * SECOND, max: longest, step: SECOND },
    'Give a Duration that is no longer than `consoleSession.limit`.',
  );
};

const checkRoles = (problems: Problems, roles: OperatorRoles): void => {
  const at = 'operatorRoles';
  const begin = 'Begin with a ready profile, as `COGNITO_OPERATORS`.';
  if (!problems.object(at, roles, `an object with ${ROLES_PROPERTIES.join(', ')}`, begin)) return;
  problems.properties(at, roles, ROLES_PROPERTIES);
  problems.oneOf(`${at}.from`, roles.from, OPERATOR_ROLE_SOURCES, 'Say where the identity provider puts the roles.');
  const { length } = jsonOf(roles);
  problems.expect(
    length <= MAX_ROLES_CHARS,
    at,
    new Finding(`has ${length} characters of JSON`),
    `at most ${MAX_ROLES_CHARS} characters, because an environment variable holds it`,
    'Put people into groups at the identity provider, and list the groups.',
  );
  const path = roles.claim?.array ?? roles.claim?.text;
  problems.expect(
    listOf(path).length > 0 && listOf(path).every(isText),
    `${at}.claim`,
    roles.claim,
    '`array` or `text`, with the names that lead to the claim',
    "Write { array: ['groups'] } for a claim that is a list, { text: ['scope'] } for one with blanks between its words.",
  );
  checkValues(problems, `${at}.values`, roles.values);
  const isVerified = roles.from === 'access-token';
  problems.expect(
    isVerified === (roles.token !== null && typeof roles.token === 'object'),
    `${at}.token`,
    roles.token,
    isVerified ? 'how access tokens are recognised' : 'null, because userinfo is signed by the load balancer',
    'Begin with a ready profile, as `{ ...COGNITO_OPERATORS }`, and change what is different.',
  );
  if (isVerified && roles.token !== null && typeof roles.token === 'object') checkToken(problems, roles.token);
};

const checkValues = (problems: Problems, at: string, values: OperatorRoles['values']): void => {
  const given: Partial<OperatorRoles['values']> = typeof values === 'object' && values !== null ? values : {};
  problems.properties(at, given, OPERATOR_ROLES);
  for (const role of OPERATOR_ROLES) {
    problems.expect(
      Array.isArray(given[role]) && given[role].every(isText),
      `${at}.${role}`,
      given[role],
      'a list of values of the claim; empty where nobody has the role',
      'List the groups or roles that mean it at the identity provider.',
    );
  }
  problems.expect(
    CONSOLE_ROLES.some((role: OperatorRole) => listOf(given[role]).length > 0),
    at,
    values,
    `one value at least for ${CONSOLE_ROLES.join(' or ')}`,
    'Name who may use the console: without a value nobody gets in.',
  );
};

const checkToken = (problems: Problems, token: OperatorAccessToken): void => {
  const at = 'operatorRoles.token';
  problems.properties(at, token, TOKEN_PROPERTIES);
  problems.expect(
    listOf(token.algorithms).length > 0 && listOf(token.algorithms).every((one) => ALGORITHMS.includes(`${one}`)),
    `${at}.algorithms`,
    token.algorithms,
    `asymmetric signature algorithms: ${ALGORITHMS.join(', ')}`,
    "Look at the header of an access token of the provider's.",
  );
  problems.expect(
    listOf(token.types).length > 0,
    `${at}.types`,
    token.types,
    'a list with one entry at least; `null` stands for no `typ`',
    "Look at the header of an access token of the provider's.",
  );
  problems.expect(
    isText(token.clientClaim),
    `${at}.clientClaim`,
    token.clientClaim,
    'the name of a claim',
    'Name the claim that has the id of the client, as `azp` or `client_id`.',
  );
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
