import { Token } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { APPLICATION_ID_PATTERN, INVOCATION_ALIAS_PREFIX } from '../lambda/contract/applications.ts';

/** The application is the rest of the name of the alias. */
const TARGET_ARN = new RegExp(
  `^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\\d{12}:function:[A-Za-z0-9_-]{1,64}:${INVOCATION_ALIAS_PREFIX}(?<application>.+)$`,
);

const isTarget = (arn: string): boolean => APPLICATION_ID_PATTERN.test(TARGET_ARN.exec(arn)?.groups?.application ?? '');

/**
 * The invocation target of an application: the alias that its parts in AWS invoke to create tasks. The Gateway stack of the environment
 * has its ARN as the output `InvocationTarget…`.
 */
export class InvocationTarget {
  /** ARN of the alias that is invoked. */
  readonly arn: string;

  protected constructor(arn: string) {
    this.arn = arn;
  }

  /** @throws {Error} if the ARN is not that of an invocation target */
  static fromArn(arn: string): InvocationTarget {
    if (!Token.isUnresolved(arn) && !isTarget(arn)) {
      throw new Error(
        `"${arn}" is not the ARN of an invocation target; expected arn:aws:lambda:REGION:ACCOUNT:function:NAME:open-APPLICATION. ` +
          'Copy the output `InvocationTarget…` of the Gateway stack.',
      );
    }
    return new InvocationTarget(arn);
  }

  /**
   * Allows a role to create tasks of the application. The target also has a policy of its own. It lets in only the roles that
   * `invokers` of the application names in the environment's file. A target of `postern.invocationTarget` lets in this role too.
   */
  grantOpen(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [this.arn] });
  }
}
