import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { OBJECT_PREFIXES } from '../../lambda/contract/tables.ts';
import { AsynchronousCalls } from '../functions/asynchronous-calls.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { PayloadBucket } from '../state/payload-bucket.ts';
import { deadLetterQueue } from './dead-letters.ts';

export interface UploadArrivalsProps {
  readonly payloads: PayloadBucket;
  readonly arrive: PosternFunction<'arrive'>;
}

/** A dead letter is a result that arrived and was not recorded: no retry is left out before. */
const PATIENCE = { retryAttempts: 185, maxEventAge: Duration.hours(24) };
const LAMBDA_PATIENCE = { retryAttempts: 2, maxEventAge: Duration.hours(6) };

/** Tells a function of each object that was uploaded: S3 says so on the default bus of the account. */
export class UploadArrivals extends Construct {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: UploadArrivalsProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    new AsynchronousCalls(this, 'Calls', {
      function: props.arrive,
      ...LAMBDA_PATIENCE,
      deadLetters: this.deadLetters,
    });
    new Rule(this, 'Resource', {
      description: 'Results that were uploaded',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [props.payloads.bucket.bucketName] },
          object: { key: [{ prefix: OBJECT_PREFIXES.upload }] },
        },
      },
      targets: [new LambdaFunction(props.arrive.function, { deadLetterQueue: this.deadLetters, ...PATIENCE })],
    });
  }
}
