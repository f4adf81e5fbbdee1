import { type CostItem, perMillion } from './cost-item.ts';
import { HOURS_PER_MONTH, PRICES } from './prices.ts';

/** A resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

type Properties = Readonly<Record<string, unknown>>;
type Pricing = (resources: readonly Properties[]) => readonly CostItem[];

const each =
  (name: string, unit: string, price: number): Pricing =>
  (resources) => [{ name, quantity: resources.length, unit, price }];

const listOf = (value: unknown): readonly Properties[] => (Array.isArray(value) ? value : []);

const loadBalancers: Pricing = (resources) =>
  resources.flatMap((properties) =>
    properties.Type === 'network'
      ? [
          {
            name: 'network load balancer',
            quantity: HOURS_PER_MONTH,
            unit: 'hour',
            price: PRICES.networkLoadBalancerHour,
          },
        ]
      : [
          { name: 'load balancer', quantity: HOURS_PER_MONTH, unit: 'hour', price: PRICES.loadBalancerHour },
          {
            name: 'its public IPv4 addresses, one a zone',
            quantity: listOf(properties.Subnets).length * HOURS_PER_MONTH,
            unit: 'hour',
            price: PRICES.publicIpv4AddressHour,
          },
        ],
  );

const ANTI_DDOS = 'AWSManagedRulesAntiDDoSRuleSet';

/**
 * True if Shield Advanced covers the costs of AWS WAF: web ACL, rules, the base price of requests, and both fees of the
 * anti-DDoS group. It does not cover capacity above the included one.
 * https://docs.aws.amazon.com/waf/latest/developerguide/ddos-app-layer-protections.html
 * https://github.com/aws/aws-security-services-best-practices/blob/main/docs/en/guides/waf/waf-cost/docs/index.md
 */
export const isCoveredByShield = (resources: readonly TemplateResource[]): boolean =>
  resources.some(({ Type }) => Type === 'AWS::Shield::Protection');

const webAcls: Pricing = (resources) => {
  const rules = resources.flatMap(({ Rules }) => listOf(Rules));
  const antiDdos = rules.filter((rule) => JSON.stringify(rule).includes(`"${ANTI_DDOS}"`));
  return [
    { name: 'web ACL', quantity: resources.length, unit: 'web ACL', price: PRICES.webAcl },
    { name: 'its rules and rule groups', quantity: rules.length, unit: 'rule', price: PRICES.webAclRule },
    ...(antiDdos.length === 0
      ? []
      : [{ name: 'anti-DDoS rule group', quantity: antiDdos.length, unit: 'group', price: PRICES.antiDdosRuleGroup }]),
  ];
};

/** An alarm on an expression costs as much as the metrics that the expression reads. */
const alarms: Pricing = (resources) => {
  const metrics = resources.map(({ Metrics }) =>
    Math.max(1, listOf(Metrics).filter(({ MetricStat }) => MetricStat !== undefined).length),
  );
  return [
    {
      name: `${resources.length} alarms`,
      quantity: metrics.reduce((sum, count) => sum + count, 0),
      unit: 'metric',
      price: PRICES.alarmMetric,
    },
  ];
};

/** Persons who sign in during a month. Assumed. */
const OPERATORS = 10;

const userPools: Pricing = (resources) =>
  resources.map(({ UserPoolTier }) => ({
    name: `${OPERATORS} operators in the user pool`,
    quantity: OPERATORS,
    unit: 'person',
    price: UserPoolTier === 'PLUS' ? PRICES.cognitoPlusUser : PRICES.cognitoEssentialsUser,
  }));

/** Each process of a sender gets a token when the last one ends. One process for each client is assumed. */
const userPoolClients: Pricing = (resources) => {
  const machines = resources.filter(({ AllowedOAuthFlows }) =>
    JSON.stringify(AllowedOAuthFlows).includes('credentials'),
  );
  const tokens = machines.map(({ AccessTokenValidity }) => (HOURS_PER_MONTH * 3_600) / Number(AccessTokenValidity));
  return [
    {
      name: 'clients of senders in the user pool',
      quantity: machines.length,
      unit: 'client',
      price: PRICES.cognitoMachineClient,
    },
    perMillion(
      'their access tokens',
      tokens.reduce((sum, count) => sum + count, 0),
      PRICES.cognitoMillionMachineTokens,
    ),
  ];
};

/** Monthly prices by resource type, independent of the number of callbacks. */
const PRICED: Readonly<Record<string, Pricing>> = {
  'AWS::Cognito::UserPool': userPools,
  'AWS::EC2::EIP': (resources) => [
    {
      name: 'Elastic IP addresses, one a zone',
      quantity: resources.length * HOURS_PER_MONTH,
      unit: 'hour',
      price: PRICES.publicIpv4AddressHour,
    },
  ],
  'AWS::Cognito::UserPoolClient': userPoolClients,
  'AWS::KMS::Key': each('keys', 'key', PRICES.kmsKey),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancers,
  'AWS::WAFv2::WebACL': webAcls,
  'AWS::ElasticLoadBalancingV2::TrustStore': (resources) => [
    { name: 'trust store', quantity: resources.length * HOURS_PER_MONTH, unit: 'hour', price: PRICES.trustStoreHour },
  ],
  'AWS::CloudWatch::Alarm': alarms,
  'AWS::CloudWatch::CompositeAlarm': each('composite alarms', 'alarm', PRICES.compositeAlarm),
  'AWS::CloudWatch::Dashboard': each('dashboard', 'dashboard', PRICES.dashboard),
  'AWS::Logs::MetricFilter': each('metrics counted in logs', 'metric', PRICES.metric),
  'AWS::Route53::HealthCheck': each('health check for Shield', 'check', PRICES.healthCheck),
  'AWS::Shield::Protection': () => [
    {
      name: 'Shield Advanced, once for all environments; it covers the web ACL',
      quantity: 1,
      unit: 'month',
      price: PRICES.shieldAdvanced,
    },
  ],
};

/** Resource types that are free, or priced by their use. */
const FREE_OR_BY_USE = new Set([
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::CDK::Metadata',
  'AWS::CertificateManager::Certificate',
  'AWS::CodeDeploy::Application',
  'AWS::Cognito::ManagedLoginBranding',
  'AWS::Cognito::UserPoolDomain',
  'AWS::Cognito::UserPoolGroup',
  'AWS::Cognito::UserPoolResourceServer',
  'AWS::Cognito::UserPoolRiskConfigurationAttachment',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::DynamoDB::GlobalTable',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCCidrBlock',
  'AWS::EC2::VPCEndpointService',
  'AWS::EC2::VPCEndpointServicePermissions',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::ECS::Cluster',
  // The tasks of a service are priced: see `door-costs.ts`.
  'AWS::ECS::Service',
  'AWS::ECS::TaskDefinition',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerCertificate',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::ElasticLoadBalancingV2::TrustStoreRevocation',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::ResourcePolicy',
  'AWS::Lambda::Version',
  'AWS::Logs::LogGroup',
  'AWS::Logs::QueryDefinition',
  'AWS::Route53::RecordSet',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  // Counted where the listener refers to it.
  'AWS::SecretsManager::Secret',
  'AWS::Shield::ProactiveEngagement',
  'AWS::Shield::ProtectionGroup',
  'AWS::WAFv2::IPSet',
  'AWS::WAFv2::LoggingConfiguration',
  'AWS::WAFv2::WebACLAssociation',
  'AWS::Events::EventBusPolicy',
  // They run during a deployment.
  'Custom::Trigger',
  'Custom::VpcRestrictDefaultSG',
]);

/** A dynamic reference, or a policy, in which the service's six random characters follow the name. */
const SECRET_REFERENCE = /\{\{resolve:secretsmanager:([^:}]+)|:secret:([^"?]+)-\?{6}/g;

/** Types of resources that have no price here and are not known to be free. They are not among the costs. */
export const unpricedTypes = (resources: readonly TemplateResource[]): readonly string[] =>
  typesOf(resources).filter((type) => PRICED[type] === undefined && !FREE_OR_BY_USE.has(type));

const typesOf = (resources: readonly TemplateResource[]): readonly string[] =>
  [...new Set(resources.map(({ Type }) => Type))].sort();

/** Costs of an environment's resources per month, without any callback. */
export const fixedCosts = (resources: readonly TemplateResource[]): readonly CostItem[] => {
  const free = isCoveredByShield(resources) ? ['AWS::WAFv2::WebACL'] : [];
  const secrets = new Set(
    [...JSON.stringify(resources).matchAll(SECRET_REFERENCE)].map(([, reference, granted]) => reference ?? granted),
  );
  return [
    ...typesOf(resources)
      .filter((type) => !free.includes(type))
      .flatMap(
        (type) =>
          PRICED[type]?.(resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties)) ?? [],
      ),
    { name: 'secrets that the template refers to', quantity: secrets.size, unit: 'secret', price: PRICES.secret },
  ].filter(({ quantity }) => quantity > 0);
};
