import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { InvocationTarget } from '../sender/invocation-target.ts';

/** The invocation target of an environment of this app. Its grant changes the policy of the target too. */
export class OpenTarget extends InvocationTarget {
  readonly #grant: (grantee: IGrantable) => Grant;

  constructor(arn: string, grant: (grantee: IGrantable) => Grant) {
    super(arn);
    this.#grant = grant;
  }

  override grantOpen(grantee: IGrantable): Grant {
    return this.#grant(grantee);
  }
}
