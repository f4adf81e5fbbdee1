import type { Stack } from './cloud-assembly.ts';

/** Resources that something on this machine stands for. */
const RUN_HERE = new Set([
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::DynamoDB::GlobalTable',
  'AWS::ECS::TaskDefinition',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::KMS::Key',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::Scheduler::Schedule',
  'Custom::Trigger',
]);

/**
 * Resources without which the gateway answers the same on one machine: networks, permissions, protection from a public
 * network, where AWS keeps logs, and what serves the deployment itself.
 */
const NOT_NEEDED_HERE = [
  /^AWS::EC2::/,
  // Here there is one task of the network door.
  /^AWS::ECS::(Cluster|Service)$/,
  /^AWS::ApplicationAutoScaling::/,
  /^AWS::IAM::/,
  /^AWS::WAFv2::/,
  /^AWS::Shield::/,
  /^AWS::FMS::/,
  /^AWS::Logs::/,
  /^AWS::Route53::/,
  /^AWS::CertificateManager::/,
  /^AWS::S3::BucketPolicy$/,
  /^AWS::SNS::/,
  /^AWS::SQS::QueuePolicy$/,
  /^AWS::Lambda::(Permission|ResourcePolicy)$/,
  // Here there is one version of everything.
  /^AWS::Lambda::Version$/,
  /^AWS::CodeDeploy::/,
  /^AWS::KMS::Alias$/,
  /^AWS::CloudWatch::Dashboard$/,
  /^AWS::CDK::Metadata$/,
  /^Custom::/,
];

/**
 * Stops at an unknown resource type. Ignoring it would hide that this machine lacks something that AWS has.
 * @throws {Error} with the names of the resources
 */
export const assertKnownTypes = (stacks: readonly Stack[]): void => {
  const unknown = stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources ?? {})
      .filter(([, { Type }]) => !RUN_HERE.has(Type) && !NOT_NEEDED_HERE.some((pattern) => pattern.test(Type)))
      .map(([logicalId, { Type }]) => `${name}, ${logicalId}: the type ${Type} is not known to the local gateway.`),
  );
  if (unknown.length > 0) throw new Error(unknown.join('\n'));
};
