import {
  charsOf,
  isIntrinsic,
  listOf,
  type Resource,
  type Resources,
  textsUnder,
  valuesUnder,
} from './template-values.ts';

/** A measured value. */
export interface Measurement {
  /** Logical id of the resource; absent for a value of the whole template. */
  readonly id?: string;
  readonly value: number;
}

/**
 * A limit of a service that neither the schema nor the types of its resources have. Without a check here the deployment would
 * fail half-way.
 */
export interface ServiceLimit {
  readonly id: string;
  /** Words that follow the number in the message. */
  readonly unit: string;
  readonly most: number;
  /** @default 0 */
  readonly least?: number;
  readonly remedy: string;
  readonly source: string;
  readonly measure: (resources: Resources, template: Template) => readonly Measurement[];
}

/** The measured parts of a template. */
export interface Template {
  readonly Resources?: Resources;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

const DOCS = 'https://docs.aws.amazon.com';
const WAF = `${DOCS}/waf/latest/developerguide/limits.html`;
const ELB = `${DOCS}/elasticloadbalancing/latest/application/load-balancer-limits.html`;
const CONDITIONS = `${DOCS}/elasticloadbalancing/latest/application/rule-condition-types.html`;
const EVENTBRIDGE = `${DOCS}/eventbridge/latest/userguide/eb-quota.html`;
const CLOUDWATCH = `${DOCS}/AmazonCloudWatch/latest/monitoring/alarm-limits.html`;
const CLOUDFORMATION = `${DOCS}/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html`;

const WEB_ACL = 'AWS::WAFv2::WebACL';
const LISTENER_RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';

/** Measures each resource of a type. */
const each =
  (type: string, values: (properties: Resource['Properties']) => readonly number[]): ServiceLimit['measure'] =>
  (resources) =>
    Object.entries(resources)
      .filter(([, { Type }]) => Type === type)
      .flatMap(([id, { Properties = {} }]) => values(Properties).map((value) => ({ id, value })));

const count =
  (is: (resource: Resource) => boolean): ServiceLimit['measure'] =>
  (resources) => [{ value: Object.values(resources).filter(is).length }];

const lengths = (values: readonly unknown[]): readonly number[] => values.map((value) => listOf(value).length);

/** Values of a listener rule's conditions on paths, hosts, or both. */
const conditionValues = (properties: Resource['Properties'], ...names: readonly string[]): readonly string[] =>
  valuesUnder(properties?.Conditions, ...names).flatMap((value) => textsUnder(value));

/** Number of keys of each field that a web ACL hides by keys. AWS WAF refuses such a field without keys. */
const protectedKeys = (properties: Resource['Properties']): readonly number[] =>
  valuesUnder(properties, 'Field')
    .map((field) => field as { FieldType?: string; FieldKeys?: unknown })
    .filter(({ FieldType }) => `${FieldType}`.startsWith('SINGLE_'))
    .map(({ FieldKeys }) => listOf(FieldKeys).length);

/** Total characters of the inline policies of each role. */
const inlinePolicies: ServiceLimit['measure'] = (resources) => {
  const documents = Object.entries(resources).flatMap(([id, { Properties = {}, Type }]) => {
    if (Type === 'AWS::IAM::Role') return listOf(Properties.Policies).map((policy) => ({ id, policy }));
    if (Type !== 'AWS::IAM::Policy') return [];
    return listOf(Properties.Roles).map((role) => ({
      id: isIntrinsic(role) ? `${(role as { Ref?: string }).Ref}` : `${role}`,
      policy: { PolicyDocument: Properties.PolicyDocument },
    }));
  });
  return [...new Set(documents.map(({ id }) => id))].map((id) => ({
    id,
    value: documents
      .filter((one) => one.id === id)
      .reduce((sum, { policy }) => sum + charsOf((policy as { PolicyDocument?: unknown }).PolicyDocument), 0),
  }));
};

const SHORTEN_POLICY = 'Name fewer resources in it, or let several resources share one statement.';

const LIMITS_OF_TEMPLATES: readonly ServiceLimit[] = [
  {
    id: 'CFN-RESOURCES',
    unit: 'resources in a template',
    most: 500,
    remedy: 'Move some of them into another stack.',
    source: CLOUDFORMATION,
    measure: count(() => true),
  },
  {
    id: 'CFN-OUTPUTS',
    unit: 'outputs of a template',
    most: 200,
    remedy: 'Remove outputs that are not read.',
    source: CLOUDFORMATION,
    measure: (_, { Outputs = {} }) => [{ value: Object.keys(Outputs).length }],
  },
  {
    id: 'CFN-BYTES',
    unit: 'bytes of a template',
    most: 1_000_000,
    remedy: 'Move some of its resources into another stack.',
    source: CLOUDFORMATION,
    // The CDK writes templates with this indentation.
    measure: (_, template) => [{ value: Buffer.byteLength(JSON.stringify(template, undefined, 1)) }],
  },
];

const LIMITS_OF_WAF: readonly ServiceLimit[] = [
  {
    id: 'WAF-EXPRESSION',
    unit: 'characters of an expression',
    most: 200,
    remedy: 'Split it into several statements, as lib/edge/web-acl-paths.ts does.',
    source: WAF,
    measure: each(WEB_ACL, (properties) => valuesUnder(properties, 'RegexString').map((text) => charsOf(text))),
  },
  {
    id: 'WAF-COUNTRIES',
    unit: 'countries of a statement',
    most: 50,
    remedy: 'Name fewer in `countries`; the other form, `only` or `except`, may need fewer.',
    source: WAF,
    measure: each(WEB_ACL, (properties) => lengths(valuesUnder(properties, 'CountryCodes'))),
  },
  {
    id: 'WAF-RATE-RULES',
    unit: 'rate rules of a web ACL',
    most: 10,
    remedy: 'Use fewer rate rules.',
    source: WAF,
    measure: each(WEB_ACL, (properties) => [valuesUnder(properties, 'RateBasedStatement').length]),
  },
  {
    id: 'WAF-REFERENCES',
    unit: 'references of a web ACL to sets',
    most: 50,
    remedy: 'Put several sets into one.',
    source: WAF,
    measure: each(WEB_ACL, (properties) => [valuesUnder(properties, 'IPSetReferenceStatement').length]),
  },
  {
    id: 'WAF-RESPONSE-BODY',
    unit: 'bytes of a response body of the web ACL',
    most: 4_096,
    remedy: 'Shorten it.',
    source: WAF,
    measure: each(WEB_ACL, ({ CustomResponseBodies } = {}) =>
      valuesUnder(CustomResponseBodies, 'Content').map((text) => Buffer.byteLength(`${text}`)),
    ),
  },
  {
    id: 'WAF-HIDDEN-KEYS',
    unit: 'keys of a field that the web ACL hides by its keys',
    least: 1,
    most: 100,
    remedy: 'Name each header, cookie or argument, or hide the whole query. AWS WAF cannot hide all keys of a kind.',
    source: `${DOCS}/waf/latest/APIReference/API_FieldToProtect.html`,
    measure: each(WEB_ACL, protectedKeys),
  },
  {
    id: 'WAF-ADDRESSES',
    unit: 'addresses of a set',
    most: 10_000,
    remedy: 'Join ranges of `sourceRanges`, or omit those of one processor: the receiver checks them in any case.',
    source: WAF,
    measure: each('AWS::WAFv2::IPSet', (properties) => [listOf(properties?.Addresses).length]),
  },
];

const LIMITS_OF_LOAD_BALANCERS: readonly ServiceLimit[] = [
  {
    id: 'ELB-CONDITION-VALUES',
    unit: 'values in the conditions of a rule',
    most: 5,
    remedy: 'Split the rule, as lib/edge/listener-rules.ts does.',
    source: ELB,
    measure: each(LISTENER_RULE, (properties) => [conditionValues(properties, 'Values', 'RegexValues').length]),
  },
  {
    id: 'ELB-WILDCARDS',
    unit: 'wildcards in the conditions of a rule',
    most: 5,
    remedy: 'Split the rule, as lib/edge/listener-rules.ts does.',
    source: CONDITIONS,
    measure: each(LISTENER_RULE, (properties) => [
      conditionValues(properties, 'Values').join('').replaceAll(/[^*?]/g, '').length,
    ]),
  },
  {
    id: 'ELB-CONDITION-CHARS',
    unit: 'characters of a condition',
    most: 128,
    remedy: 'Use a shorter `domain` or a shorter path.',
    source: CONDITIONS,
    measure: each(LISTENER_RULE, (properties) =>
      conditionValues(properties, 'Values', 'RegexValues').map((text) => text.length),
    ),
  },
  {
    id: 'ELB-PRIORITY',
    unit: 'as the priority of a rule',
    least: 1,
    most: 50_000,
    remedy: 'Lower the first priorities of lib/edge/listener-rules.ts.',
    source: `${DOCS}/elasticloadbalancing/latest/APIReference/API_CreateRule.html`,
    measure: each(LISTENER_RULE, (properties) => [Number(properties?.Priority)]),
  },
  {
    id: 'ELB-RULES',
    unit: 'rules of a load balancer, on all its listeners',
    most: 100,
    remedy: 'Let paths share a prefix, so that one pattern matches them.',
    source: ELB,
    measure: count(({ Type }) => Type === LISTENER_RULE),
  },
  {
    id: 'ELB-TARGET-GROUP-NAME',
    unit: 'characters of the name of a target group',
    most: 32,
    remedy: 'Give the environment a shorter name.',
    source: `${DOCS}/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html`,
    measure: each('AWS::ElasticLoadBalancingV2::TargetGroup', ({ Name } = {}) =>
      typeof Name === 'string' ? [Name.length] : [],
    ),
  },
  {
    id: 'ELB-VERIFYING-LISTENERS',
    unit: 'listeners of a load balancer that verify certificates',
    most: 2,
    remedy: 'Let several ports share one listener.',
    source: ELB,
    measure: count(({ Properties }) => JSON.stringify(Properties?.MutualAuthentication ?? {}).includes('"verify"')),
  },
  {
    id: 'SHIELD-CONTACTS',
    unit: 'contacts for the Shield Response Team',
    least: 1,
    most: 10,
    remedy: 'Name 1 to 10 people in `shield.contacts`.',
    source: `${DOCS}/waf/latest/DDOSAPIReference/API_EnableProactiveEngagement.html`,
    measure: each('AWS::Shield::ProactiveEngagement', (properties) => [
      listOf(properties?.EmergencyContactList).length,
    ]),
  },
];

const LIMITS_OF_POLICIES: readonly ServiceLimit[] = [
  {
    id: 'IAM-INLINE',
    unit: 'characters of all inline policies of a role',
    most: 10_240,
    remedy: SHORTEN_POLICY,
    source: `${DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html`,
    measure: inlinePolicies,
  },
  {
    id: 'IAM-TRUST',
    unit: 'characters of a role’s trust policy',
    most: 2_048,
    remedy: SHORTEN_POLICY,
    source: `${DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html`,
    measure: each('AWS::IAM::Role', (properties) => [charsOf(properties?.AssumeRolePolicyDocument)]),
  },
  {
    id: 'KMS-POLICY',
    unit: 'bytes of the policy of a key',
    most: 32_768,
    remedy: SHORTEN_POLICY,
    source: `${DOCS}/kms/latest/developerguide/resource-limits.html`,
    measure: each('AWS::KMS::Key', (properties) => [charsOf(properties?.KeyPolicy)]),
  },
  {
    id: 'DYNAMODB-POLICY',
    unit: 'bytes of the policy of a table or a stream',
    most: 20_480,
    remedy: 'Name fewer roles in `dataOperators`. A name that ends with * matches several.',
    source: `${DOCS}/amazondynamodb/latest/developerguide/rbac-considerations.html`,
    measure: each('AWS::DynamoDB::GlobalTable', (properties) =>
      valuesUnder(properties, 'PolicyDocument').map((document) => charsOf(document)),
    ),
  },
  {
    id: 'S3-POLICY',
    unit: 'bytes of the policy of a bucket',
    most: 20_480,
    remedy: 'Name fewer roles in `dataOperators`. A name that ends with * matches several.',
    source: `${DOCS}/AmazonS3/latest/userguide/bucket-policies.html`,
    measure: each('AWS::S3::BucketPolicy', (properties) => [charsOf(properties?.PolicyDocument)]),
  },
  {
    id: 'SQS-POLICY',
    unit: 'bytes of the policy of a queue',
    most: 8_192,
    remedy: SHORTEN_POLICY,
    source: `${DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html`,
    measure: each('AWS::SQS::QueuePolicy', (properties) => [charsOf(properties?.PolicyDocument)]),
  },
];

const LIMITS_OF_OTHER_SERVICES: readonly ServiceLimit[] = [
  {
    id: 'LAMBDA-POLICY',
    unit: 'bytes of the policy of an alias',
    most: 20_480,
    remedy: 'Name fewer roles in `invokers`, or let several parts of the application use one role.',
    source: `${DOCS}/lambda/latest/dg/gettingstarted-limits.html`,
    measure: each('AWS::Lambda::ResourcePolicy', (properties) => [charsOf(properties?.PolicyDocument)]),
  },
  {
    id: 'LAMBDA-VARIABLES',
    unit: 'bytes of all variables of a function',
    most: 4_096,
    remedy: 'Shorten `accessToken.profile`, or move a value into a file next to the code.',
    source: `${DOCS}/lambda/latest/dg/gettingstarted-limits.html`,
    measure: each('AWS::Lambda::Function', ({ Environment } = {}) => [
      charsOf((Environment as { Variables?: unknown } | undefined)?.Variables),
    ]),
  },
  {
    id: 'ECS-TASK-DEFINITION',
    unit: 'bytes of a task definition',
    most: 65_536,
    remedy: 'Name fewer, larger `sourceRanges` of processors. The configuration of the network door has each.',
    source: `${DOCS}/AmazonECS/latest/developerguide/service-quotas.html`,
    // As JSON in JSON: the configuration is a text in the definition.
    measure: each('AWS::ECS::TaskDefinition', (properties) => [JSON.stringify(properties).length]),
  },
  {
    id: 'CLOUDWATCH-METRICS',
    unit: 'metrics of an alarm',
    most: 10,
    remedy: 'Split them over two alarms.',
    source: CLOUDWATCH,
    measure: each('AWS::CloudWatch::Alarm', (properties) => [valuesUnder(properties, 'MetricStat').length]),
  },
  {
    id: 'CLOUDWATCH-CHILDREN',
    unit: 'alarms below an alarm',
    most: 100,
    remedy: 'Group them in further composite alarms.',
    source: CLOUDWATCH,
    measure: each('AWS::CloudWatch::CompositeAlarm', (properties) => [
      textsUnder(properties?.AlarmRule)
        .join('')
        .split(/\bALARM\(/).length - 1,
    ]),
  },
  {
    id: 'CODEDEPLOY-ALARMS',
    unit: 'alarms of a deployment group',
    most: 10,
    remedy: 'Let fewer alarms roll deployments back.',
    source: `${DOCS}/codedeploy/latest/userguide/limits.html`,
    measure: each('AWS::CodeDeploy::DeploymentGroup', ({ AlarmConfiguration } = {}) => [
      listOf((AlarmConfiguration as { Alarms?: unknown } | undefined)?.Alarms).length,
    ]),
  },
  {
    id: 'EVENTBRIDGE-PATTERN',
    unit: 'characters of the pattern of a rule',
    most: 2_048,
    remedy: 'Let the rule match fewer fields.',
    source: EVENTBRIDGE,
    measure: each('AWS::Events::Rule', ({ EventPattern } = {}) => [charsOf(EventPattern)]),
  },
  {
    id: 'EVENTBRIDGE-TARGETS',
    unit: 'targets of a rule',
    most: 5,
    remedy: 'Write a second rule with the same pattern.',
    source: EVENTBRIDGE,
    measure: each('AWS::Events::Rule', ({ Targets } = {}) => [listOf(Targets).length]),
  },
];

/** Every limit that synth checks in the templates. */
export const SERVICE_LIMITS: readonly ServiceLimit[] = [
  ...LIMITS_OF_TEMPLATES,
  ...LIMITS_OF_WAF,
  ...LIMITS_OF_LOAD_BALANCERS,
  ...LIMITS_OF_POLICIES,
  ...LIMITS_OF_OTHER_SERVICES,
];

/**
 * Limits that are checked earlier, when the environment's file is read, so that the message can name the property. Values: the
 * file with the check and the number.
 */
export const CHECKED_WHEN_READ: Readonly<Record<string, string>> = {
  'characters of a domain, for a certificate and a rule of the listener': 'lib/config/rules/domain.ts',
  'bytes of a callback URL': 'lib/config/rules/callback-url.ts',
  'countries of a rule of the web ACL': 'lib/config/web-acl.ts',
  'requests that a rate rule can count': 'lib/config/web-acl.ts',
  'contacts for the Shield Response Team, and their notes': 'lib/config/shield.ts',
  'ARNs of secrets in the policy of the receiver': 'lib/config/rules/secrets.ts',
  'ARNs of workflows in the policy of the function that resumes them': 'lib/config/rules/resumes.ts',
  'characters of an access-token profile in a variable': 'lib/config/token-profiles.ts',
  'request units of a table': 'lib/config/operation.ts',
  'executions that a function reserves': 'lib/config/operation.ts',
  'bytes of a task in its table': 'lib/config/rules/item-size.ts',
  'characters of an environment’s name, for target groups': 'lib/config/read.ts',
  'metrics of a dashboard and of a graph': 'lib/monitoring/dashboard.ts',
};
