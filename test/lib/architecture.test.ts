import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/environment-variables.ts';
import { PosternStage } from '../../lib/stage.ts';
import { loadExample } from '../support/example-environments.ts';
import { drawResources, type Resources, type Right } from '../support/resource-picture.ts';
import { anApp, NO_CODE } from '../support/synthesize.ts';
import { type Resource, resourcesOf, theResource } from '../support/template.ts';

/** Functions in the order of the way, by how the logical ids of their roles begin. */
const FUNCTIONS = [
  ['receive', 'FrontReceive'],
  ['create-task', 'FrontOpen'],
  ['tasks', 'FrontTasks'],
  ['metadata', 'FrontDescribe'],
  ['console', 'FrontConsole'],
  ['handshake', 'FrontHandshake'],
  ['publish', 'BackgroundPublish'],
  ['complete-upload', 'BackgroundArrive'],
  ['expire', 'BackgroundExpire'],
] as const;

/** State by what a statement's resource holds, and by how its logical id begins. */
const STATE: readonly (readonly [name: string, pattern: RegExp, id: RegExp])[] = [
  ['tasks table', /GetAttTasks\w{8}(Stream)?Arn/, /^Tasks/],
  ['jti table', /GetAttJtis/, /^Jtis/],
  ['lookups table', /GetAttLookups/, /^Lookups/],
  ['payload bucket', /GetAttPayloads/, /^Payloads/],
  ['signing keys', /GetAttSigningKeys/, /^SigningKeys/],
  ['code key', /GetAttCodeKey/, /^CodeKey/],
  ['form key', /"FrontFormKey\w{8}"/, /^FrontFormKey/],
  ['event bus', /"BackgroundEvents\w{8}"/, /^BackgroundEvents/],
  ['dead letters', /DeadLetters\w{8}"/, /^Background\w+DeadLetters/],
];

/** What is in the picture without a column of its own: in a box, or in the row of keys. */
const DRAWN_ELSEWHERE = [/^TableKey/, /^LogKey/, /^AlarmsTopics/, /^LoadBalancerLogs/];

const KEEPING_TYPES = [
  'AWS::KMS::Key',
  'AWS::DynamoDB::GlobalTable',
  'AWS::S3::Bucket',
  'AWS::Events::EventBus',
  'AWS::SQS::Queue',
  'AWS::SNS::Topic',
];

const encryptedWith = ({ Type, Properties }: Resource): string => {
  if (Type === 'AWS::KMS::Key') return 'in KMS';
  const text = JSON.stringify(Properties);
  if (/"KMSMasterKeyI[dD]":\{"Fn::GetAtt":\["TableKey/.test(text)) return 'data key';
  if (text.includes('"SqsManagedSseEnabled":true')) return 'SQS’s key';
  // An event bus without a key is encrypted with one of AWS's.
  if (Type === 'AWS::Events::EventBus' && !text.includes('KmsKeyIdentifier')) return 'AWS’s key';
  throw new Error(`Nobody knows what a ${Type} like this is encrypted with: ${text}`);
};

const READS = /:(Get|Query|Scan|List|Describe|BatchGet)/;

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
        const right = READS.test(action) ? 'read' : 'write';
        rights[name] = (rights[name] ?? right) === right ? right : 'both';
      }
    }
  }
  return rights;
};

/** What calls functions, in the words of the picture. */
const CALLERS: Readonly<Record<string, (properties: Resource['Properties']) => string>> = {
  'AWS::ElasticLoadBalancingV2::TargetGroup': () => 'listener rules',
  'AWS::Lambda::EventSourceMapping': ({ EventSourceArn }) =>
    /Tasks\w{8}StreamArn/.test(JSON.stringify(EventSourceArn)) ? 'stream of tasks' : 'another stream',
  'AWS::Events::Rule': ({ EventPattern }) =>
    JSON.stringify(EventPattern).includes('"Object Created"') ? 'new objects' : 'other events',
  'AWS::Scheduler::Schedule': ({ ScheduleExpression }) =>
    String(ScheduleExpression)
      .replace(/^rate\((.*)\)$/, 'every $1')
      .replace('every 1 ', 'every '),
};

it('docs/concepts/resources.svg shows what the templates of production hold (written by `vitest -u`)', async () => {
  const environment = await loadExample('production');
  const stage = new PosternStage(anApp(), { environment, bundles: NO_CODE });
  const gateway = Template.fromStack(stage.gateway);
  const count = (type: string) => Object.keys(resourcesOf(gateway, type)).length;
  const keeping = KEEPING_TYPES.flatMap((type) =>
    [Template.fromStack(stage.state), gateway].flatMap((template) => Object.entries(resourcesOf(template, type))),
  );
  const functions = Object.entries(resourcesOf(gateway, 'AWS::Lambda::Function'));
  const policies = Object.entries(resourcesOf(gateway, 'AWS::IAM::Policy'));
  const [acl] = Object.values(resourcesOf(gateway, 'AWS::WAFv2::WebACL'));
  const { Properties: balancer } = theResource(gateway, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  const listeners = Object.values(resourcesOf(gateway, 'AWS::ElasticLoadBalancingV2::Listener'));
  const called = (id: string): string => {
    const callers = Object.entries(CALLERS).flatMap(([type, caller]) =>
      Object.values(resourcesOf(gateway, type))
        .filter(({ Properties }) => JSON.stringify(Properties).includes(`"${id}`))
        .map(({ Properties }) => caller(Properties)),
    );
    expect(callers).toHaveLength(1);
    return callers.join();
  };
  const resources: Resources = {
    environment: environment.name,
    door: [
      { title: environment.shield === 'standard' ? 'Shield Standard' : 'Shield Advanced', lines: [] },
      { title: 'web ACL', lines: [`${(acl?.Properties.Rules as unknown[] | undefined)?.length} rules`] },
      {
        title: 'load balancer',
        lines: [
          `${count('AWS::ElasticLoadBalancingV2::ListenerRule')} rules, ${listeners.map(({ Properties }) => `${Properties.Protocol}`).join(', ')} only`,
          `${(balancer.Subnets as unknown[]).length} zones, logs kept`,
        ],
      },
    ],
    functions: FUNCTIONS.map(([name, id]) => ({
      name,
      calledBy: called(id),
      memory: Number(functions.find(([logicalId]) => logicalId.startsWith(id))?.[1].Properties.MemorySize),
    })),
    state: STATE.map(([name, , id]) => {
      const [first] = keeping.filter(([logicalId]) => id.test(logicalId));
      if (first === undefined) throw new Error(`There is no ${name}.`);
      return { name, encryptedWith: encryptedWith(first[1]) };
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
    watching: [
      { title: `${count('AWS::CloudWatch::Alarm')} alarms`, lines: ['one registry,', 'one runbook entry each'] },
      { title: `${count('AWS::CloudWatch::CompositeAlarm')} pages`, lines: ['what wakes somebody,', 'put together'] },
      { title: `${count('AWS::SNS::Topic')} topics`, lines: ['pages and tickets,', 'with a key of their own'] },
      { title: 'dashboard', lines: [`and ${count('AWS::Logs::QueryDefinition')} saved queries`] },
      { title: `${count('AWS::Logs::LogGroup')} log groups`, lines: ['JSON, never a token,', 'with the log key'] },
      {
        title: `${count('AWS::CodeDeploy::DeploymentGroup')} deployments`,
        lines: ['little by little,', 'back on an alarm'],
      },
    ],
  };
  // What no statement is about would be drawn as an empty column.
  for (const { name } of resources.state) {
    expect(Object.values(resources.rights).some((rights) => rights[name] !== undefined)).toBe(true);
  }
  // Nor is anything left out.
  expect(FUNCTIONS.map(([name]) => name).sort()).toEqual(Object.keys(ENVIRONMENT_VARIABLES).sort());
  const drawn = [...STATE.map(([, , id]) => id), ...DRAWN_ELSEWHERE];
  expect(keeping.map(([id]) => id).filter((id) => !drawn.some((pattern) => pattern.test(id)))).toEqual([]);
  await expect(drawResources(resources)).toMatchFileSnapshot('../../docs/concepts/resources.svg');
});
