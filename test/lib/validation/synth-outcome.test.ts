import { describe, expect, it } from 'vitest';
import { synthOutcome } from '../../../lib/validation/synth-outcome.ts';

const manifestOf = (...ids: readonly string[]) =>
  JSON.stringify({
    artifacts: {
      ...Object.fromEntries(
        ids.flatMap((id) => [
          [`${id}State0123`, { type: 'aws:cloudformation:stack', displayName: `${id}/State (${id}-State)` }],
          [`${id}Gateway0123`, { type: 'aws:cloudformation:stack', displayName: `${id}/Gateway (${id}-Gateway)` }],
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

describe('npm run synth', () => {
  it('reports success, the templates, and the next step', () => {
    expect(synthOutcome('cdk.out', manifestOf('Mine', 'Prod'), reportOf())).toEqual({
      findings: 0,
      message:
        'Success: cdk.out has the templates of Mine, Prod. Every finding is acknowledged.\n' +
        "Next: npx cdk diff 'Mine/*' -c postern:environment=mine shows what a deployment would change.",
    });
  });

  it('counts and lists the unacknowledged findings, and names the remedy', () => {
    const { findings, message } = synthOutcome('cdk.out', manifestOf('Mine'), reportOf('A1', 'B2'));
    expect(findings).toBe(2);
    expect(message.split('\n')).toEqual([
      'Failure: 2 findings of cdk.out/validation-report.json are not acknowledged:',
      'Plugin::A1 (no severity) at the app: wrong',
      'Plugin::B2 (no severity) at the app: wrong',
      'Correct each, or acknowledge it next to its construct, with a reason. docs/reference/exceptions.md has examples.',
    ]);
  });
});
