import { Fn, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CERTIFICATE_HEADER_PREFIX } from '../lambda/contract/certificate-header.ts';
import type { FrontFunction } from '../lambda/contract/routes.ts';
import type { FunctionName } from '../lambda/contract/variables.ts';

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

/** IAM path of the functions' roles. Policies match this path, because the role names are not known before deployment. */
export const functionRolePath = (environmentName: string): string => `/postern/${environmentName}/`;

/** Pattern of the role ARNs of all functions of an environment, and of no other role. */
export const functionRoleArns = (stack: Stack, environmentName: string): string =>
  stack.formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    // The path begins and ends with a slash.
    resourceName: `${functionRolePath(environmentName).slice(1)}*`,
  });

/**
 * Name of the header in which the load balancer of a stack puts a caller's certificate. Its end is the UUID of the stack's
 * ARN: it stays for the life of the stack, no other stack has it, and only the account knows it.
 */
export const certificateHeader = (scope: IConstruct): string => {
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return Fn.join('', [CERTIFICATE_HEADER_PREFIX, uuid]);
};
