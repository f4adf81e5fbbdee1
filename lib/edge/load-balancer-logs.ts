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
  /** How long a line is kept. */
  readonly retention: Duration;
  /** Who may read them. */
  readonly dataAccess: DataAccess;
}

/** Attributes of the load balancer by kind of log, and the folder that each kind goes to. */
const LOGS = { access_logs: 'access', connection_logs: 'connections', health_check_logs: 'health-checks' } as const;

/**
 * What the load balancer writes of requests, connections and health checks. Access logs hold request lines, and so tokens
 * and codes of processors that are given a URL only: nobody gets a way in from here, everybody but the operators of data is
 * kept out, and lines go away by themselves.
 */
export class LoadBalancerLogs extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: LoadBalancerLogsProps) {
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
    for (const statement of denyObjectRead(this, props.dataAccess, this.bucket)) {
      this.bucket.addToResourcePolicy(statement);
    }
    const reason = 'It holds logs: a log of who reads them would need another such bucket, and so on.';
    Validations.of(this.bucket).acknowledge({ id: 'AwsSolutions-S1', reason });
    acceptFindingsOfCheckov(
      this.bucket,
      { id: 'CKV_AWS_18', reason },
      { id: 'CKV_AWS_21', reason: 'Its lines are written once, by the service, and live for weeks.' },
    );
  }

  /**
   * Writes every kind of log of a load balancer of this account. The construct of the CDK has no way to ask for the logs of
   * health checks, and lets the delivery of other services write too.
   */
  attachTo(loadBalancer: ApplicationLoadBalancer): void {
    const { account } = loadBalancer.stack;
    const folders = Object.values(LOGS).map((folder) => this.bucket.arnForObjects(`${folder}/AWSLogs/${account}/*`));
    const granted = this.bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        // The service writes below the number of the account that a load balancer is in: those of others get nowhere.
        resources: folders,
      }),
    );
    for (const [kind, folder] of Object.entries(LOGS)) {
      loadBalancer.setAttribute(`${kind}.s3.enabled`, 'true');
      loadBalancer.setAttribute(`${kind}.s3.bucket`, this.bucket.bucketName);
      loadBalancer.setAttribute(`${kind}.s3.prefix`, folder);
    }
    // The load balancer tries to write when it is told to.
    if (granted.policyDependable !== undefined) loadBalancer.node.addDependency(granted.policyDependable);
  }
}
