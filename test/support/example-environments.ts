import type { Environment } from '../../lib/config/environment.ts';
import { loadEnvironments } from '../../lib/config/load.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { ENVIRONMENT_CONTEXT } from '../../lib/context-keys.ts';
import { type LocalOptions, localEnvironment } from '../../local/environment.ts';

const FOLDER = new URL('example-environments/', import.meta.url);

/**
 * Environments of three kinds. The files in `environments/` belong to the team that deploys: it changes and deletes them.
 * So tests, and the pages that tests write, use these files.
 */
export const loadExamples = (): Promise<readonly Environment[]> => loadEnvironments(() => undefined, FOLDER);

/** One of the examples. */
export const loadExample = (name: 'trial' | 'rehearsal' | 'production'): Promise<Environment> => loadOne(name, FOLDER);

/** A key for a template that is only inspected. Its private half was deleted. */
const NOBODYS_KEY = {
  kid: 'nobody',
  kty: 'EC',
  crv: 'P-256',
  x: 'iBm_bsxFuGkVimVI6sbrVWRCsWxWFegjEhkL5GcXrdM',
  y: 'ynNP4hGJxWyccXPaVTt-90NVjzwr1MvbLA3kTvL1qg0',
};

/** The ports that `npm start` has without variables. */
export const LOCAL_OPTIONS: LocalOptions = {
  gatewayPort: 8080,
  idpPort: 8081,
  standInPort: 8082,
  hasKmsSigningKey: false,
  webhookOrigin: 'http://127.0.0.1:5000',
  processorKeys: { dpop: NOBODYS_KEY, signed: NOBODYS_KEY, encryption: NOBODYS_KEY },
};

/** The environment that `npm start` runs. */
export const loadLocal = (): Environment => readEnvironment('local', localEnvironment(LOCAL_OPTIONS));

const loadOne = async (name: string, folder: URL): Promise<Environment> => {
  const [environment] = await loadEnvironments((key) => (key === ENVIRONMENT_CONTEXT ? name : undefined), folder);
  if (environment === undefined) throw new Error(`There is no environment ${name}.`);
  return environment;
};
