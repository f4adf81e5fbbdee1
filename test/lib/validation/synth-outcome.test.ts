import { describe, expect, it } from 'vitest';
import { synthOutcome } from '../../../lib/validation/synth-outcome.ts';

const manifestOf = (...stages: readonly string[]) =>
  JSON.stringify({
    artifacts: {
      ...Object.fromEntries(
        stages.map((stage) => [
          `assembly-${stage}`,
          { type: 'cdk:cloud-assembly', properties: { directoryName: `assembly-${stage}`, displayName: stage } },
        ]),
      ),
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    },
  });
const reportOf = (...rules: readonly string[]) =>
  JSON.stringify({
    pluginReports: [
      {
        pluginName: 'Plugin',
        violations: rules.map((ruleName) => ({ ruleName, description: 'wrong', violatingConstructs: [] })),
      },
    ],
  });

describe('the end of npm run synth', () => {
  it('says that it succeeded, which templates there are, and what to do next', () => {
    expect(synthOutcome('cdk.out', manifestOf('Local', 'Mine', 'Prod'), reportOf())).toEqual({
      findings: 0,
      words:
        'Success: cdk.out has the templates of Local, Mine, Prod, without a finding that nobody acknowledged.\n' +
        "Next: npx cdk diff 'Mine/*' -c postern:environment=mine shows what a deployment would change.",
    });
  });

  it('says what is missing where nothing can be deployed yet', () => {
    expect(synthOutcome('cdk.out', manifestOf('Local'), reportOf()).words).toContain(
      '\nNext: write an environment of your own, as docs/operate/deploying.md describes it.',
    );
  });

  it('counts and lists each finding that nobody acknowledged, and says what to do', () => {
    const { findings, words } = synthOutcome('cdk.out', manifestOf('Mine'), reportOf('A1', 'B2'));
    expect(findings).toBe(2);
    expect(words.split('\n')).toEqual([
      'Failure: nobody acknowledged these 2 findings of cdk.out/validation-report.json:',
      'Plugin::A1 (no severity) at the app: wrong',
      'Plugin::B2 (no severity) at the app: wrong',
      'Correct what they are about, or acknowledge each beside its construct, with a reason: docs/reference/exceptions.md has examples.',
    ]);
  });
});
