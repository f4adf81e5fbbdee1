import { InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironments } from '../lib/config/load.ts';
import { waveOutputs } from '../lib/config/waves.ts';

/** Prints the environments that the workflow deploys, with their waves: `tsx bin/list-environments.ts >> "$GITHUB_OUTPUT"`. */
const environments = await loadEnvironments(() => undefined, ENVIRONMENTS).catch((error: unknown): never => {
  if (!(error instanceof InvalidEnvironment || error instanceof UnknownEnvironment)) throw error;
  console.error(error.message);
  process.exit(1);
});
console.log(waveOutputs(environments).join('\n'));
