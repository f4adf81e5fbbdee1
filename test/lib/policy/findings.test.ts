import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack, Stage, Validations } from 'aws-cdk-lib';
import { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { afterAll, describe, expect, it } from 'vitest';
import { loadEnvironments } from '../../../lib/environment/load.ts';
import { unacknowledgedFindings } from '../../../lib/policy/findings.ts';
import { PosternStage } from '../../../lib/stage.ts';
import { anApp, NO_CODE } from '../../support/synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-findings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const reportOf = (name: string, build: (app: ReturnType<typeof anApp>) => void): string => {
  const outdir = join(folder, name);
  const app = anApp(outdir);
  build(app);
  app.synth();
  return readFileSync(join(outdir, 'validation-report.json'), 'utf8');
};

/** A target group whose health check no load balancer would take; the engine only warns of it. */
const oddStack = (app: ReturnType<typeof anApp>): CfnTargetGroup => {
  const stack = new Stack(new Stage(app, 'Odd', { env: { account: '123456789012', region: 'eu-west-1' } }), 'Stack');
  return new CfnTargetGroup(stack, 'Group', { targetType: 'lambda', protocol: 'GOPHER' });
};

describe('findings of the policy checks', () => {
  it('there are none in any environment that nobody acknowledged', async () => {
    const environments = await loadEnvironments(() => undefined);
    const report = reportOf('all', (app) => {
      for (const environment of environments) new PosternStage(app, { environment, bundles: NO_CODE });
    });
    expect(unacknowledgedFindings(report)).toEqual([]);
  });

  it('are told with rule, severity and place', () => {
    const findings = unacknowledgedFindings(reportOf('odd', oddStack));
    expect(findings).not.toEqual([]);
    expect(findings[0]).toMatch(/^CloudFormation Validate::\w+ \(\w+\) at Odd\/Stack\/Group: .*GOPHER/);
  });

  it('are silent once they are acknowledged beside their construct', () => {
    const report = reportOf('acknowledged', (app) => {
      const [, rule = ''] = /::(\w+) /.exec(unacknowledgedFindings(reportOf('odd-again', oddStack))[0] ?? '') ?? [];
      Validations.of(oddStack(app)).acknowledge({ id: `CloudFormation-Validate::${rule}`, reason: 'it is a test' });
    });
    expect(unacknowledgedFindings(report)).toEqual([]);
  });

  it('are not taken for none when nothing was checked', () => {
    expect(() => unacknowledgedFindings('{}')).toThrow(/names no check that ran/);
    expect(() => unacknowledgedFindings('{"pluginReports":[]}')).toThrow(/names no check that ran/);
  });
});
