import type { Line } from './cost-item.ts';
import { HOURS_PER_MONTH, PRICES } from './prices.ts';

/** A resource as a template has it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A template holds something that nobody has said the price of. */
export class UnpricedResource extends Error {}

type Properties = Readonly<Record<string, unknown>>;
type Pricing = (resources: readonly Properties[]) => readonly Line[];

const each =
  (what: string, unit: string, price: number): Pricing =>
  (resources) => [{ what, quantity: resources.length, unit, price }];

const listOf = (value: unknown): readonly Properties[] => (Array.isArray(value) ? value : []);

const loadBalancers: Pricing = (resources) =>
  resources.flatMap((properties) =>
    properties.Type === 'network'
      ? [
          {
            what: 'network load balancer',
            quantity: HOURS_PER_MONTH,
            unit: 'hour',
            price: PRICES.networkLoadBalancerHour,
          },
        ]
      : [
          { what: 'load balancer', quantity: HOURS_PER_MONTH, unit: 'hour', price: PRICES.loadBalancerHour },
          {
            what: 'its public IPv4 addresses, one a zone',
            quantity: listOf(properties.Subnets).length * HOURS_PER_MONTH,
            unit: 'hour',
            price: PRICES.publicIpv4AddressHour,
          },
        ],
  );

const ANTI_DDOS = 'AWSManagedRulesAntiDDoSRuleSet';

/**
 * Shield Advanced covers what AWS WAF costs for the resources that it protects: web ACL, rules, the base price of requests,
 * and both fees of the anti-DDoS group. It does not cover what capacity above the included one costs.
 * https://docs.aws.amazon.com/waf/latest/developerguide/ddos-app-layer-protections.html
 * https://github.com/aws/aws-security-services-best-practices/blob/main/docs/en/guides/waf/waf-cost/docs/index.md
 */
export const isCoveredByShield = (resources: readonly TemplateResource[]): boolean =>
  resources.some(({ Type }) => Type === 'AWS::Shield::Protection');

const webAcls: Pricing = (resources) => {
  const rules = resources.flatMap(({ Rules }) => listOf(Rules));
  const antiDdos = rules.filter((rule) => JSON.stringify(rule).includes(`"${ANTI_DDOS}"`));
  return [
    { what: 'web ACL', quantity: resources.length, unit: 'web ACL', price: PRICES.webAcl },
    { what: 'its rules and rule groups', quantity: rules.length, unit: 'rule', price: PRICES.webAclRule },
    ...(antiDdos.length === 0
      ? []
      : [{ what: 'anti-DDoS rule group', quantity: antiDdos.length, unit: 'group', price: PRICES.antiDdosRuleGroup }]),
  ];
};

/** An alarm on an expression costs as much as the metrics that the expression reads. */
const alarms: Pricing = (resources) => {
  const metrics = resources.map(({ Metrics }) =>
    Math.max(1, listOf(Metrics).filter(({ MetricStat }) => MetricStat !== undefined).length),
  );
  return [
    {
      what: `${resources.length} alarms`,
      quantity: metrics.reduce((sum, count) => sum + count, 0),
      unit: 'metric',
      price: PRICES.alarmMetric,
    },
  ];
};

/** What stands there costs so much a month whether or not anything comes. */
const PRICED: Readonly<Record<string, Pricing>> = {
  'AWS::KMS::Key': each('keys', 'key', PRICES.kmsKey),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancers,
  'AWS::WAFv2::WebACL': webAcls,
  'AWS::ElasticLoadBalancingV2::TrustStore': (resources) => [
    { what: 'trust store', quantity: resources.length * HOURS_PER_MONTH, unit: 'hour', price: PRICES.trustStoreHour },
  ],
  'AWS::CloudWatch::Alarm': alarms,
  'AWS::CloudWatch::CompositeAlarm': each('composite alarms', 'alarm', PRICES.compositeAlarm),
  'AWS::CloudWatch::Dashboard': each('dashboard', 'dashboard', PRICES.dashboard),
  'AWS::Route53::HealthCheck': each('health check that tells Shield', 'check', PRICES.healthCheck),
  'AWS::Shield::Protection': () => [
    {
      what: 'Shield Advanced, once for all environments; it covers the web ACL',
      quantity: 1,
      unit: 'month',
      price: PRICES.shieldAdvanced,
    },
  ],
};

/** Free while they stand, or counted by what goes through them. */
const BY_VOLUME = new Set([
  'AWS::CertificateManager::Certificate',
  'AWS::CodeDeploy::Application',
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
  'AWS::ElasticLoadBalancingV2::Listener',
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
  'AWS::Shield::ProactiveEngagement',
  'AWS::Shield::ProtectionGroup',
  'AWS::WAFv2::IPSet',
  'AWS::WAFv2::LoggingConfiguration',
  'AWS::WAFv2::WebACLAssociation',
  // Runs while a stack is deployed.
  'AWS::Events::EventBusPolicy',
  'Custom::VpcRestrictDefaultSG',
]);

/** By dynamic reference, or in a policy, where the service's six characters follow the name. */
const SECRET_REFERENCE = /\{\{resolve:secretsmanager:([^:}]+)|:secret:([^"?]+)-\?{6}/g;

/**
 * What the resources of an environment cost a month before anything comes.
 * @throws {UnpricedResource} naming every type that is neither priced nor known to be free
 */
export const standingLines = (resources: readonly TemplateResource[]): readonly Line[] => {
  const types = [...new Set(resources.map(({ Type }) => Type))].sort();
  const unknown = types.filter((type) => PRICED[type] === undefined && !BY_VOLUME.has(type));
  if (unknown.length > 0)
    throw new UnpricedResource(`There is no price for ${unknown.join(', ')}: see cost/fixed-costs.ts.`);
  const free = isCoveredByShield(resources) ? ['AWS::WAFv2::WebACL'] : [];
  const secrets = new Set(
    [...JSON.stringify(resources).matchAll(SECRET_REFERENCE)].map(([, reference, granted]) => reference ?? granted),
  );
  return [
    ...types
      .filter((type) => !free.includes(type))
      .flatMap(
        (type) =>
          PRICED[type]?.(resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties)) ?? [],
      ),
    { what: 'secrets that the template refers to', quantity: secrets.size, unit: 'secret', price: PRICES.secret },
  ].filter(({ quantity }) => quantity > 0);
};
