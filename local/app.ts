import { App } from 'aws-cdk-lib';
import { describeLocal } from '../lib/config/local-form.ts';
import { readEnvironment } from '../lib/config/read.ts';
import { LOCAL_CONTEXT } from '../lib/context-keys.ts';
import { EnvironmentStacks } from '../lib/environment-stacks.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { writeLocalDescription } from '../lib/local-description.ts';
import { type LocalOptions, localEnvironment } from './environment.ts';

/** The CDK app of the environment `local`. `npm start` runs it with its ports and keys in the context. */
const app = new App();
const options = JSON.parse(String(app.node.tryGetContext(LOCAL_CONTEXT))) as LocalOptions;
const environment = readEnvironment('local', localEnvironment(options));
const stacks = new EnvironmentStacks(app, { environment, bundles: await bundleFunctions() });
writeLocalDescription(stacks, describeLocal(environment), stacks);
