import { createHash } from 'node:crypto';

/** Values of the pseudo parameters on this machine. */
export const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '000000000000',
  'AWS::Region': 'eu-west-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** Everything from which the physical names of a resource are made. */
export interface Identity {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** A property of the resource, resolved. */
  property(name: string): unknown;
}

interface Naming {
  /** Value of `Ref`. */
  ref(resource: Identity): string;
  /** Values of `Fn::GetAtt`, by attribute. */
  readonly attributes?: Readonly<Record<string, (resource: Identity) => string>>;
}

const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${PSEUDO_PARAMETERS['AWS::Region']}:${PSEUDO_PARAMETERS['AWS::AccountId']}:${resource}`;

const digest = ({ stack, logicalId }: Identity): string =>
  createHash('sha256').update(`${stack}/${logicalId}`).digest('hex');

/** The name that a property gives, or else the logical id: the same after every start. */
const named =
  (property: string) =>
  (resource: Pick<Identity, 'logicalId' | 'property'>): string => {
    const name = resource.property(property);
    return typeof name === 'string' ? name : resource.logicalId;
  };

const uuid = (resource: Identity): string =>
  digest(resource).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-a$4-$5');

const tableName = named('TableName');
const functionName = named('FunctionName');
const ofFunction = named('FunctionName');
const busName = named('Name');
const ruleName = named('Name');
const bucketName = (resource: Identity): string => named('BucketName')(resource).toLowerCase();
const roleName = named('RoleName');
const logGroupName = named('LogGroupName');
const alarmName = named('AlarmName');
const clusterName = named('ClusterName');
const serviceName = named('ServiceName');
const topicName = named('TopicName');

/** Name of an `AWS::SQS::Queue`. CloudFormation gives a FIFO queue without a name one that ends in `.fifo`. */
export const queueNameOf = (resource: Pick<Identity, 'logicalId' | 'property'>): string => {
  const isNamed = typeof resource.property('QueueName') === 'string';
  return `${named('QueueName')(resource)}${!isNamed && resource.property('FifoQueue') === true ? '.fifo' : ''}`;
};

/** An ELB resource: `app/NAME/ID`, with a name of at most 32 characters. */
const elbPath = (resource: Identity): string =>
  `${named('Name')(resource).slice(-32).replace(/^-+/, '')}/${digest(resource).slice(0, 16)}`;
const loadBalancerPath = (resource: Identity): string =>
  `${resource.property('Type') === 'network' ? 'net' : 'app'}/${elbPath(resource)}`;
const targetGroupPath = (resource: Identity): string => `targetgroup/${elbPath(resource)}`;

const DYNAMODB_TABLE: Naming = {
  ref: tableName,
  attributes: {
    Arn: (resource) => arn('dynamodb', `table/${tableName(resource)}`),
    StreamArn: (resource) => arn('dynamodb', `table/${tableName(resource)}/stream/local`),
  },
};

/**
 * The physical ids of resources as CloudFormation would give them, by resource type, for what templates ask for.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
export const PHYSICAL_IDS: Readonly<Record<string, Naming>> = {
  'AWS::DynamoDB::GlobalTable': DYNAMODB_TABLE,
  'AWS::DynamoDB::Table': DYNAMODB_TABLE,
  'AWS::KMS::Key': {
    ref: uuid,
    attributes: { Arn: (resource) => arn('kms', `key/${uuid(resource)}`), KeyId: uuid },
  },
  'AWS::KMS::Alias': { ref: named('AliasName') },
  'AWS::Lambda::Function': {
    ref: functionName,
    attributes: { Arn: (resource) => arn('lambda', `function:${functionName(resource)}`) },
  },
  'AWS::Lambda::Version': {
    ref: (resource) => arn('lambda', `function:${ofFunction(resource)}:1`),
    attributes: { Version: () => '1' },
  },
  'AWS::Lambda::Alias': {
    ref: (resource) => arn('lambda', `function:${ofFunction(resource)}:${resource.property('Name')}`),
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    ref: (resource) => arn('elasticloadbalancing', `loadbalancer/${loadBalancerPath(resource)}`),
    attributes: {
      LoadBalancerArn: (resource) => arn('elasticloadbalancing', `loadbalancer/${loadBalancerPath(resource)}`),
      LoadBalancerFullName: loadBalancerPath,
      DNSName: () => '127.0.0.1',
    },
  },
  'AWS::ElasticLoadBalancingV2::TargetGroup': {
    ref: (resource) => arn('elasticloadbalancing', targetGroupPath(resource)),
    attributes: {
      TargetGroupArn: (resource) => arn('elasticloadbalancing', targetGroupPath(resource)),
      TargetGroupFullName: targetGroupPath,
    },
  },
  'AWS::ElasticLoadBalancingV2::Listener': {
    ref: (resource) => arn('elasticloadbalancing', `listener/app/${elbPath(resource)}`),
    attributes: { ListenerArn: (resource) => arn('elasticloadbalancing', `listener/app/${elbPath(resource)}`) },
  },
  'AWS::Events::EventBus': {
    ref: busName,
    attributes: { Name: busName, Arn: (resource) => arn('events', `event-bus/${busName(resource)}`) },
  },
  'AWS::Events::Rule': {
    ref: ruleName,
    attributes: { Arn: (resource) => arn('events', `rule/${ruleName(resource)}`) },
  },
  'AWS::SQS::Queue': {
    ref: (resource) =>
      `https://sqs.${PSEUDO_PARAMETERS['AWS::Region']}.amazonaws.com/${PSEUDO_PARAMETERS['AWS::AccountId']}/${queueNameOf(resource)}`,
    attributes: { QueueName: queueNameOf, Arn: (resource) => arn('sqs', queueNameOf(resource)) },
  },
  'AWS::S3::Bucket': {
    ref: bucketName,
    attributes: { Arn: (resource) => `arn:aws:s3:::${bucketName(resource)}` },
  },
  'AWS::SNS::Topic': {
    ref: (resource) => arn('sns', topicName(resource)),
    attributes: { TopicName: topicName, TopicArn: (resource) => arn('sns', topicName(resource)) },
  },
  'AWS::CloudWatch::Alarm': {
    ref: alarmName,
    attributes: { Arn: (resource) => arn('cloudwatch', `alarm:${alarmName(resource)}`) },
  },
  'AWS::Logs::LogGroup': {
    ref: logGroupName,
    attributes: { Arn: (resource) => arn('logs', `log-group:${logGroupName(resource)}:*`) },
  },
  'AWS::IAM::Role': {
    ref: roleName,
    attributes: {
      Arn: (resource) =>
        `arn:aws:iam::${PSEUDO_PARAMETERS['AWS::AccountId']}:role${resource.property('Path') ?? '/'}${roleName(resource)}`,
    },
  },
  'AWS::ECS::Cluster': {
    ref: clusterName,
    attributes: { Arn: (resource) => arn('ecs', `cluster/${clusterName(resource)}`) },
  },
  'AWS::ECS::Service': {
    ref: (resource) => arn('ecs', `service/${serviceName(resource)}`),
    attributes: { Name: serviceName, ServiceArn: (resource) => arn('ecs', `service/${serviceName(resource)}`) },
  },
  'AWS::ECS::TaskDefinition': {
    ref: (resource) => arn('ecs', `task-definition/${named('Family')(resource)}:1`),
  },
  'AWS::EC2::EIP': {
    ref: () => '127.0.0.1',
    attributes: {
      AllocationId: (resource) => `eipalloc-${digest(resource).slice(0, 17)}`,
      PublicIp: () => '127.0.0.1',
    },
  },
  'AWS::EC2::VPC': {
    ref: (resource) => `vpc-${digest(resource).slice(0, 17)}`,
    attributes: { VpcId: (resource) => `vpc-${digest(resource).slice(0, 17)}` },
  },
  'AWS::EC2::Subnet': {
    ref: (resource) => `subnet-${digest(resource).slice(0, 17)}`,
    attributes: { SubnetId: (resource) => `subnet-${digest(resource).slice(0, 17)}` },
  },
  'AWS::EC2::SecurityGroup': {
    ref: (resource) => `sg-${digest(resource).slice(0, 17)}`,
    attributes: { GroupId: (resource) => `sg-${digest(resource).slice(0, 17)}` },
  },
};
