import { Fn, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CERTIFICATE_HEADER_PREFIX } from '../../lambda/contract/certificate-header.ts';

/**
 * Name of the header in which the load balancer of a stack puts a caller's certificate. It ends in what CloudFormation put
 * behind the stack's name, which is the same for as long as the stack lives, in no other stack, and known to the account alone.
 */
export const certificateHeader = (scope: IConstruct): string => {
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return Fn.join('', [CERTIFICATE_HEADER_PREFIX, uuid]);
};
