import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EXPIRES_IN_SECONDS } from '../../lambda/contract/limits.ts';
import { OBJECT_PREFIXES } from '../../lambda/contract/tables.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';
import type { DataAccess } from './data-access-policy.ts';
import { denyObjectAccess } from './data-access-policy.ts';
import type { DataKey } from './data-key.ts';

export interface PayloadBucketProps {
  readonly key: DataKey;
  /** How long a task and its payload are kept after the task's `expiresAt`. */
  readonly retention: Duration;
  /** Who may read and write its objects. */
  readonly dataAccess: DataAccess;
}

/**
 * How long a payload can be brought back that somebody deleted or wrote over. Erasing one for good means its versions
 * too.
 */
const OLD_VERSIONS_LIFE = Duration.days(7);

type BucketVariables = Pick<Variables<'receive'>, 'PAYLOAD_BUCKET'>;
type ObjectKind = keyof typeof OBJECT_PREFIXES;

/** The payloads that are too large for a task. Who puts an object into it says so on the default event bus. */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket;
  private readonly key: DataKey;

  constructor(scope: Construct, id: string, props: PayloadBucketProps) {
    super(scope, id);
    this.key = props.key;
    this.bucket = new Bucket(this, 'Resource', {
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key.key,
      // One request to KMS for many objects, instead of one for each.
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      lifecycleRules: [
        {
          expiration: longestLife(props.retention),
          noncurrentVersionExpiration: OLD_VERSIONS_LIFE,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      // A bucket with something in it cannot be deleted with its stack; this one empties itself, and can be read for as
      // long as its key is there.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of denyObjectAccess(this, props.dataAccess, this.bucket)) {
      this.bucket.addToResourcePolicy(statement);
    }
    const reason =
      'Only functions read and write it, and their log lines say for whom; data events of CloudTrail say more where an ' +
      'account has them.';
    Validations.of(this.bucket).acknowledge({ id: 'AwsSolutions-S1', reason });
    acceptFindingsOfCheckov(this.bucket, { id: 'CKV_AWS_18', reason });
    // The construct above would make a function for it, with rights of its own; the template can say it.
    (this.bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }

  /**
   * Lets a function put payloads, and sign uploads: what a presigned URL may do is what its signer may. No object can
   * be read, listed or deleted by it.
   */
  grantStore(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:PutObject'], ['result', 'quarantine', 'upload']);
    this.key.grantPutObject(grantee);
    return this.variables();
  }

  /** Lets a function sign URLs of payloads. */
  grantRead(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:GetObject'], ['result', 'quarantine', 'upload']);
    this.key.grantReadObject(grantee);
    return this.variables();
  }

  /**
   * Lets a function look at what was uploaded, and delete a version that is not what was offered. Without the key S3 does
   * not tell an object's checksum.
   */
  grantInspectUploads(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:DeleteObjectVersion', 's3:GetObject'], ['upload']);
    // Without it S3 answers 403 to HEAD of an object that is gone, as to any that may not be read: an arrival whose
    // object was deleted meanwhile would be tried for hours and end as a dead letter, instead of being ignored.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': `${OBJECT_PREFIXES.upload}*` } },
    });
    this.key.grantReadObject(grantee);
    return this.variables();
  }

  private grant(grantee: IGrantable, actions: string[], kinds: readonly ObjectKind[]): void {
    const resourceArns = kinds.map((kind) => this.bucket.arnForObjects(`${OBJECT_PREFIXES[kind]}*`));
    Grant.addToPrincipal({ grantee, actions, resourceArns });
  }

  private variables(): BucketVariables {
    return { PAYLOAD_BUCKET: this.bucket.bucketName };
  }
}

/**
 * From a delivery to the end of its task's retention: a task that takes one now expires within the longest `expiresIn`. A task
 * that is reopened lives longer: its quarantine leaves out what the bucket has deleted.
 * That of any environment, because a rule holds for objects that are there already, and a processor's own may shrink.
 */
const longestLife = (retention: Duration): Duration =>
  Duration.days(Math.ceil((EXPIRES_IN_SECONDS.max + retention.toSeconds()) / Duration.days(1).toSeconds()));
