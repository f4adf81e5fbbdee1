import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';

/** Lets a function read metrics. IAM has no resource for a metric, and no condition by namespace. */
export const grantReadMetrics = (grantee: IGrantable): void => {
  Grant.addToPrincipal({ grantee, actions: ['cloudwatch:GetMetricData'], resourceArns: ['*'] });
};

/**
 * Lets a function read alarms and their states. With a narrower resource, CloudWatch returns no composite alarms.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export const grantReadAlarms = (grantee: IGrantable): void => {
  Grant.addToPrincipal({ grantee, actions: ['cloudwatch:DescribeAlarms'], resourceArns: ['*'] });
};
