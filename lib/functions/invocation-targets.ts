import { Lazy, Stack } from 'aws-cdk-lib';
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

/**
 * Invocation targets: an alias of `create-task` for each application with invokers. A function knows the alias by which it was
 * invoked, and the policy of the alias says who may invoke it. So the alias proves the application.
 */
export class InvocationTargets extends Construct {
  readonly targets: readonly InvocationTarget[];

  constructor(scope: Construct, id: string, { createTask, invokers }: InvocationTargetsProps) {
    super(scope, id);
    this.targets = Object.entries(invokers).map(
      ([application, roles]) => new InvocationTarget(this, application, { createTask, roles }),
    );
    // The app's code may grant and take back. CloudFormation refuses to remove an export while another stack imports it, so the
    // export must not come and go with the grants.
    if (Object.values(invokers).some((roles) => roles.length === 0)) {
      Stack.of(this).exportValue(createTask.function.functionArn);
    }
  }
}

interface InvocationTargetProps {
  readonly createTask: PosternFunction<'create-task'>;
  /** ARNs of the listed roles. */
  readonly roles: readonly string[];
}

/** The alias that an application invokes to create tasks. The id is the application's. */
export class InvocationTarget extends Construct {
  readonly application: string;
  readonly alias: IAlias;
  /** ARN of the alias. It does not depend on the alias, for the same reason as `liveArn` of `PosternFunction`. */
  readonly arn: string;
  readonly #allowed: Set<string>;
  readonly #excepted: Set<string>;
  readonly #patterns = new Set<string>();

  constructor(scope: Construct, application: string, { createTask, roles }: InvocationTargetProps) {
    super(scope, application);
    this.application = application;
    this.#allowed = new Set(roles);
    this.#excepted = new Set(roles);
    const aliasName = INVOCATION_ALIAS_PREFIX + application;
    const alias = new Alias(this, 'Alias', {
      aliasName,
      version: createTask.version,
      description: `Creates tasks of the application ${application}`,
    }) as IAlias;
    this.alias = alias;
    this.arn = `${createTask.function.functionArn}:${aliasName}`;
    new CfnResourcePolicy(this, 'Policy', {
      resourceArn: alias.functionArn,
      // The app's code may add roles until synthesis.
      policyDocument: Lazy.any({ produce: () => this.policy(alias.functionArn) }),
    });
  }

  /** Number of roles that the policy names one by one. */
  get namedRoles(): number {
    return this.#excepted.size;
  }

  /** Lets a role invoke the target. It must exist before the deployment, because Lambda looks it up. */
  allow(roleArn: string): void {
    this.#allowed.add(roleArn);
    this.#excepted.add(roleArn);
  }

  /**
   * Does not deny the target to a role. Its own policy must allow it. The role may be created after the deployment, because Lambda
   * does not look up the ARNs of conditions.
   */
  except(roleArn: string): void {
    this.#excepted.add(roleArn);
  }

  /** The same for all roles with an ARN of this pattern. */
  exceptLike(pattern: string): void {
    this.#patterns.add(pattern);
  }

  /**
   * Lets the roles invoke the alias, and denies that to all other principals. Without the denial, everybody with
   * `lambda:InvokeFunction` on all functions of the account could create tasks of the application.
   * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
   */
  private policy(alias: string): PolicyDocument {
    const invoke = { actions: ['lambda:InvokeFunction'], resources: [alias] };
    // A session has the ARN of its role here. A caller without this key, as a service, is denied too.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    const isNot = (arns: ReadonlySet<string>) => ({ 'aws:PrincipalArn': [...arns] });
    const allowed = [...this.#allowed].map((role) => new ArnPrincipal(role));
    return new PolicyDocument({
      statements: [
        ...(allowed.length === 0 ? [] : [new PolicyStatement({ ...invoke, principals: allowed })]),
        new PolicyStatement({
          ...invoke,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          // A principal is denied if it meets both conditions. Without any role, everybody is denied.
          conditions: {
            ...(this.#excepted.size > 0 && { ArnNotEquals: isNot(this.#excepted) }),
            ...(this.#patterns.size > 0 && { ArnNotLike: isNot(this.#patterns) }),
          },
        }),
      ],
    });
  }
}
