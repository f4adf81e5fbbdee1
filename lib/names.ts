import { Fn, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CERTIFICATE_HEADER_PREFIX } from '../lambda/contract/certificate-header.ts';
import type { FrontFunction } from '../lambda/contract/routes.ts';
import type { FunctionName } from '../lambda/contract/variables.ts';

/**
 * Ids of the functions in templates since 0.1.0. Logical ids, target groups and listener rules contain these ids, so an id
 * stays when its function is renamed. With a new id, a log group would be new and empty, and a new target group or rule would
 * collide with the name or priority of the old one.
 */
export const FUNCTION_IDS: Readonly<Record<FunctionName, string>> = {
  receive: 'receive',
  'create-task': 'open',
  tasks: 'tasks',
  metadata: 'describe',
  console: 'console',
  handshake: 'handshake',
  'operator-api': 'operator',
  'reveal-payload': 'reveal',
  publish: 'publish',
  expire: 'expire',
  'complete-upload': 'arrive',
  'revoke-callbacks': 'revoke',
  redrive: 'redrive',
  'queue-outcomes': 'queueOutcomes',
  resume: 'resume',
  dispatch: 'dispatch',
  'rotate-signing-key': 'rotateSigningKey',
};

/** Makes a construct id: `open` → `Open`. */
export const capitalize = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1);

/** Beginning of the names of an environment's stacks, and id of its construct: `prod` → `Prod`. `npx cdk deploy 'Prod/*'` deploys it. */
export const stackNamePrefix = (environmentName: string): string => capitalize(environmentName);

/** Name of the output with the ARN of an application's invocation target: `invoices` → `InvocationTargetInvoices`. */
export const invocationTargetOutput = (application: string): string =>
  `InvocationTarget${application.split('-').map(capitalize).join('')}`;

/** Name of the output with the client id of an application in the user pool: `invoices` → `SenderClientInvoices`. */
export const senderClientOutput = (application: string): string =>
  `SenderClient${application.split('-').map(capitalize).join('')}`;

/** Longest name of a target group: a quota of the load balancer. */
export const MAX_TARGET_GROUP_NAME_CHARS = 32;

/** Name of a function's target group, or of the receiver's second target group behind the mTLS listener. */
export const targetGroupName = (environmentName: string, name: FrontFunction | 'mtls'): string =>
  `postern-${environmentName}-${name === 'mtls' ? name : FUNCTION_IDS[name]}`;

/**
 * Beginning of the names of the queues of an environment's processors. The rest of a name is the processor's id: functions make
 * the URLs from it.
 */
export const dispatchQueuePrefix = (environmentName: string): string => `postern-${environmentName}-dispatch-`;

/** Name of the event bus of an environment. */
export const eventBusName = (environmentName: string): string => `postern-${environmentName}`;

/**
 * Name of the function that rotates signing keys, and of its schedule. The gateway's stack makes the ARN from it: an import
 * from the state's stack would keep CloudFormation from removing the function when `signing` becomes `kms`.
 */
export const rotationName = (environmentName: string): string => `postern-${environmentName}-rotate-signing-key`;

/** Id of the signing key in an environment that configures no signing keys. */
export const FIRST_SIGNING_KEY = 'first';

/**
 * Longest value of a condition in a listener rule, regular expressions included.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_HostHeaderConditionConfig.html
 */
export const MAX_CONDITION_VALUE_CHARS = 128;

/**
 * Regular expression for a host name with or without the port, in any case (RFC 9110 §4.2.3). The load balancer ignores
 * case in plain values; its documentation does not say the same for regular expressions.
 */
export const hostExpression = (host: string, port: number): string => `(?i)^${host.replaceAll('.', '\\.')}(:${port})?$`;

/** IAM path of the functions' roles. Policies match this path, because the role names are not known before deployment. */
export const functionRolePath = (environmentName: string): string => `/postern/${environmentName}/`;

/**
 * IAM path of roles that may create tasks of an application, if their names are not known before deployment. It is not below
 * `functionRolePath`: policies that let functions access data match that path.
 */
export const openerRolePath = (environmentName: string, application: string): string =>
  `/postern-openers/${environmentName}/${application}/`;

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
 * Name of the header in which the load balancer of a stack puts a caller's certificate. It ends with the UUID of the
 * stack's ARN. The UUID never changes, is unique to the stack, and is known only to the account.
 */
export const certificateHeader = (scope: IConstruct): string => {
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return Fn.join('', [CERTIFICATE_HEADER_PREFIX, uuid]);
};
