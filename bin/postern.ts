import { App } from 'aws-cdk-lib';
import { loadEnvironments } from '../lib/environment/load.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { PosternStage } from '../lib/stage.ts';

const app = new App();
const environments = await loadEnvironments((key) => app.node.tryGetContext(key));
const bundles = await bundleFunctions();
for (const environment of environments) new PosternStage(app, { environment, bundles });
