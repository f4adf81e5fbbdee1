import { App } from 'aws-cdk-lib';
import { InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironments } from '../lib/config/load.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { PosternStage } from '../lib/stage.ts';

const app = new App();
const environments = await loadEnvironments((key) => app.node.tryGetContext(key), ENVIRONMENTS).catch(
  (error: unknown): never => {
    // What is wrong is in a file of the reader's: where it was noticed in ours helps nobody. An error of another kind is
    // ours, and shows where it comes from.
    if (!(error instanceof InvalidEnvironment || error instanceof UnknownEnvironment)) throw error;
    console.error(error.message);
    // At once: an app that is left to end by itself would write an assembly with nothing in it.
    process.exit(1);
  },
);
const bundles = await bundleFunctions();
for (const environment of environments) new PosternStage(app, { environment, bundles });
