import { ENVIRONMENTS, loadEnvironments } from '../lib/environment/load.ts';
import { InvalidEnvironment } from '../lib/environment/problem.ts';
import { waveOutputs } from '../lib/environment/waves.ts';

/** Prints which environments the workflow deploys, and in which wave: `tsx bin/list-environments.ts >> "$GITHUB_OUTPUT"`. */
const environments = await loadEnvironments(() => undefined, ENVIRONMENTS).catch((error: unknown): never => {
  if (!(error instanceof InvalidEnvironment)) throw error;
  console.error(error.message);
  process.exit(1);
});
console.log(waveOutputs(environments).join('\n'));
