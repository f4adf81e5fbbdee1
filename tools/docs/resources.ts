import { Template } from 'aws-cdk-lib/assertions';
import { DISPATCHING_FUNCTIONS, ENVIRONMENT_VARIABLES, RESUMING_FUNCTIONS } from '../../lambda/contract/variables.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import { loadExample } from '../../test/support/example-environments.ts';
import { anApp, NO_CODE } from '../../test/support/synthesize.ts';
import { type Resource, resourcesOf, theResource } from '../../test/support/template.ts';
import { drawResources, type Resources, type Right } from './draw-resources.ts';
import type { GeneratedPage } from './page.ts';

/** Functions in the order of the picture, each with the beginning of the logical ids of its resources. */
const FUNCTIONS = [
  ['receive', 'FrontReceive'],
  ['create-task', 'FrontOpen'],
  ['tasks', 'FrontTasks'],
  ['metadata', 'FrontDescribe'],
  ['console', 'FrontConsole'],
  ['handshake', 'FrontHandshake'],
  ['operator-api', 'FrontOperator'],
  ['reveal-payload', 'FrontReveal'],
  ['publish', 'BackgroundPublish'],
  ['complete-upload', 'BackgroundArrive'],
  ['expire', 'BackgroundExpire'],
  ['revoke-callbacks', 'BackgroundRevoke'],
  ['redrive', 'BackgroundRedrive'],
  ['rotate-signing-key', 'RotationFunction'],
] as const;

/** Columns of the picture: a pattern for the resource of a policy statement, and one for the logical id. */
const STATE: readonly (readonly [name: string, statement: RegExp, logicalId: RegExp])[] = [
  ['tasks table', /GetAttTasks\w{8}(Stream)?Arn/, /^Tasks/],
  ['jti table', /GetAttJtis/, /^Jtis/],
  ['lookups table', /GetAttLookups/, /^Lookups/],
  ['audit table', /GetAttAudit\w{8}(Stream)?Arn/, /^Audit/],
  ['payload bucket', /GetAttPayloads/, /^Payloads/],
  ['signing keys', /GetAttSigningKeys/, /^SigningKeys/],
  ['code key', /GetAttCodeKey/, /^CodeKey/],
  ['form key', /"FrontFormKey\w{8}"/, /^FrontFormKey/],
  ['event bus', /"BackgroundEvents\w{8}"/, /^BackgroundEvents/],
  ['dead letters', /DeadLetters\w{8}"/, /^Background\w+DeadLetters/],
];

/** Resources without a column: the picture shows them in a box, or in the row "encrypted with". */
const WITHOUT_COLUMN = [/^TableKey/, /^LogKey/, /^AlarmsTopics/, /^LoadBalancerLogs/];

/** Resource types that hold data or keys. Each resource of these types must be in the picture. */
const DATA_TYPES = [
  'AWS::KMS::Key',
  'AWS::DynamoDB::GlobalTable',
  'AWS::S3::Bucket',
  'AWS::Events::EventBus',
  'AWS::SQS::Queue',
  'AWS::SNS::Topic',
];

/** @throws {Error} for a resource whose encryption the picture has no words for */
const encryptionOf = ({ Type, Properties }: Resource): string => {
  if (Type === 'AWS::KMS::Key') return 'in KMS';
  const text = JSON.stringify(Properties);
  if (/"KMSMasterKeyI[dD]":\{"Fn::GetAtt":\["TableKey/.test(text)) return 'data key';
  if (text.includes('"SqsManagedSseEnabled":true')) return 'SQS’s key';
  // EventBridge encrypts a bus without a customer key with a key of AWS.
  if (Type === 'AWS::Events::EventBus' && !text.includes('KmsKeyIdentifier')) return 'AWS’s key';
  throw new Error(`The encryption of this ${Type} is unknown to tools/docs/resources.ts: ${text}`);
};

const READ_ACTION = /:(Get|Query|Scan|List|Describe|BatchGet)/;

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const rightsOf = (statements: readonly Statement[]): Readonly<Record<string, Right>> => {
  const rights: Record<string, Right> = {};
  for (const { Action, Resource } of statements) {
    for (const [name, pattern] of STATE) {
      if (!pattern.test(JSON.stringify(Resource))) continue;
      for (const action of [Action].flat()) {
        const right = READ_ACTION.test(action) ? 'read' : 'write';
        rights[name] = (rights[name] ?? right) === right ? right : 'both';
      }
    }
  }
  return rights;
};

/** Resource types that call functions, each with its label in the picture. */
const CALLERS: Readonly<Record<string, (properties: Resource['Properties']) => string>> = {
  'AWS::ElasticLoadBalancingV2::TargetGroup': () => 'listener rules',
  'AWS::Lambda::EventSourceMapping': ({ EventSourceArn }) =>
    /(Tasks|Audit)\w{8}StreamArn/.test(JSON.stringify(EventSourceArn)) ? 'table streams' : 'another stream',
  'AWS::Events::Rule': ({ EventPattern }) =>
    JSON.stringify(EventPattern).includes('"Object Created"') ? 'new objects' : 'other events',
  'AWS::Scheduler::Schedule': ({ ScheduleExpression }) =>
    String(ScheduleExpression)
      .replace(/^rate\((.*)\)$/, 'every $1')
      .replace('every 1 ', 'every ')
      .replace('minutes', 'min'),
};

/** Functions that other functions call, by the beginning of their logical ids. */
const CALLED_BY_FUNCTION: Readonly<Record<string, string>> = { BackgroundRedrive: 'operator-api' };

/** @throws {Error} unless exactly one kind of resource calls the function */
const callerOf = (templates: readonly Template[], logicalId: string): string => {
  const labels = Object.entries(CALLERS).flatMap(([type, label]) =>
    templates
      .flatMap((template) => Object.values(resourcesOf(template, type)))
      .filter(({ Properties }) => JSON.stringify(Properties).includes(`"${logicalId}`))
      .map(({ Properties }) => label(Properties)),
  );
  const callers = [...new Set(labels)];
  const caller = callers[0] ?? CALLED_BY_FUNCTION[logicalId];
  if (caller === undefined || callers.length > 1) throw new Error(`${logicalId} has ${callers.length} callers.`);
  return caller;
};

/** @throws {Error} if the picture would leave out a function or a resource, or draw an empty column */
const checkComplete = ({ rights, state }: Resources, logicalIds: readonly string[]): void => {
  const unused = state.filter(({ name }) => Object.values(rights).every((each) => each[name] === undefined));
  if (unused.length > 0) throw new Error(`No function has rights on ${unused.map(({ name }) => name).join(', ')}.`);
  // The example's applications resume no workflow, and Postern sends no work to its processors.
  const names: readonly string[] = [
    ...FUNCTIONS.map(([name]) => name),
    ...RESUMING_FUNCTIONS,
    ...DISPATCHING_FUNCTIONS,
  ];
  const functions = Object.keys(ENVIRONMENT_VARIABLES).filter((name) => !names.includes(name));
  const patterns = [...STATE.map(([, , id]) => id), ...WITHOUT_COLUMN];
  const missing = [...functions, ...logicalIds.filter((id) => !patterns.some((pattern) => pattern.test(id)))];
  if (missing.length > 0) throw new Error(`tools/docs/resources.ts does not draw ${missing.join(', ')}.`);
};

const render = async (): Promise<string> => {
  const environment = await loadExample('production');
  const stage = new EnvironmentStacks(anApp(), { environment, bundles: NO_CODE });
  const [state, gateway] = [Template.fromStack(stage.state), Template.fromStack(stage.gateway)];
  const both = [state, gateway];
  const inBoth = (type: string) => both.flatMap((template) => Object.entries(resourcesOf(template, type)));
  const count = (type: string) => Object.keys(resourcesOf(gateway, type)).length;
  const holdingData = DATA_TYPES.flatMap(inBoth);
  const functions = inBoth('AWS::Lambda::Function');
  const policies = inBoth('AWS::IAM::Policy');
  const [acl] = Object.values(resourcesOf(gateway, 'AWS::WAFv2::WebACL'));
  const { Properties: balancer } = theResource(gateway, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  const listeners = Object.values(resourcesOf(gateway, 'AWS::ElasticLoadBalancingV2::Listener'));
  const protocols = listeners.map(({ Properties }) => `${Properties.Protocol}`).join(', ');
  const resources: Resources = {
    environment: environment.name,
    ingress: [
      { title: environment.shield === 'standard' ? 'Shield Standard' : 'Shield Advanced', lines: [] },
      { title: 'web ACL', lines: [`${(acl?.Properties.Rules as unknown[] | undefined)?.length} rules`] },
      {
        title: 'load balancer',
        lines: [
          `${count('AWS::ElasticLoadBalancingV2::ListenerRule')} rules, ${protocols} only`,
          `${(balancer.Subnets as unknown[]).length} zones, logs kept`,
        ],
      },
    ],
    functions: FUNCTIONS.map(([name, id]) => ({
      name,
      calledBy: callerOf(both, id),
      memory: Number(functions.find(([logicalId]) => logicalId.startsWith(id))?.[1].Properties.MemorySize),
    })),
    state: STATE.map(([name, , id]) => {
      const [first] = holdingData.filter(([logicalId]) => id.test(logicalId));
      if (first === undefined) throw new Error(`The templates have no ${name}.`);
      return { name, encryptedWith: encryptionOf(first[1]) };
    }),
    rights: Object.fromEntries(
      FUNCTIONS.map(([name, id]) => [
        name,
        rightsOf(
          policies
            .filter(([logicalId]) => logicalId.startsWith(`${id}Role`))
            .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement),
        ),
      ]),
    ),
    monitoring: [
      { title: `${count('AWS::CloudWatch::Alarm')} alarms`, lines: ['one registry,', 'one runbook entry each'] },
      { title: `${count('AWS::CloudWatch::CompositeAlarm')} pages`, lines: ['composite alarms', 'that page a person'] },
      { title: `${count('AWS::SNS::Topic')} topics`, lines: ['pages and tickets,', 'encrypted'] },
      { title: 'dashboard', lines: [`and ${count('AWS::Logs::QueryDefinition')} saved queries`] },
      { title: `${count('AWS::Logs::LogGroup')} log groups`, lines: ['JSON, never a token,', 'encrypted'] },
      {
        title: `${count('AWS::CodeDeploy::DeploymentGroup')} deployments`,
        lines: ['in small steps,', 'rolled back on alarm'],
      },
    ],
  };
  checkComplete(
    resources,
    holdingData.map(([logicalId]) => logicalId),
  );
  return drawResources(resources);
};

/** The picture of an environment's resources, drawn from the templates of an example. */
export const RESOURCES: GeneratedPage = { path: 'docs/concepts/resources.svg', render };
