import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { REGISTRY_FILE } from '../../lambda/contract/registry.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { anApp, NO_CODE } from '../support/synthesize.ts';
import { test as it } from '../support/unit-fixtures.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_TEMPLATE_BYTES = 1_000_000;
/**
 * A fiftieth of the quota of a function, 250 MB unpacked.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_REGISTRY_BYTES = 5_000_000;

const PROCESSORS = 10_000;

it('ten thousand processors fit: templates and code stay within AWS limits', ({ folder }) => {
  const processors = Object.fromEntries(
    Array.from({ length: PROCESSORS }, (_, i) => [
      `processor-${i}`,
      { carriers: ['header'], contentTypes: ['application/json'] },
    ]),
  );
  const app = anApp(folder);
  new EnvironmentStacks(app, {
    environment: readEnvironment('test', anAwsEnvironment({ processors })),
    bundles: NO_CODE,
  });
  app.synth();

  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const templates = files.filter((file) => file.endsWith('.template.json'));
  expect(templates).toHaveLength(2);
  for (const template of templates) {
    expect(readFileSync(join(folder, template)).length, template).toBeLessThan(MAX_TEMPLATE_BYTES);
  }
  const registries = files
    .filter((file) => file.endsWith(REGISTRY_FILE))
    .map((file) => readFileSync(join(folder, file)));
  expect(registries.length).toBeGreaterThan(0);
  for (const registry of registries) {
    expect(Object.keys(JSON.parse(registry.toString('utf8')))).toHaveLength(PROCESSORS);
    expect(registry.length).toBeLessThan(MAX_REGISTRY_BYTES);
  }
});
