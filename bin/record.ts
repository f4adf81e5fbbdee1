import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deploymentFile, deploymentsBeside, deploymentText, settingsOf } from '../lib/config/deployed-settings.ts';
import { InvalidEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironment } from '../lib/config/load.ts';
import { fileOf } from '../lib/config/source.ts';

const HELP = `npm run record -- ENVIRONMENT

Writes the settings that a running environment cannot change from the environment's file to
deployments/ENVIRONMENT.json. Run it after a successful deployment, and commit the file: synth then refuses to change them.
It is for this repository and copies of it. In an app that uses @postern/cdk, "postern env diff" finds such changes.`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', default: false } },
});
const [name, ...others] = positionals;
if (values.help) {
  console.log(HELP);
} else if (name === undefined || others.length > 0 || name === 'local') {
  console.error(`Name one deployed environment.\n${HELP}`);
  process.exitCode = 2;
} else if (!existsSync(new URL(`${name}.ts`, ENVIRONMENTS))) {
  console.error(`${fileOf(name)} does not exist; expected the file of the deployed environment.`);
  process.exitCode = 2;
} else {
  try {
    const environment = await loadEnvironment(name, () => undefined, ENVIRONMENTS);
    const folder = deploymentsBeside(ENVIRONMENTS);
    mkdirSync(fileURLToPath(folder), { recursive: true });
    writeFileSync(new URL(`${name}.json`, folder), deploymentText(settingsOf(environment)));
    console.log(`${deploymentFile(name)} has the settings of ${fileOf(name)}. Commit it.`);
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
