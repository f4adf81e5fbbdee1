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
  /** Time that a task and its payload are kept after the task's `expiresAt`. */
  readonly retention: Duration;
  /** Principals that may read and write its objects. */
  readonly dataAccess: DataAccess;
}

/** Time that a deleted or overwritten payload can be restored. To erase a payload for good, delete its versions too. */
const OLD_VERSIONS_LIFE = Duration.days(7);

/** Time that a copy of a payload for an operator is kept: the shortest that a lifecycle rule can have. */
const COPY_LIFE = Duration.days(1);

type BucketVariables = Pick<Variables<'receive'>, 'PAYLOAD_BUCKET'>;
type ObjectKind = keyof typeof OBJECT_PREFIXES;

/** Payloads that are too large for the task's item. S3 reports new objects on the account's default event bus. */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket;
  private readonly key: DataKey;

  constructor(scope: Construct, id: string, props: PayloadBucketProps) {
    super(scope, id);
    this.key = props.key;
    this.bucket = new Bucket(this, 'Resource', {
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key.key,
      // S3 then makes one KMS request for many objects instead of one for each.
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
        // Copies for operators. S3 deletes at midnight (UTC) after this time.
        { prefix: OBJECT_PREFIXES.reveal, expiration: COPY_LIFE, noncurrentVersionExpiration: COPY_LIFE },
      ],
      // CloudFormation cannot delete a bucket that is not empty. The lifecycle rules empty this one, and its objects can
      // be read as long as its key exists.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of denyObjectAccess(this, props.dataAccess, this.bucket)) {
      this.bucket.addToResourcePolicy(statement);
    }
    const reason =
      'Only functions read and write it, and their log lines name the caller. Data events of CloudTrail add detail if an ' +
      'account has them.';
    Validations.of(this.bucket).acknowledge({ id: 'AwsSolutions-S1', reason });
    acceptFindingsOfCheckov(this.bucket, { id: 'CKV_AWS_18', reason });
    // The L2 construct would create a custom-resource function with its own role for this. The L1 property needs none.
    (this.bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }

  /**
   * Lets a function put payloads and sign uploads: a presigned URL has the permissions of its signer. The grant does not
   * include reading, listing or deleting objects.
   */
  grantStore(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:PutObject'], ['result', 'quarantine', 'upload']);
    this.key.grantPutObject(grantee);
    return this.variables();
  }

  /** Lets a function sign download URLs of payloads. */
  grantRead(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:GetObject'], ['result', 'quarantine', 'upload']);
    this.key.grantReadObject(grantee);
    return this.variables();
  }

  /**
   * Lets a function read payloads of callbacks, also those that were accepted from quarantine. It does not include uploads, whose
   * content the gateway has not checked.
   */
  grantReadCallbacks(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:GetObject'], ['result', 'quarantine']);
    this.grantNotFound(grantee, ['result', 'quarantine']);
    this.key.grantReadObject(grantee);
    return this.variables();
  }

  /**
   * Lets a function read payloads and sign their download URLs, and copy payloads that are on a task. Only this grant
   * includes the copies.
   */
  grantReveal(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:GetObject'], ['result', 'quarantine', 'upload', 'reveal']);
    this.grant(grantee, ['s3:PutObject'], ['reveal']);
    this.key.grantReadObject(grantee);
    this.key.grantPutObject(grantee);
    return this.variables();
  }

  /**
   * Lets a function inspect uploads, and delete a version that does not match its offer. S3 returns an object's checksum
   * only to callers with permission for the key.
   */
  grantInspectUploads(grantee: IGrantable): BucketVariables {
    this.grant(grantee, ['s3:DeleteObjectVersion', 's3:GetObject'], ['upload']);
    this.grantNotFound(grantee, ['upload']);
    this.key.grantReadObject(grantee);
    return this.variables();
  }

  /**
   * Lets a function see that an object does not exist. Without `s3:ListBucket` S3 answers with 403 instead of 404. Work on an object
   * that was deleted meanwhile would then be retried for hours and become a dead letter.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  private grantNotFound(grantee: IGrantable, kinds: readonly ObjectKind[]): void {
    for (const kind of kinds) {
      Grant.addToPrincipal({
        grantee,
        actions: ['s3:ListBucket'],
        resourceArns: [this.bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': `${OBJECT_PREFIXES[kind]}*` } },
      });
    }
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
 * Longest time from a delivery to the end of its task's retention. A task that accepts a delivery now expires within the
 * longest `expiresIn`. A reopened task lives longer: its quarantine omits the payloads that the bucket has deleted.
 * The longest `expiresIn` is that of the API, not of a processor: a lifecycle rule also covers existing objects, and a
 * processor's limit may be lowered later.
 */
const longestLife = (retention: Duration): Duration =>
  Duration.days(Math.ceil((EXPIRES_IN_SECONDS.max + retention.toSeconds()) / Duration.days(1).toSeconds()));
