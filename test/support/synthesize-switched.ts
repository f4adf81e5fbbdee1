import { readEnvironment } from '../../lib/config/read.ts';
import { PosternStage } from '../../lib/stage.ts';
import { SWITCHED } from './switched-environments.ts';
import { anApp, NO_CODE } from './synthesize.ts';

/**
 * Writes the templates of the environments that switch everything on, for checkers that read templates:
 * `tsx test/support/synthesize-switched.ts FOLDER`. `test/lib/validation/findings.test.ts` holds the same environments against
 * the CDK's rules and cdk-nag.
 */
const [, , outdir] = process.argv;
if (outdir === undefined) throw new Error('Name the folder: tsx test/support/synthesize-switched.ts FOLDER');
const app = anApp(outdir);
// As the CDK's command line has it: by these paths cfn-lint knows a template of the CDK.
app.node.setContext('aws:cdk:enable-path-metadata', true);
for (const [name, input] of Object.entries(SWITCHED)) {
  new PosternStage(app, { environment: readEnvironment(name, input), bundles: NO_CODE });
}
app.synth();
