import { Stack } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnDeploymentGroup, LambdaApplication } from 'aws-cdk-lib/aws-codedeploy';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnAlias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambda/contract/environment-variables.ts';
import type { DeploymentPace } from '../config/operation.ts';
import type { AlarmName } from '../monitoring/alarms.ts';
import { FUNCTION_IDS } from '../names.ts';
import type { PosternFunction } from './postern-function.ts';

export interface DeploymentsProps {
  readonly functions: { readonly [F in FunctionName]: PosternFunction<F> };
  readonly pace: Exclude<DeploymentPace, 'all-at-once'>;
  /** The alarms of the environment. */
  readonly alarms: ReadonlyMap<AlarmName, IAlarm>;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
const CONFIGURATIONS: Readonly<Record<DeploymentsProps['pace'], string>> = {
  'canary-10-percent-5-minutes': 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
  'canary-10-percent-30-minutes': 'CodeDeployDefault.LambdaCanary10Percent30Minutes',
  'linear-10-percent-every-minute': 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
};

/**
 * Alarms that new code can raise, and that end its deployment. What somebody else's mistake or attack raises does not.
 * Nor does the health of the target: its alarm knows the target group, which waits for the alias that waits for the
 * alarm.
 */
export const ROLLBACK_ALARMS = [
  'CallbackUnavailable',
  'FunctionErrors',
  'OtherFunctionErrors',
  'PublishDeadLetters',
  'ArriveDeadLetters',
  'ServerErrors',
] as const satisfies readonly AlarmName[];

/**
 * Lets new code of each function in little by little: the alias goes over to it while alarms are watched, and goes back
 * by itself when one is raised; then CloudFormation rolls the whole update back.
 */
export class Deployments extends Construct {
  constructor(scope: Construct, id: string, { alarms, functions, pace }: DeploymentsProps) {
    super(scope, id);
    const { account } = Stack.of(this);
    const application = new LambdaApplication(this, 'Application');
    // Of its own, because the managed policy for it may update every alias of the account.
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
    // Alarms are asked for by name, all at once: IAM knows no resource for it.
    Grant.addToPrincipal({ grantee: role, actions: ['cloudwatch:DescribeAlarms'], resourceArns: ['*'] });

    const watched = ROLLBACK_ALARMS.flatMap((name) => alarms.get(name) ?? []);
    for (const [name, { alias }] of Object.entries(functions)) {
      const group = new CfnDeploymentGroup(this, FUNCTION_IDS[name as FunctionName], {
        applicationName: application.applicationName,
        serviceRoleArn: role.roleArn,
        deploymentConfigName: CONFIGURATIONS[pace],
        deploymentStyle: { deploymentOption: 'WITH_TRAFFIC_CONTROL', deploymentType: 'BLUE_GREEN' },
        alarmConfiguration: { enabled: true, alarms: watched.map(({ alarmName }) => ({ name: alarmName })) },
        autoRollbackConfiguration: {
          enabled: true,
          events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
        },
      });
      // A deployment may begin as soon as the group is there.
      group.node.addDependency(role);
      (alias.node.defaultChild as CfnAlias).cfnOptions.updatePolicy = {
        codeDeployLambdaAliasUpdate: {
          applicationName: application.applicationName,
          deploymentGroupName: group.ref,
        },
      };
    }
  }
}
