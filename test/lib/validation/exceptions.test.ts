import { CfnResource, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { expect, it } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { PosternStage } from '../../../lib/stage.ts';
import { loadExamples, loadLocal } from '../../support/example-environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { anApp, NO_CODE } from '../../support/synthesize.ts';

interface CheckovSkip {
  readonly id: string;
  readonly comment: string;
}

/** What is acknowledged of the CDK's own rules and of cdk-nag: rules and reasons. */
const acknowledgedOf = ({ node }: IConstruct): readonly (readonly [string, string])[] =>
  node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Record<string, string>));

/** What checkov is told to accept of a resource: rules and reasons. */
const exceptionsOf = (construct: IConstruct): readonly (readonly [string, string])[] => {
  if (!CfnResource.isCfnResource(construct)) return [];
  const told = construct.getMetadata('checkov') as { readonly skip: readonly CheckovSkip[] } | undefined;
  return (told?.skip ?? []).map(({ id, comment }) => [id, comment] as const);
};

/** Places by rule and reason, of what is accepted beside the constructs of any environment, or of one that there may be. */
const accepted = async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const app = anApp();
  const switched = Object.entries(SWITCHED).map(([name, input]) => readEnvironment(name, input));
  for (const environment of [...(await loadExamples()), await loadLocal(), ...switched]) {
    new PosternStage(app, { environment, bundles: NO_CODE });
  }
  const places = new Map<string, Set<string>>();
  for (const construct of app.node.findAll()) {
    for (const [id, reason] of [...acknowledgedOf(construct), ...exceptionsOf(construct)]) {
      const row = `${id.replace(/^[\w-]+::/, '')} | ${reason}`;
      // Without the environment, and without who hears of its alarms: it is the same in each that has it.
      const [, ...path] = construct.node.path.split('/');
      const place = path.join('/').replaceAll('/Resource', '');
      places.set(row, (places.get(row) ?? new Set()).add(place.replace(/(\/Topics\/\w+)\/.*/, '$1/…')));
    }
  }
  return places;
};

it('docs/reference/exceptions.md has every finding that is accepted, with its reason (written by `vitest -u`)', async () => {
  const rows = [...(await accepted())]
    .map(
      ([row, places]) =>
        `| ${row} | ${[...places]
          .sort()
          .map((place) => `\`${place}\``)
          .join(', ')} |`,
    )
    .sort();
  const page = `# Exceptions

What the CDK's own rules, the rule packs of cdk-nag (AwsSolutions, Serverless) and checkov (\`CKV_\`) find and what was
accepted. Each exception stands beside the construct that it is about; no rule is left out for all resources.
This page is written by a test from the constructs of example environments, some of which switch everything on. \`W3010\`
is accepted by the CDK itself, where a stack is told its availability zones.

Wildcards in policies (\`AwsSolutions-IAM5\`) cannot be accepted beside a construct, for the ids of such findings hold names
that CloudFormation makes up: tests write out every statement of every role instead, and hold each right against the calls of
a run (\`test/lib/least-privilege.test.ts\`, \`test/local/least-privilege.test.ts\`).

| rule | reason | where |
|---|---|---|
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../../docs/reference/exceptions.md');
});
