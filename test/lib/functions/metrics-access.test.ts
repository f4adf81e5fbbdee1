import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { grantReadAlarms, grantReadMetrics } from '../../../lib/functions/metrics-access.ts';

test.each([
  ['metrics', grantReadMetrics, 'cloudwatch:GetMetricData'],
  ['alarms', grantReadAlarms, 'cloudwatch:DescribeAlarms'],
] as const)('a function that reads %s may do nothing else', (_, grant, action) => {
  const stack = new Stack(new App(), 'Stack');
  grant(new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
  const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  expect(policy?.Properties.PolicyDocument.Statement).toEqual([{ Effect: 'Allow', Action: action, Resource: '*' }]);
});
