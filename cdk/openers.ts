import { Aws, CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { type CfnRole, Grant, type IGrantable, type IPrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { MAX_INVOKERS } from '../lambda/contract/limits.ts';
import type { InvocationTarget } from '../lib/functions/invocation-targets.ts';
import { openerRolePath } from '../lib/names.ts';
import { expectSamePlace } from './place.ts';

/**
 * Lets a role create tasks by invoking the target of an application. The role's own policy allows it, and the policy of the target
 * must not deny it. Policies of the gateway cannot refer to a role of another stack, because that stack refers to the target. So they
 * name the role by an ARN that synth knows, or by a path that is given to it.
 */
export const grantOpen = (environmentName: string, target: InvocationTarget, grantee: IGrantable): Grant => {
  const role = roleOf(grantee.grantPrincipal);
  const path = pathOf(grantee) ?? role?.node.path ?? 'The grantee';
  const fail = (problem: string): never => {
    throw new Error(`${path}: grantOpen('${target.application}') ${problem}`);
  };
  if (role === undefined) {
    return fail(
      'got a principal without a role; expected a role, or a construct that runs with one, as a function or a state machine. ' +
        'Give the role of the code that opens tasks.',
    );
  }
  const gateway = Stack.of(target);
  const elsewhere = `In another account, name the ARN of the role in \`invokers\` of the application.`;
  const resource = roleResourceOf(role);
  expectSamePlace(gateway, resource ?? role, 'its policy refers to a function of the gateway', elsewhere);
  if (resource !== undefined) exceptOwn(environmentName, target, resource, fail);
  else {
    // `Role.fromRoleName` leaves the partition to the deployment, unless the app has a feature flag for it.
    const arn = role.roleArn.replaceAll(Aws.PARTITION, gateway.partition);
    if (!isKnown(arn))
      fail('got a role whose ARN synth does not know. Import it by its whole ARN: `Role.fromRoleArn`.');
    if (accountOf(arn) !== gateway.account) {
      fail(`got the role ${arn}; expected one of account ${gateway.account}. ${elsewhere}`);
    }
    target.allow(arn);
  }
  if (target.namedRoles > MAX_INVOKERS) {
    fail(
      `is the grant to role ${target.namedRoles} that the policy of the invocation target names; expected at most ${MAX_INVOKERS}. ` +
        'Let several parts of the application use one role, or remove `roleName` of roles that need none.',
    );
  }
  return Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [target.arn] });
};

/** Exempts a role of this app from the denial: by its ARN if it has a name, or by a path that only roles of this application have. */
const exceptOwn = (
  environmentName: string,
  target: InvocationTarget,
  resource: CfnRole,
  fail: (problem: string) => never,
): void => {
  const { account, partition } = Stack.of(target);
  const arnOf = (pathAndName: string) => `arn:${partition}:iam::${account}:role${pathAndName}`;
  const { path = '/', roleName } = resource;
  if (roleName !== undefined && isKnown(path + roleName)) {
    target.except(arnOf(path + roleName));
    return;
  }
  const ownPath = openerRolePath(environmentName, target.application);
  if (resource.path !== undefined && resource.path !== ownPath) {
    fail(
      `got a role with the path ${isKnown(path) ? path : 'of a token'} and without a name that synth knows. ` +
        'Give the role a `roleName`, or remove its path; a role that creates tasks of several applications needs a `roleName`.',
    );
  }
  resource.path = ownPath;
  target.exceptLike(arnOf(`${ownPath}*`));
};

/** True if synth knows the text. */
const isKnown = (text: string): boolean => !Token.isUnresolved(text);

const accountOf = (arn: string): string | undefined => arn.split(':')[4];

/** A role by its members, because the app may have another copy of the library. */
const roleOf = (principal: IPrincipal): IRole | undefined =>
  'roleArn' in principal && Construct.isConstruct(principal) ? (principal as unknown as IRole) : undefined;

const pathOf = (grantee: IGrantable): string | undefined =>
  Construct.isConstruct(grantee) ? grantee.node.path : undefined;

/** The resource of a role of this app, also behind a wrapper. Undefined for an imported role. */
const roleResourceOf = (role: IRole): CfnRole | undefined => {
  const { firstToken } = Tokenization.reverseString(role.roleArn);
  const target = Reference.isReference(firstToken) ? firstToken.target : undefined;
  return target !== undefined && CfnResource.isCfnResource(target) && target.cfnResourceType === 'AWS::IAM::Role'
    ? (target as CfnRole)
    : undefined;
};
