import { App } from 'aws-cdk-lib';
import { InvalidContext, InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironments } from '../lib/config/load.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { PosternStage } from '../lib/stage.ts';

const app = new App();
const build = async (): Promise<void> => {
  const environments = await loadEnvironments((key) => app.node.tryGetContext(key), ENVIRONMENTS);
  const bundles = await bundleFunctions();
  for (const environment of environments) new PosternStage(app, { environment, bundles });
};
await build().catch((error: unknown): never => {
  // These errors are in the user's input, so our stack trace would not help. Other errors are ours and keep their trace.
  if (![InvalidContext, InvalidEnvironment, UnknownEnvironment].some((kind) => error instanceof kind)) throw error;
  console.error((error as Error).message);
  // Exit at once: an app that ends by itself would write an empty assembly.
  process.exit(1);
});
