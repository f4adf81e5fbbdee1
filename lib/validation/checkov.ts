import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A rule that a resource does not meet, and the reason why that is accepted. */
export interface CheckovException {
  readonly id: `CKV_${string}`;
  readonly reason: string;
}

/** Applies to every function of the gateway, and to the CDK's own function. */
export const NOT_IN_A_NETWORK: CheckovException = {
  id: 'CKV_AWS_117',
  reason: 'No function is in a VPC: docs/decisions/0018.',
};

/**
 * Accepts findings of checkov for the resource of a construct. Writes them into the template as the resource's metadata, where
 * checkov reads them. Call it once for a construct, with all exceptions.
 * https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
 * @throws {Error} if the construct does not have a resource
 */
export const acceptFindingsOfCheckov = (construct: IConstruct, ...exceptions: readonly CheckovException[]): void => {
  const resource = construct instanceof CfnResource ? construct : construct.node.defaultChild;
  if (!(resource instanceof CfnResource)) {
    throw new Error(
      `${construct.node.path} has no resource; expected the construct of the resource that checkov reports.`,
    );
  }
  resource.addMetadata('checkov', { skip: exceptions.map(({ id, reason }) => ({ id, comment: reason })) });
};
