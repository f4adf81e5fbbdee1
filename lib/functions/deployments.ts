import { Stack } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnDeploymentGroup, LambdaApplication } from 'aws-cdk-lib/aws-codedeploy';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnAlias, IAlias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import type { DeploymentPace } from '../config/operation.ts';
import { FUNCTION_IDS } from '../names.ts';
import type { GatewayFunctions } from './gateway-functions.ts';
import type { InvocationTarget } from './invocation-targets.ts';

export interface DeploymentsProps {
  readonly functions: GatewayFunctions;
  /** Aliases that applications invoke. */
  readonly invocationTargets: readonly InvocationTarget[];
  readonly pace: Exclude<DeploymentPace, 'all-at-once'>;
  /** Alarms that roll a deployment back. */
  readonly rollbackAlarms: readonly IAlarm[];
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
const CONFIGURATIONS: Readonly<Record<DeploymentsProps['pace'], string>> = {
  'canary-10-percent-5-minutes': 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
  'canary-10-percent-30-minutes': 'CodeDeployDefault.LambdaCanary10Percent30Minutes',
  'linear-10-percent-every-minute': 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
};

/**
 * Shifts traffic to new code of each function step by step, while CodeDeploy watches alarms. If one is raised, CodeDeploy
 * moves the alias back, and CloudFormation rolls the whole update back. A deployment group moves one alias, so each alias has its
 * own group; all of them move at the same time.
 */
export class Deployments extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentsProps) {
    super(scope, id);
    const { functions, invocationTargets, pace, rollbackAlarms } = props;
    const { account } = Stack.of(this);
    const { applicationName } = new LambdaApplication(this, 'Application');
    // An explicit role: the managed policy for CodeDeploy may update every alias of the account.
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    });
    const resourceArns = Object.values(functions).flatMap(({ function: { functionArn } }) => [
      functionArn,
      `${functionArn}:*`,
    ]);
    const actions = ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'];
    Grant.addToPrincipal({ grantee: role, actions, resourceArns });
    // CodeDeploy describes alarms by name in one call. IAM supports no resource for this action.
    Grant.addToPrincipal({ grantee: role, actions: ['cloudwatch:DescribeAlarms'], resourceArns: ['*'] });

    const ofInvocations = new Construct(this, 'Invocations');
    const aliases: readonly (readonly [scope: Construct, id: string, alias: IAlias])[] = [
      ...Object.entries(functions).map(
        ([name, { alias }]) => [this, FUNCTION_IDS[name as FunctionName], alias] as const,
      ),
      ...invocationTargets.map(({ alias, application }) => [ofInvocations, application, alias] as const),
    ];
    for (const [parent, groupId, alias] of aliases) {
      const group = new CfnDeploymentGroup(parent, groupId, {
        applicationName,
        serviceRoleArn: role.roleArn,
        deploymentConfigName: CONFIGURATIONS[pace],
        deploymentStyle: { deploymentOption: 'WITH_TRAFFIC_CONTROL', deploymentType: 'BLUE_GREEN' },
        alarmConfiguration: { enabled: true, alarms: rollbackAlarms.map(({ alarmName }) => ({ name: alarmName })) },
        autoRollbackConfiguration: {
          enabled: true,
          events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
        },
      });
      // A deployment can begin as soon as the group exists.
      group.node.addDependency(role);
      (alias.node.defaultChild as CfnAlias).cfnOptions.updatePolicy = {
        codeDeployLambdaAliasUpdate: {
          applicationName,
          deploymentGroupName: group.ref,
        },
      };
    }
  }
}
