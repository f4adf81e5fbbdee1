import { Validations } from 'aws-cdk-lib';
import { type IApplyRule, NagRuleCompliance, NIST80053R5Checks } from 'cdk-nag';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import { loadExample } from '../../test/support/example-environments.ts';
import { anApp, NO_CODE } from '../../test/support/synthesize.ts';
import type { GeneratedPage } from './page.ts';

/** The rule pack, which also remembers the rules that hold. The pack itself reports only findings. */
class RememberingChecks extends NIST80053R5Checks {
  /** Resource types that a rule holds for, by rule. */
  readonly holds = new Map<string, Set<string>>();
  /** Paths of the resources that break a rule, by rule. */
  readonly fails = new Map<string, Set<string>>();

  protected override applyRule(params: IApplyRule): void {
    const { node, rule, ruleSuffixOverride = rule.name } = params;
    const result = rule(node);
    if (result === NagRuleCompliance.COMPLIANT) add(this.holds, ruleSuffixOverride, node.cfnResourceType);
    // A list contains the ids of findings.
    if (result === NagRuleCompliance.NON_COMPLIANT || (Array.isArray(result) && result.length > 0)) {
      const [, ...path] = node.node.path.split('/');
      add(this.fails, ruleSuffixOverride, path.join('/').replaceAll('/Resource', ''));
    }
  }
}

const add = (sets: Map<string, Set<string>>, key: string, value: string) =>
  sets.set(key, (sets.get(key) ?? new Set()).add(value));

/** Answers for an auditor: one for each rule that does not hold. */
const ANSWERS: Readonly<Record<string, string>> = {
  CloudWatchAlarmAction:
    'These alarms have no action of their own. A composite alarm contains them and notifies the topic of pages.',
  IAMNoInlinePolicy: 'Each policy belongs to one role only. A test writes out every statement of it.',
  LambdaConcurrency:
    'The environment sets `reservedConcurrency`. Concurrency that one function reserves is taken from the others.',
  LambdaDLQ: 'A caller that waits gets an answer. An asynchronous call has a destination for failures.',
  LambdaInsideVPC:
    'The functions use nothing that is inside a network ([decision 18](../decisions/0018-functions-outside-a-vpc.md)).',
  S3BucketLoggingEnabled:
    'The logs of the functions say who read a payload. A bucket of logs would log its own deliveries. Data events of CloudTrail, where an organisation has them, cover both buckets.',
  S3BucketReplicationEnabled: 'Each task has one home Region ([decision 21](../decisions/0021-home-region.md)).',
  S3BucketVersioningEnabled: 'The load balancer writes each log object once, and the objects are deleted after weeks.',
  S3DefaultEncryptionKMS: 'The log delivery of load balancers supports only S3’s own key.',
  VPCFlowLogsEnabled:
    'The network contains only the load balancer. Its access, connection and health-check logs say more than flow logs.',
  VPCNoUnrestrictedRouteToIGW: 'The load balancer faces the internet on purpose.',
  VPCSubnetAutoAssignPublicIpDisabled: 'These subnets contain only the load balancer, which faces the internet.',
};

/** Tables as the pack knows them. It has no rule for `AWS::DynamoDB::GlobalTable`. */
const isTableRule = (rule: string): boolean => rule.startsWith('DynamoDB');

const rowsOf = (
  rules: ReadonlyMap<string, ReadonlySet<string>>,
  answerCell: (rule: string) => string = () => '',
): string =>
  [...rules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([rule, places]) =>
        `| ${rule} |${answerCell(rule)} ${[...places]
          .sort()
          .map((place) => `\`${place}\``)
          .join(', ')} |`,
    )
    .join('\n');

/** @throws {Error} if a rule that does not hold has no answer, or an answer has no such rule */
const checkAnswers = (failing: readonly string[]): void => {
  const unanswered = failing.filter((rule) => ANSWERS[rule] === undefined);
  if (unanswered.length > 0) throw new Error(`${unanswered.join(', ')}: no answer in tools/docs/nist.ts`);
  const unneeded = Object.keys(ANSWERS).filter((rule) => !failing.includes(rule));
  if (unneeded.length > 0)
    throw new Error(`${unneeded.join(', ')}: holds, so remove its answer from tools/docs/nist.ts`);
};

const render = async (): Promise<string> => {
  const app = anApp();
  const checks = new RememberingChecks(app);
  Validations.of(app).addPlugins(checks);
  new EnvironmentStacks(app, { environment: await loadExample('production'), bundles: NO_CODE });
  app.synth();
  checkAnswers([...checks.fails.keys()]);
  if ([...checks.fails.keys(), ...checks.holds.keys()].some(isTableRule)) {
    throw new Error('The pack checks global tables now: remove the last table of this page from tools/docs/nist.ts.');
  }
  const holds = new Map([...checks.holds].filter(([rule]) => !checks.fails.has(rule)));
  return `# NIST 800-53 R5

This page shows what the rule pack of cdk-nag for NIST 800-53 R5 finds in an example of a production environment
(\`test/support/example-environments/production.ts\`). It helps you to answer the questions of an auditor. A finding of this
pack does not stop a deployment.

A rule that is in none of the tables applies to no resource of Postern. \`npm run docs\` writes this page and stops at a finding
that has no answer.

## Rules that do not hold

| rule | answer | where |
|---|---|---|
${rowsOf(checks.fails, (rule) => ` ${ANSWERS[rule]} |`)}

## Rules that hold

| rule | resource types |
|---|---|
${rowsOf(holds)}

## Rules for tables

The pack checks resources of type \`AWS::DynamoDB::Table\`. The tables of Postern are \`AWS::DynamoDB::GlobalTable\` with one
replica, which the pack does not check. These are the answers to its rules for tables:

| rule | answer |
|---|---|
| DynamoDBAutoScalingEnabled | Holds: the tables use on-demand capacity. |
| DynamoDBInBackupPlan | Does not hold: there is no backup plan. A table is restored from its point-in-time recovery. |
| DynamoDBPITREnabled | Holds: checkov and \`test/lib/state-stack.test.ts\` check it. |
`;
};

/** The page of answers to the rules of NIST 800-53. */
export const NIST: GeneratedPage = { path: 'docs/reference/nist-800-53.md', render };
