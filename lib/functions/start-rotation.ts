import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { Environment } from '../config/environment.ts';
import { rotationName } from '../names.ts';
import { ALIAS } from './postern-function.ts';

/** Lets a function start the rotation of signing keys, if the environment has it. */
export const grantStartRotation = (
  scope: Construct,
  { name, signing }: Environment,
  grantee: IGrantable,
): Pick<Variables<'operator-api'>, 'ROTATE_FUNCTION'> => {
  if (signing.kind !== 'rotating') return { ROTATE_FUNCTION: undefined };
  const arn = Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: `${rotationName(name)}:${ALIAS}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [arn] });
  return { ROTATE_FUNCTION: arn };
};
