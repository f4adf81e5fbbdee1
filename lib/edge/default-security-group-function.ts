import { CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import type { LogKey } from '../state/log-key.ts';
import { acceptFindingsOfCheckov, NOT_IN_A_NETWORK } from '../validation/checkov.ts';

export interface DefaultSecurityGroupFunctionProps {
  readonly environment: Pick<Environment, 'logRetention'>;
  /** What its log is encrypted with. */
  readonly logKey: LogKey;
}

/** The CDK makes the function below this name, once in a stack. */
const PROVIDER = 'Custom::VpcRestrictDefaultSGCustomResourceProvider';

/**
 * The function that takes every rule out of the default security group of our network. The CDK makes it, without a log
 * group: Lambda would then make a group that never expires, is not encrypted with our key, and stays when the stack is
 * deleted. This construct gives the function a log group of its own.
 */
export class DefaultSecurityGroupFunction extends Construct {
  constructor(scope: Construct, id: string, { environment, logKey }: DefaultSecurityGroupFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: environment.logRetention,
      encryptionKey: logKey.key,
      // It says what one deployment did, and nothing of callbacks: it goes with the function.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const handler = this.resource('Handler');
    handler.addPropertyOverride('LoggingConfig', { LogFormat: 'JSON', LogGroup: logGroup.logGroupName });
    const role = this.resource('Role');
    // The managed policy may write every log of the account, and make groups: the function would make its group again
    // when it logs while the stack is being deleted.
    role.addPropertyDeletionOverride('ManagedPolicyArns');
    role.addPropertyOverride('Policies.1', {
      PolicyName: 'Log',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: logGroup.logGroupArn,
          },
        ],
      },
    });
    acceptFindingsOfCheckov(
      handler,
      { id: 'CKV_AWS_115', reason: 'It runs during a deployment alone, once.' },
      {
        id: 'CKV_AWS_116',
        reason: 'CloudFormation calls it and waits for its answer: a failure fails the deployment.',
      },
      NOT_IN_A_NETWORK,
    );
  }

  private resource(name: string): CfnResource {
    const provider = Stack.of(this).node.tryFindChild(PROVIDER);
    const resource = provider?.node.tryFindChild(name);
    if (!(resource instanceof CfnResource)) {
      throw new Error(
        `${PROVIDER}/${name} is not in the stack; expected the function that the CDK makes for ` +
          '`restrictDefaultSecurityGroup`. Look how this version of the CDK names it.',
      );
    }
    return resource;
  }
}
