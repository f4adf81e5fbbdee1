import { CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import type { LogKey } from '../state/log-key.ts';
import { acceptFindingsOfCheckov, NOT_IN_A_NETWORK } from '../validation/checkov.ts';

export interface CustomResourceFunctionProps {
  /** Construct id under which the CDK creates the function, once in a stack. */
  readonly provider: string;
  /** Property of the CDK with which it creates the function, for the error. */
  readonly createdFor: string;
  readonly environment: Pick<Environment, 'logRetention'>;
  /** Encryption key of its log. */
  readonly logKey: LogKey;
}

/**
 * Log group for a function of the CDK that runs during a deployment. The CDK creates the function without a log group. Lambda
 * would then create one that never expires, is not encrypted with our key, and stays when the stack is deleted.
 */
export class CustomResourceFunction extends Construct {
  readonly #props: CustomResourceFunctionProps;

  constructor(scope: Construct, id: string, props: CustomResourceFunctionProps) {
    super(scope, id);
    this.#props = props;
    const logGroup = new LogGroup(this, 'Log', {
      retention: props.environment.logRetention,
      encryptionKey: props.logKey.key,
      // The log records deployments, not callbacks, so it is deleted with the function.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const handler = this.resource('Handler');
    handler.addPropertyOverride('LoggingConfig', { LogFormat: 'JSON', LogGroup: logGroup.logGroupName });
    const role = this.resource('Role');
    // The managed policy allows writing to every log of the account and creating log groups. The function would recreate
    // its group if it logs while the stack is being deleted.
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
      { id: 'CKV_AWS_115', reason: 'It runs once, during a deployment.' },
      {
        id: 'CKV_AWS_116',
        reason: 'CloudFormation calls it and waits for its answer: an error fails the deployment.',
      },
      NOT_IN_A_NETWORK,
    );
  }

  private resource(name: string): CfnResource {
    const { createdFor, provider } = this.#props;
    const resource = Stack.of(this).node.tryFindChild(provider)?.node.tryFindChild(name);
    if (!(resource instanceof CfnResource)) {
      throw new Error(
        `${provider}/${name} is not in the stack; expected the function that the CDK creates for ` +
          `\`${createdFor}\`. Find its name in this version of the CDK.`,
      );
    }
    return resource;
  }
}
