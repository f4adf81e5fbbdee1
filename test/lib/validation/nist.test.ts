import { Validations } from 'aws-cdk-lib';
import { type IApplyRule, NagRuleCompliance, NIST80053R5Checks } from 'cdk-nag';
import { expect, it } from 'vitest';
import { PosternStage } from '../../../lib/stage.ts';
import { loadExample } from '../../support/example-environments.ts';
import { anApp, NO_CODE } from '../../support/synthesize.ts';

/** The rule pack, with a memory of what held too: the pack itself tells only what does not. */
class RememberedChecks extends NIST80053R5Checks {
  /** Types of the resources that a rule holds for. */
  readonly holds = new Map<string, Set<string>>();
  /** Places of the resources that it does not hold for. */
  readonly fails = new Map<string, Set<string>>();

  protected override applyRule(params: IApplyRule): void {
    const { node, rule, ruleSuffixOverride = rule.name } = params;
    const result = rule(node);
    if (result === NagRuleCompliance.COMPLIANT) add(this.holds, ruleSuffixOverride, node.cfnResourceType);
    // A list is one of findings.
    if (result === NagRuleCompliance.NON_COMPLIANT || (Array.isArray(result) && result.length > 0)) {
      const [, ...path] = node.node.path.split('/');
      add(this.fails, ruleSuffixOverride, path.join('/').replaceAll('/Resource', ''));
    }
  }
}

const add = (sets: Map<string, Set<string>>, key: string, value: string) =>
  sets.set(key, (sets.get(key) ?? new Set()).add(value));

/** What an auditor is told about each rule that does not hold. */
const ANSWERS: Readonly<Record<string, string>> = {
  CloudWatchAlarmAction: 'Tells somebody by the page that it is part of: a composite alarm, with the topic of pages.',
  IAMNoInlinePolicy: 'A policy for one role alone; every statement of it is written out in a test.',
  LambdaConcurrency:
    'The environment reserves what it wants (`reservedConcurrency`); what one function has, others lose.',
  LambdaDLQ: 'Whoever waits gets an answer; whoever calls without waiting has a destination for what failed.',
  LambdaInsideVPC:
    'Nothing that the functions use is in a network ([decision 18](decisions/0018-functions-are-in-no-network.md)).',
  S3BucketLoggingEnabled:
    'Who reads a payload is in the functions’ logs; the bucket of logs would log itself. Data events of CloudTrail, where an organisation has them, see both.',
  S3BucketReplicationEnabled:
    'One home Region for each task ([decision 21](decisions/0021-a-task-has-one-home-region.md)).',
  S3BucketVersioningEnabled: 'Lines of the load balancer’s logs are written once, by the service, and live for weeks.',
  S3DefaultEncryptionKMS: 'The log delivery of load balancers writes to buckets with S3’s own key only.',
  VPCFlowLogsEnabled:
    'In the network there is the load balancer alone, and its access, connection and health-check logs say more.',
  VPCNoUnrestrictedRouteToIGW: 'The load balancer faces the internet: that is what it is for.',
  VPCSubnetAutoAssignPublicIpDisabled: 'The same: in these subnets there is the load balancer alone.',
};

/** A row for each rule, with what an auditor is told of it. */
const rowsOf = (rules: ReadonlyMap<string, ReadonlySet<string>>, told: (rule: string) => string): string =>
  [...rules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([rule, of]) =>
        `| ${rule} |${told(rule)} ${[...of]
          .sort()
          .map((one) => `\`${one}\``)
          .join(', ')} |`,
    )
    .join('\n');

it('docs/reference/nist-800-53.md answers every rule of NIST 800-53 R5 that does not hold in production (written by `vitest -u`)', async () => {
  const app = anApp();
  const checks = new RememberedChecks(app);
  Validations.of(app).addPlugins(checks);
  new PosternStage(app, { environment: await loadExample('production'), bundles: NO_CODE });
  app.synth();
  expect([...checks.fails.keys()].sort()).toEqual(Object.keys(ANSWERS).sort());
  // What the page says of tables is no longer true once the pack knows them.
  expect([...checks.fails.keys(), ...checks.holds.keys()].filter((rule) => rule.startsWith('DynamoDB'))).toEqual([]);
  const holds = new Map([...checks.holds].filter(([rule]) => !checks.fails.has(rule)));
  const page = `# NIST 800-53 R5

What the rule pack of cdk-nag for NIST 800-53 R5 finds in an example of a production environment
(\`test/support/example-environments/production.ts\`). It helps to answer an auditor's questions; it stops no deployment. A rule
that is in no table applies to no resource of Postern. A test writes this page, and fails at a finding that has no answer.

| rule that does not hold | answer | where |
|---|---|---|
${rowsOf(checks.fails, (rule) => ` ${ANSWERS[rule]} |`)}

| rule that holds | for every |
|---|---|
${rowsOf(holds, () => '')}

The pack knows tables as \`AWS::DynamoDB::Table\`. Ours are \`AWS::DynamoDB::GlobalTable\` with one replica, of which it says
nothing, so this is the answer to its rules for tables:

| rule that is not applied | answer |
|---|---|
| DynamoDBAutoScalingEnabled | Holds: tables are on demand. |
| DynamoDBInBackupPlan | Does not hold: there is no backup plan. Point-in-time recovery is what a table is restored from. |
| DynamoDBPITREnabled | Holds; \`test/lib/state/state-stack.test.ts\` says so, and checkov. |
`;
  await expect(page).toMatchFileSnapshot('../../../docs/reference/nist-800-53.md');
});
