import { readEnvironment } from '../../lib/config/read.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import { SWITCHED } from './switched-environments.ts';
import { anApp, NO_CODE } from './synthesize.ts';

/**
 * Writes the templates of the environments with all features switched on, for cfn-lint and checkov: `tsx
 * test/support/synthesize-switched.ts FOLDER`. `test/lib/validation/findings.test.ts` checks the same environments with
 * the CDK's rules and cdk-nag.
 */
const [, , outdir] = process.argv;
if (outdir === undefined) throw new Error('Name the folder: tsx test/support/synthesize-switched.ts FOLDER');
const app = anApp(outdir);
// Uses the same option as the CDK CLI: cfn-lint recognizes templates of the CDK by these paths.
app.node.setContext('aws:cdk:enable-path-metadata', true);
for (const [name, input] of Object.entries(SWITCHED)) {
  new EnvironmentStacks(app, { environment: readEnvironment(name, input), bundles: NO_CODE });
}
app.synth();
