import { App } from 'aws-cdk-lib';
import { Postern } from '../cdk/postern.ts';
import { InvalidContext, InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironmentFiles } from '../lib/config/load.ts';
import { writeMistakes } from '../lib/describe/write-description.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { stackNamePrefix } from '../lib/names.ts';

const app = new App();
const build = async (): Promise<void> => {
  const files = await loadEnvironmentFiles((key) => app.node.tryGetContext(key), ENVIRONMENTS);
  const bundles = await bundleFunctions();
  for (const { environment, input } of files) {
    const { account, region, runsOn: _, ...settings } = input;
    new Postern(app, stackNamePrefix(environment.name), {
      env: { account, region },
      environment: { ...settings, name: environment.name },
      bundles,
    });
  }
};
await build().catch((error: unknown): never => {
  // These errors are in the user's input, so our stack trace would not help. Other errors are ours and keep their trace.
  if (![InvalidContext, InvalidEnvironment, UnknownEnvironment].some((kind) => error instanceof kind)) throw error;
  console.error((error as Error).message);
  writeMistakes(app, error);
  // Exit at once: an app that ends by itself would write an empty assembly.
  process.exit(1);
});
