import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack, Stage, Validations } from 'aws-cdk-lib';
import { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { EnvironmentStacks } from '../../../lib/environment-stacks.ts';
import { unacknowledgedFindings } from '../../../lib/validation/findings.ts';
import { loadExamples, loadLocal } from '../../support/example-environments.ts';
import { addPolicyChecks, isAnsweredByTests } from '../../support/policy-checks.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { anApp, NO_CODE } from '../../support/synthesize.ts';
import { test as base } from '../../support/unit-fixtures.ts';

/** A target group with a health check that a load balancer would refuse; the engine only warns. */
const oddStack = (app: ReturnType<typeof anApp>): CfnTargetGroup => {
  const stack = new Stack(new Stage(app, 'Odd', { env: { account: '123456789012', region: 'eu-west-1' } }), 'Stack');
  return new CfnTargetGroup(stack, 'Group', { targetType: 'lambda', protocol: 'GOPHER' });
};

const it = base.extend(
  'reportOf',
  ({ folder }) =>
    (name: string, build: (app: ReturnType<typeof anApp>) => void, builtinCloudFormationValidation = true): string => {
      const outdir = join(folder, name);
      const app = anApp(outdir, { builtinCloudFormationValidation });
      build(app);
      const report = join(outdir, 'validation-report.json');
      try {
        app.synth();
      } catch (error) {
        // An error ends the synth after its report is written.
        if (!existsSync(report)) throw error;
      }
      return readFileSync(report, 'utf8');
    },
);

describe('findings of the policy checks', () => {
  it('are all acknowledged in the examples and in the environment local', async ({ reportOf }) => {
    const environments = [...(await loadExamples()), loadLocal()];
    const report = reportOf('all', (app) => {
      addPolicyChecks(app);
      for (const environment of environments) new EnvironmentStacks(app, { environment, bundles: NO_CODE });
    });
    expect(unacknowledgedFindings(report).filter((finding) => !isAnsweredByTests(finding))).toEqual([]);
  });

  it('are all acknowledged with every feature switched on', ({ reportOf }) => {
    const report = reportOf('switched', (app) => {
      addPolicyChecks(app);
      for (const [name, input] of Object.entries(SWITCHED)) {
        new EnvironmentStacks(app, { environment: readEnvironment(name, input), bundles: NO_CODE });
      }
    });
    expect(unacknowledgedFindings(report).filter((finding) => !isAnsweredByTests(finding))).toEqual([]);
  });

  it('include those of rule packs', ({ reportOf }) => {
    const addQueue = (app: ReturnType<typeof anApp>): void => {
      addPolicyChecks(app);
      const stage = new Stage(app, 'Nag', { env: { account: '123456789012', region: 'eu-west-1' } });
      new Queue(new Stack(stage, 'Stack'), 'Queue');
    };
    const report = reportOf('nag', addQueue, false);
    const findings = unacknowledgedFindings(report);
    expect(findings).toContainEqual(expect.stringMatching(/^AwsSolutions::AwsSolutions-SQS3 .*Nag\/Stack\/Queue/));
    expect(findings).toContainEqual(expect.stringMatching(/^Serverless::Serverless-SQSRedrivePolicy /));
    expect(findings.filter(isAnsweredByTests)).toEqual([]);
  });

  it('are listed with rule, severity and place', ({ reportOf }) => {
    const findings = unacknowledgedFindings(reportOf('odd', oddStack));
    expect(findings).not.toEqual([]);
    expect(findings[0]).toMatch(/^CloudFormation Validate::\w+ \(\w+\) at Odd\/Stack\/Group: .*GOPHER/);
  });

  it('are not listed if they are acknowledged at their construct', ({ reportOf }) => {
    const report = reportOf('acknowledged', (app) => {
      const [, rule = ''] = /::(\w+) /.exec(unacknowledgedFindings(reportOf('odd-again', oddStack))[0] ?? '') ?? [];
      Validations.of(oddStack(app)).acknowledge({ id: `CloudFormation-Validate::${rule}`, reason: 'it is a test' });
    });
    expect(unacknowledgedFindings(report)).toEqual([]);
  });

  it('are an error if no check ran', () => {
    expect(() => unacknowledgedFindings('{}')).toThrow(/names no check that ran/);
    expect(() => unacknowledgedFindings('{"pluginReports":[]}')).toThrow(/names no check that ran/);
  });
});
