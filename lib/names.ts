import type { FunctionName } from '../lambda/contract/environment-variables.ts';
import type { FrontFunction } from '../lambda/contract/routes.ts';

/**
 * How templates name each function since 0.1.0. Logical ids, target groups and listener rules are made of these ids, so an
 * id stays when its function gets another name: a log group with a new id is a new, empty one, a new target group meets the
 * name of the old one, and a new rule the priority of the old one.
 */
export const FUNCTION_IDS: Readonly<Record<FunctionName, string>> = {
  receive: 'receive',
  'create-task': 'open',
  tasks: 'tasks',
  metadata: 'describe',
  console: 'console',
  handshake: 'handshake',
  publish: 'publish',
  expire: 'expire',
  'complete-upload': 'arrive',
};

/** `open` → `Open`: the id of a construct. */
export const capitalize = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1);

/** Longest name of a target group (a limit of the load balancer). */
export const MAX_TARGET_GROUP_NAME_CHARS = 32;

/** The name of a function's target group, or of the receiver's behind the listener that asks for certificates. */
export const targetGroupName = (environmentName: string, name: FrontFunction | 'mtls'): string =>
  `postern-${environmentName}-${name === 'mtls' ? name : FUNCTION_IDS[name]}`;

/** The id of the signing key in an environment that names none. */
export const FIRST_SIGNING_KEY = 'first';

/**
 * Longest value of a condition in a listener rule; the limit holds for expressions too.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_HostHeaderConditionConfig.html
 */
export const MAX_CONDITION_VALUE_CHARS = 128;

/**
 * Expression for a host name, with or without the port, in any case (RFC 9110 §4.2.3). The load balancer compares values
 * without case; its documentation does not say so of expressions.
 */
export const hostExpression = (host: string, port: number): string => `(?i)^${host.replaceAll('.', '\\.')}(:${port})?$`;
