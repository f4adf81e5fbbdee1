import { Validations } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { loadEnvironments } from '../../../lib/environment/load.ts';
import { PosternStage } from '../../../lib/stage.ts';
import { anApp, NO_CODE } from '../../support/synthesize.ts';

/** Places by rule and reason, of what is acknowledged beside the constructs of any environment. */
const acknowledged = async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const app = anApp();
  for (const environment of await loadEnvironments(() => undefined)) {
    new PosternStage(app, { environment, bundles: NO_CODE });
  }
  const places = new Map<string, Set<string>>();
  for (const { node } of app.node.findAll()) {
    for (const { data, type } of node.metadata) {
      if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue;
      for (const [id, reason] of Object.entries(data as Record<string, string>)) {
        const row = `${id.replace(/^[\w-]+::/, '')} | ${reason}`;
        // Without the environment: it is the same in each that has it.
        const [, ...path] = node.path.split('/');
        places.set(row, (places.get(row) ?? new Set()).add(path.join('/').replace(/\/Resource$/, '')));
      }
    }
  }
  return places;
};

it('docs/exceptions.md has every finding that is acknowledged, with its reason (written by `vitest -u`)', async () => {
  const rows = [...(await acknowledged())]
    .map(
      ([row, places]) =>
        `| ${row} | ${[...places]
          .sort()
          .map((place) => `\`${place}\``)
          .join(', ')} |`,
    )
    .sort();
  const page = `# Exceptions

What the CDK's own rules and the rule packs of cdk-nag (AwsSolutions, Serverless) find and what was accepted, beside the
construct that it is about. This page is written by a test from the constructs of every environment. \`W3010\` is accepted by
the CDK itself, where a stack is told its availability zones.

Wildcards in policies (\`AwsSolutions-IAM5\`) cannot be accepted beside a construct, for the ids of such findings hold names
that CloudFormation makes up: tests write out every statement of every role instead, and hold each right against the calls of
a run (\`test/lib/least-privilege.test.ts\`, \`test/local/least-privilege.test.ts\`).

| rule | reason | where |
|---|---|---|
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../../docs/exceptions.md');
});
