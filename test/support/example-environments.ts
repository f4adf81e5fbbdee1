import type { Environment } from '../../lib/config/environment.ts';
import { ENVIRONMENTS, loadEnvironments } from '../../lib/config/load.ts';
import { ENVIRONMENT_CONTEXT } from '../../lib/context-keys.ts';

const FOLDER = new URL('example-environments/', import.meta.url);

/**
 * Environments of three kinds. The files in `environments/` belong to the team that deploys: it changes and deletes them.
 * So tests, and the pages that tests write, use these files.
 */
export const loadExamples = (): Promise<readonly Environment[]> => loadEnvironments(() => undefined, FOLDER);

/** One of the examples. */
export const loadExample = (name: 'trial' | 'rehearsal' | 'production'): Promise<Environment> => loadOne(name, FOLDER);

/** The environment of one machine: the one file of `environments/` that every team keeps. */
export const loadLocal = (): Promise<Environment> => loadOne('local', ENVIRONMENTS);

const loadOne = async (name: string, folder: URL): Promise<Environment> => {
  const [environment] = await loadEnvironments((key) => (key === ENVIRONMENT_CONTEXT ? name : undefined), folder);
  if (environment === undefined) throw new Error(`There is no environment ${name}.`);
  return environment;
};
