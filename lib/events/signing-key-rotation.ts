import { CfnOutput, Duration, Validations } from 'aws-cdk-lib';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import { SIGNING_KEY_SECONDS } from '../../lambda/contract/signing-keys.ts';
import type { Environment } from '../config/environment.ts';
import type { Signing } from '../config/signing.ts';
import type { FunctionBundles } from '../functions/bundles.ts';
import { CustomResourceFunction } from '../functions/custom-resource-function.ts';
import { PosternFunction } from '../functions/postern-function.ts';
import { rotationName } from '../names.ts';
import type { LogKey } from '../state/log-key.ts';
import type { SigningKeys } from '../state/signing-keys.ts';
import type { SigningKeysTable } from '../state/signing-keys-table.ts';
import { AsynchronousCalls } from './asynchronous-calls.ts';
import { schedulerRole } from './scheduler-role.ts';

export interface SigningKeyRotationProps {
  readonly environment: Environment;
  readonly signing: Extract<Signing, { readonly kind: 'rotating' }>;
  readonly bundles: FunctionBundles;
  readonly logKey: LogKey;
  readonly keys: SigningKeys;
  readonly table: SigningKeysTable;
}

/** A run waits up to 2 minutes for its permissions, and up to 65 seconds until a key signs. */
const TIMEOUT = Duration.minutes(5);

/**
 * Rotation of the keys in the table: a function that runs every 10 minutes, after a retirement, and once in each deployment
 * that changes its code or its settings. That deployment goes on when a key signs, so that no function of the gateway is
 * deployed without one. A run that fails loses nothing: the next run does its work.
 */
export class SigningKeyRotation extends Construct {
  constructor(scope: Construct, id: string, props: SigningKeyRotationProps) {
    super(scope, id);
    const { bundles, environment, keys, logKey, signing, table } = props;
    const name = rotationName(environment.name);
    const rotate = new PosternFunction(this, 'Function', {
      name: 'rotate-signing-key',
      functionName: name,
      description: 'Makes and imports the keys that sign callback tokens',
      environment,
      bundles,
      logKey,
      timeout: TIMEOUT,
      connect: (grantee) => ({
        ...keys.grantRotate(grantee),
        SIGNING_ALGORITHM: signing.algorithm,
        SIGNING_EVERY_SECONDS: signing.every.toSeconds(),
      }),
    });
    const calls = new AsynchronousCalls(this, 'Calls', {
      function: rotate,
      retryAttempts: 2,
      maxEventAge: Duration.minutes(10),
    });
    Validations.of(calls).acknowledge({
      id: 'Serverless-LambdaAsyncFailureDestination',
      reason: 'A run that fails loses nothing: the next one does its work, and an alarm is raised without a next key.',
    });

    const { functionArn } = rotate.alias;
    const role = schedulerRole(this, functionArn);
    const schedule = new CfnSchedule(this, 'Schedule', {
      name,
      description: 'Rotates signing keys',
      scheduleExpression: `rate(${SIGNING_KEY_SECONDS.rotation / 60} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        retryPolicy: { maximumEventAgeInSeconds: SIGNING_KEY_SECONDS.rotation, maximumRetryAttempts: 1 },
      },
    });
    // The first run starts at once and needs the role.
    schedule.node.addDependency(role);

    new Trigger(this, 'AtDeployment', {
      handler: rotate.function,
      timeout: TIMEOUT,
      // The role with its policies, and the table with its own.
      executeAfter: [rotate.role, rotate.logGroup, table],
    });
    new CustomResourceFunction(this, 'Trigger', {
      provider: 'AWSCDK.TriggerCustomResourceProviderCustomResourceProvider',
      createdFor: 'Trigger',
      environment,
      logKey,
    });

    const output = (outputName: string, value: string, description: string) =>
      new CfnOutput(scope, outputName, { value, description });
    output('RotateSigningKeyFunctionName', name, 'Function rotate-signing-key; callers use its alias live');
    output('RotateSigningKeyLogGroupName', rotate.logGroup.logGroupName, 'Log group of rotate-signing-key');
  }
}
