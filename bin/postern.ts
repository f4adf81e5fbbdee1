import { App } from 'aws-cdk-lib';
import { InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironments } from '../lib/config/load.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { PosternStage } from '../lib/stage.ts';

const app = new App();
const environments = await loadEnvironments((key) => app.node.tryGetContext(key), ENVIRONMENTS).catch(
  (error: unknown): never => {
    // These errors are in the user's file, so our stack trace would not help. Other errors are ours and keep their trace.
    if (!(error instanceof InvalidEnvironment || error instanceof UnknownEnvironment)) throw error;
    console.error(error.message);
    // Exit at once: an app that ends by itself would write an empty assembly.
    process.exit(1);
  },
);
const bundles = await bundleFunctions();
for (const environment of environments) new PosternStage(app, { environment, bundles });
