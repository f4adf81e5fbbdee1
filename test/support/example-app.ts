import { App } from 'aws-cdk-lib';
import { Postern } from '../../cdk/postern.ts';
import { loadEnvironmentFiles } from '../../lib/config/load.ts';
import { bundleFunctions } from '../../lib/functions/bundles.ts';
import { stackNamePrefix } from '../../lib/names.ts';

/** A CDK app with the example environments, as a team's app with several files. Tests run it by its path. */
const app = new App();
const files = await loadEnvironmentFiles(
  (key) => app.node.tryGetContext(key),
  new URL('example-environments/', import.meta.url),
);
const bundles = await bundleFunctions();
for (const { environment, input } of files) {
  const { account, region, runsOn: _, ...settings } = input;
  const { name } = environment;
  new Postern(app, stackNamePrefix(name), { env: { account, region }, environment: { ...settings, name }, bundles });
}
