import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { loadEnvironments } from '../../lib/environment/load.ts';
import { PosternStage } from '../../lib/stage.ts';
import { drawResources, type Resources, type Right } from '../support/resource-picture.ts';
import { anApp, NO_CODE } from '../support/synthesize.ts';
import { resourcesOf } from '../support/template.ts';

/** Functions in the order of the way, by how the logical ids of their roles begin. */
const FUNCTIONS = [
  ['receive', 'FrontReceive'],
  ['open', 'FrontOpen'],
  ['tasks', 'FrontTasks'],
  ['describe', 'FrontDescribe'],
  ['console', 'FrontConsole'],
  ['handshake', 'FrontHandshake'],
  ['publish', 'BackgroundPublish'],
  ['arrive', 'BackgroundArrive'],
  ['expire', 'BackgroundExpire'],
] as const;

/** State by what a statement's resource holds. */
const STATE: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['tasks table', /GetAttTasks\w{8}(Stream)?Arn/],
  ['jti table', /GetAttJtis/],
  ['lookups table', /GetAttLookups/],
  ['payload bucket', /GetAttPayloads/],
  ['signing keys', /GetAttSigningKeys/],
  ['code key', /GetAttCodeKey/],
  ['event bus', /"BackgroundEvents\w{8}"/],
  ['dead letters', /DeadLetters\w{8}"/],
];

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

it('docs/architecture.svg shows what the templates of prod hold (written by `vitest -u`)', async () => {
  const environment = (await loadEnvironments(() => undefined)).find(({ name }) => name === 'prod');
  if (environment === undefined) throw new Error('There is no environment prod.');
  const stage = new PosternStage(anApp(), { environment, bundles: NO_CODE });
  const gateway = Template.fromStack(stage.gateway);
  const count = (type: string) => Object.keys(resourcesOf(gateway, type)).length;
  const functions = Object.entries(resourcesOf(gateway, 'AWS::Lambda::Function'));
  const policies = Object.entries(resourcesOf(gateway, 'AWS::IAM::Policy'));
  const [acl] = Object.values(resourcesOf(gateway, 'AWS::WAFv2::WebACL'));
  const [schedule] = Object.values(resourcesOf(gateway, 'AWS::Scheduler::Schedule'));
  const called: Readonly<Record<string, string>> = {
    publish: 'stream of tasks',
    arrive: 'new objects',
    expire: String(schedule?.Properties.ScheduleExpression)
      .replace(/^rate\((.*)\)$/, 'every $1')
      .replace('every 1 ', 'every '),
  };
  const resources: Resources = {
    environment: environment.name,
    door: [
      { title: environment.shield === 'standard' ? 'Shield Standard' : 'Shield Advanced', lines: [] },
      { title: 'web ACL', lines: [`${(acl?.Properties.Rules as unknown[] | undefined)?.length} rules`] },
      { title: 'load balancer', lines: [`${count('AWS::ElasticLoadBalancingV2::ListenerRule')} rules, HTTPS only`] },
    ],
    functions: FUNCTIONS.map(([name, id]) => ({
      name,
      calledBy: called[name] ?? 'listener rules',
      memory: Number(functions.find(([logicalId]) => logicalId.startsWith(id))?.[1].Properties.MemorySize),
    })),
    state: STATE.map(([name]) => name),
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
      { title: `${count('AWS::SNS::Topic')} topics`, lines: ['pages and tickets,', 'encrypted'] },
      { title: 'dashboard', lines: [`and ${count('AWS::Logs::QueryDefinition')} saved queries`] },
      { title: `${count('AWS::Logs::LogGroup')} log groups`, lines: ['encrypted, JSON,', 'never a token'] },
      {
        title: `${count('AWS::CodeDeploy::DeploymentGroup')} deployments`,
        lines: ['little by little,', 'back on an alarm'],
      },
    ],
  };
  // What no statement is about would be drawn as an empty column.
  for (const name of resources.state) {
    expect(Object.values(resources.rights).some((rights) => rights[name] !== undefined)).toBe(true);
  }
  await expect(drawResources(resources)).toMatchFileSnapshot('../../docs/architecture.svg');
});
