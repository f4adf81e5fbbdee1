/** Properties that two existing resources of a type cannot have in common. */
export interface Identity {
  /** Properties that name the resource. Without them CloudFormation generates a name. */
  readonly name: readonly string[];
  /** Scope in which the name must be unique, inside the account and Region. */
  readonly within?: readonly string[];
}

/**
 * Identities by resource type. CloudFormation creates the new resource before it deletes the old one, so a replacement with
 * the same identity fails because the name is taken. A resource that gets another logical id and keeps its name fails too.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 */
export const IDENTITIES: Readonly<Record<string, Identity>> = {
  'AWS::ApplicationAutoScaling::ScalableTarget': { name: ['ResourceId', 'ScalableDimension'] },
  'AWS::ApplicationAutoScaling::ScalingPolicy': { name: ['PolicyName'], within: ['ScalingTargetId'] },
  'AWS::CloudWatch::Alarm': { name: ['AlarmName'] },
  'AWS::CloudWatch::CompositeAlarm': { name: ['AlarmName'] },
  'AWS::CloudWatch::Dashboard': { name: ['DashboardName'] },
  'AWS::CodeDeploy::Application': { name: ['ApplicationName'] },
  'AWS::CodeDeploy::DeploymentGroup': { name: ['DeploymentGroupName'], within: ['ApplicationName'] },
  'AWS::Cognito::ManagedLoginBranding': { name: ['ClientId'], within: ['UserPoolId'] },
  // A pool has one domain of its own prefix.
  'AWS::Cognito::UserPoolDomain': { name: ['UserPoolId'] },
  'AWS::Cognito::UserPoolGroup': { name: ['GroupName'], within: ['UserPoolId'] },
  'AWS::Cognito::UserPoolResourceServer': { name: ['Identifier'], within: ['UserPoolId'] },
  'AWS::Cognito::UserPoolRiskConfigurationAttachment': { name: ['ClientId'], within: ['UserPoolId'] },
  'AWS::DynamoDB::GlobalTable': { name: ['TableName'] },
  'AWS::EC2::SecurityGroup': { name: ['GroupName'], within: ['VpcId'] },
  'AWS::EC2::Subnet': { name: ['CidrBlock'], within: ['VpcId'] },
  // A subnet has one route table.
  'AWS::EC2::SubnetRouteTableAssociation': { name: ['SubnetId'] },
  // An internet gateway is attached to one network.
  'AWS::EC2::VPCGatewayAttachment': { name: ['InternetGatewayId'] },
  // A load balancer has one endpoint service.
  'AWS::EC2::VPCEndpointService': { name: ['NetworkLoadBalancerArns'] },
  'AWS::ECS::Cluster': { name: ['ClusterName'] },
  'AWS::ECS::Service': { name: ['ServiceName'], within: ['Cluster'] },
  'AWS::ElasticLoadBalancingV2::Listener': { name: ['Port'], within: ['LoadBalancerArn'] },
  'AWS::ElasticLoadBalancingV2::ListenerRule': { name: ['Priority'], within: ['ListenerArn'] },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': { name: ['Name'] },
  'AWS::ElasticLoadBalancingV2::TargetGroup': { name: ['Name'] },
  'AWS::ElasticLoadBalancingV2::TrustStore': { name: ['Name'] },
  'AWS::Events::EventBus': { name: ['Name'] },
  'AWS::Events::Rule': { name: ['Name'], within: ['EventBusName'] },
  'AWS::IAM::Policy': { name: ['PolicyName'], within: ['Roles'] },
  'AWS::IAM::Role': { name: ['RoleName'] },
  'AWS::Lambda::Alias': { name: ['Name'], within: ['FunctionName'] },
  'AWS::Lambda::EventInvokeConfig': { name: ['Qualifier'], within: ['FunctionName'] },
  'AWS::Lambda::EventSourceMapping': { name: ['EventSourceArn'], within: ['FunctionName'] },
  'AWS::Lambda::Function': { name: ['FunctionName'] },
  // An alias has one policy.
  'AWS::Lambda::ResourcePolicy': { name: ['ResourceArn'] },
  'AWS::Logs::LogGroup': { name: ['LogGroupName'] },
  'AWS::Route53::RecordSet': { name: ['Name', 'Type'], within: ['HostedZoneId', 'SetIdentifier'] },
  'AWS::S3::Bucket': { name: ['BucketName'] },
  'AWS::S3::BucketPolicy': { name: ['Bucket'] },
  'AWS::SNS::Topic': { name: ['TopicName'] },
  'AWS::SQS::Queue': { name: ['QueueName'] },
  'AWS::Scheduler::Schedule': { name: ['Name'], within: ['GroupName'] },
  'AWS::SecretsManager::Secret': { name: ['Name'] },
  // A resource has one protection; its name does not matter.
  'AWS::Shield::Protection': { name: ['ResourceArn'] },
  'AWS::Shield::ProtectionGroup': { name: ['ProtectionGroupId'] },
  'AWS::WAFv2::IPSet': { name: ['Name'], within: ['Scope'] },
  // A web ACL has one log.
  'AWS::WAFv2::LoggingConfiguration': { name: ['ResourceArn'] },
  'AWS::WAFv2::WebACL': { name: ['Name'], within: ['Scope'] },
  // A load balancer has one web ACL.
  'AWS::WAFv2::WebACLAssociation': { name: ['ResourceArn'] },
};
