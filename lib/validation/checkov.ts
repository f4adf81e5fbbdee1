import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A rule that does not hold for a resource, and why that is accepted. */
export interface CheckovException {
  readonly id: `CKV_${string}`;
  readonly reason: string;
}

/** Holds for every function of the gateway, and for the one of the CDK's. */
export const NOT_IN_A_NETWORK: CheckovException = {
  id: 'CKV_AWS_117',
  reason: 'No function is in a network: docs/decisions/0018.',
};

/**
 * Accepts what checkov finds in the resource of a construct, and in no other. It is said in the template, as the resource's
 * metadata, where checkov looks for it. Called once for a construct, with all of its exceptions.
 * https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
 * @throws {Error} when the construct is not that of one resource
 */
export const acceptFindingsOfCheckov = (construct: IConstruct, ...exceptions: readonly CheckovException[]): void => {
  const resource = construct instanceof CfnResource ? construct : construct.node.defaultChild;
  if (!(resource instanceof CfnResource)) {
    throw new Error(
      `${construct.node.path} has no resource of its own; expected the construct that checkov complains of.`,
    );
  }
  resource.addMetadata('checkov', { skip: exceptions.map(({ id, reason }) => ({ id, comment: reason })) });
};
