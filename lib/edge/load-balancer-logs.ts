import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { DataAccess } from '../state/data-access-policy.ts';
import { denyObjectRead } from '../state/data-access-policy.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

export interface LoadBalancerLogsProps {
  /** Time that a log line is kept. */
  readonly retention: Duration;
  /** Principals that may read the logs. */
  readonly dataAccess: DataAccess;
}

/** Keys: the load balancer's attributes, one for each kind of log. Values: the folder of that kind in the bucket. */
const LOGS = { access_logs: 'access', connection_logs: 'connections', health_check_logs: 'health-checks' } as const;

/**
 * Bucket of the load balancer's access, connection and health-check logs. Access logs contain request lines, and with them
 * the tokens and codes of processors that use a plain URL. So the bucket policy denies reading to every principal except
 * the functions' roles and the data operators, and lines expire.
 */
export class LoadBalancerLogs extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: LoadBalancerLogsProps) {
    super(scope, id);
    // The class declares optional properties wider than its interface (`exactOptionalPropertyTypes`).
    this.bucket = new Bucket(this, 'Resource', {
      // Load balancers can write logs only with this encryption.
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [{ expiration: props.retention, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      // CloudFormation cannot delete a bucket that is not empty. The lifecycle rule empties this one.
      removalPolicy: RemovalPolicy.RETAIN,
    }) as IBucket;
    for (const statement of denyObjectRead(this, props.dataAccess, this.bucket)) {
      this.bucket.addToResourcePolicy(statement);
    }
    const reason = 'It contains logs. A log of its readers would need another log bucket, and so on.';
    Validations.of(this.bucket).acknowledge({ id: 'AwsSolutions-S1', reason });
    acceptFindingsOfCheckov(
      this.bucket,
      { id: 'CKV_AWS_18', reason },
      { id: 'CKV_AWS_21', reason: 'The service writes each object once, and objects expire after weeks.' },
    );
  }

  /**
   * Makes a load balancer of this account write all kinds of logs to this bucket. The CDK's method has no option for
   * health-check logs, and it permits log delivery of other services too.
   */
  attachTo(loadBalancer: ApplicationLoadBalancer): void {
    const { account } = loadBalancer.stack;
    const folders = Object.values(LOGS).map((folder) => this.bucket.arnForObjects(`${folder}/AWSLogs/${account}/*`));
    const granted = this.bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        // The service writes below the load balancer's account id, so load balancers of other accounts cannot write.
        resources: folders,
      }),
    );
    for (const [kind, folder] of Object.entries(LOGS)) {
      loadBalancer.setAttribute(`${kind}.s3.enabled`, 'true');
      loadBalancer.setAttribute(`${kind}.s3.bucket`, this.bucket.bucketName);
      loadBalancer.setAttribute(`${kind}.s3.prefix`, folder);
    }
    // The load balancer writes a test object when logging is enabled, which needs the policy.
    if (granted.policyDependable !== undefined) loadBalancer.node.addDependency(granted.policyDependable);
  }
}
