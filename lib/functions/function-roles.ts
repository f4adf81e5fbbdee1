import type { Stack } from 'aws-cdk-lib';

/** Below it stand the roles of an environment's functions, and no other: what is known of a role before it is made. */
export const functionRolePath = (environmentName: string): string => `/postern/${environmentName}/`;

/** A pattern of the ARNs of the roles of an environment's functions. */
export const functionRoleArns = (stack: Stack, environmentName: string): string =>
  stack.formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    // The path begins and ends with a slash.
    resourceName: `${functionRolePath(environmentName).slice(1)}*`,
  });
