import { Duration, Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { OBJECT_PREFIXES } from '../../lambda/contract/tables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { PayloadBucket } from '../state/payload-bucket.ts';
import { AsynchronousCalls } from './asynchronous-calls.ts';
import { deadLetterQueue } from './dead-letters.ts';

export interface UploadArrivalsProps {
  readonly payloads: PayloadBucket;
  readonly completeUpload: PosternFunction<'complete-upload'>;
}

/** Longest possible retries: a dead letter would be an uploaded result that is not recorded. */
const DELIVERY_RETRIES = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: Duration.hours(24).toSeconds() };
const CALL_RETRIES = { retryAttempts: 2, maxEventAge: Duration.hours(6) };

/** Invokes a function for each uploaded object. S3 reports it on the account's default event bus. */
export class UploadArrivals extends Construct {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: UploadArrivalsProps) {
    super(scope, id);
    const { functionArn } = props.completeUpload.alias;
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    new AsynchronousCalls(this, 'Calls', {
      function: props.completeUpload,
      ...CALL_RETRIES,
      deadLetters: this.deadLetters,
    });

    const rule = new CfnRule(this, 'Resource', {
      description: 'Uploaded results',
      eventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: {
          bucket: { name: [props.payloads.bucket.bucketName] },
          object: { key: [{ prefix: OBJECT_PREFIXES.upload }] },
        },
      },
      targets: [
        {
          id: 'Arrive',
          arn: functionArn,
          retryPolicy: DELIVERY_RETRIES,
          deadLetterConfig: { arn: this.deadLetters.queueArn },
        },
      ],
    });
    new CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: functionArn,
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
      sourceAccount: Stack.of(this).account,
    });
    this.deadLetters.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.deadLetters.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': rule.attrArn } },
      }),
    );
  }
}
