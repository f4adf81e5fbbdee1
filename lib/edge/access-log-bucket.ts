import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface AccessLogBucketProps {
  /** How long a line is kept. */
  readonly retention: Duration;
}

/**
 * The load balancer's access logs. They hold request lines, and so tokens of processors that are given a URL only:
 * nobody gets a way in from here, and lines go away by themselves.
 */
export class AccessLogBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: AccessLogBucketProps) {
    super(scope, id);
    // The class declares optional properties wider than its interface (`exactOptionalPropertyTypes`).
    this.bucket = new Bucket(this, 'Resource', {
      // The only encryption that a load balancer writes logs with.
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [{ expiration: props.retention, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      // A bucket with something in it cannot be deleted with its stack; this one empties itself.
      removalPolicy: RemovalPolicy.RETAIN,
    }) as IBucket;
  }
}
