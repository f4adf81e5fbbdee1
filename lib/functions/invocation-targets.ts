import { AnyPrincipal, ArnPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias, CfnResourcePolicy, type IAlias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { INVOCATION_ALIAS_PREFIX } from '../../lambda/contract/applications.ts';
import type { PosternFunction } from './postern-function.ts';

export interface InvocationTargetsProps {
  readonly createTask: PosternFunction<'create-task'>;
  /** ARNs of the roles that may invoke the target of an application, by its id. */
  readonly invokers: Readonly<Record<string, readonly string[]>>;
}

/** True if an application may invoke `create-task`. */
export const hasInvocationTargets = ({ invokers }: Pick<InvocationTargetsProps, 'invokers'>): boolean =>
  Object.keys(invokers).length > 0;

/** The alias that an application invokes to create tasks. */
export interface InvocationTarget {
  readonly application: string;
  readonly alias: IAlias;
  /** ARN of the alias. It does not depend on the alias, for the same reason as `liveArn` of `PosternFunction`. */
  readonly arn: string;
}

/**
 * Invocation targets: an alias of `create-task` for each application with invokers. A function knows the alias by which it was
 * invoked, and the policy of the alias says who may invoke it. So the alias proves the application.
 */
export class InvocationTargets extends Construct {
  readonly targets: readonly InvocationTarget[];

  constructor(scope: Construct, id: string, { createTask, invokers }: InvocationTargetsProps) {
    super(scope, id);
    this.targets = Object.entries(invokers).map(([application, roles]) => {
      const aliasName = INVOCATION_ALIAS_PREFIX + application;
      const scopeOfTarget = new Construct(this, application);
      const alias = new Alias(scopeOfTarget, 'Alias', {
        aliasName,
        version: createTask.version,
        description: `Creates tasks of the application ${application}`,
      }) as IAlias;
      new CfnResourcePolicy(scopeOfTarget, 'Policy', {
        resourceArn: alias.functionArn,
        policyDocument: onlyFor(roles, alias.functionArn),
      });
      return { application, alias, arn: `${createTask.function.functionArn}:${aliasName}` };
    });
  }
}

/**
 * Policy of an alias that lets these roles invoke it, and denies that to all other principals. Without the denial, everybody with
 * `lambda:InvokeFunction` on all functions of the account could create tasks of the application.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
const onlyFor = (roles: readonly string[], alias: string): PolicyDocument => {
  const invoke = { actions: ['lambda:InvokeFunction'], resources: [alias] };
  return new PolicyDocument({
    statements: [
      new PolicyStatement({ ...invoke, principals: roles.map((role) => new ArnPrincipal(role)) }),
      new PolicyStatement({
        ...invoke,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        // A session has the ARN of its role here. A caller without this key, as a service, is denied too.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': [...roles] } },
      }),
    ],
  });
};
