import { CfnResource, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { readEnvironment } from '../../lib/config/read.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import { loadExamples, loadLocal } from '../../test/support/example-environments.ts';
import { SWITCHED } from '../../test/support/switched-environments.ts';
import { anApp, NO_CODE } from '../../test/support/synthesize.ts';
import type { GeneratedPage } from './page.ts';

interface CheckovSkip {
  readonly id: string;
  readonly comment: string;
}

/** Returns the findings of the CDK and of cdk-nag that a construct acknowledges, each with its reason. */
const acknowledgedOf = ({ node }: IConstruct): readonly (readonly [rule: string, reason: string])[] =>
  node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Record<string, string>));

/** Returns the findings that a resource lists for checkov to skip, each with its reason. */
const skippedOf = (construct: IConstruct): readonly (readonly [rule: string, reason: string])[] => {
  if (!CfnResource.isCfnResource(construct)) return [];
  const metadata = construct.getMetadata('checkov') as { readonly skip: readonly CheckovSkip[] } | undefined;
  return (metadata?.skip ?? []).map(({ id, comment }) => [id, comment] as const);
};

/** Returns the constructs that accept a finding, by `rule | reason`, over all example environments. */
const accepted = async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const app = anApp();
  const switched = Object.entries(SWITCHED).map(([name, input]) => readEnvironment(name, input));
  for (const environment of [...(await loadExamples()), loadLocal(), ...switched]) {
    new EnvironmentStacks(app, { environment, bundles: NO_CODE });
  }
  const places = new Map<string, Set<string>>();
  for (const construct of app.node.findAll()) {
    for (const [id, reason] of [...acknowledgedOf(construct), ...skippedOf(construct)]) {
      const row = `${id.replace(/^[\w-]+::/, '')} | ${reason}`;
      // The path without the environment and without the subscribers of a topic: they differ between environments.
      const [, ...path] = construct.node.path.split('/');
      const place = path.join('/').replaceAll('/Resource', '');
      places.set(row, (places.get(row) ?? new Set()).add(place.replace(/(\/Topics\/\w+)\/.*/, '$1/…')));
    }
  }
  return places;
};

const render = async (): Promise<string> => {
  const rows = [...(await accepted())]
    .map(
      ([row, places]) =>
        `| ${row} | ${[...places]
          .sort()
          .map((place) => `\`${place}\``)
          .join(', ')} |`,
    )
    .sort();
  return `# Exceptions

Three tools check the templates: the CDK's own rules, the rule packs AwsSolutions and Serverless of cdk-nag, and checkov
(\`CKV_\`). This page lists every finding that Postern accepts, with the reason. Each exception is declared beside the construct
that it is about. No rule is switched off for all resources.

\`npm run docs\` writes this page from the constructs of example environments. Together they switch on every setting.

- The CDK itself accepts \`W3010\` for a stack that is given its availability zones.
- Wildcards in policies (\`AwsSolutions-IAM5\`) cannot be accepted beside a construct, because the ids of these findings contain
  names that CloudFormation makes up. Tests do it instead: \`test/lib/least-privilege.test.ts\` writes out every statement of
  every role, and \`test/local/least-privilege.test.ts\` compares each right with the calls of a run.

| rule | reason | where |
|---|---|---|
${rows.join('\n')}
`;
};

/** The page of accepted findings. */
export const EXCEPTIONS: GeneratedPage = { path: 'docs/reference/exceptions.md', render };
