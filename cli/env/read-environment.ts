import { readFileSync } from 'node:fs';
import type { Environment } from '../../lib/config/environment.ts';
import { ENVIRONMENT_CONTEXT, ENVIRONMENTS, loadEnvironments } from '../../lib/config/load.ts';

export type CdkContext = Readonly<Record<string, unknown>>;

/** Context of `cdk.json`. Without its feature flags the templates would differ from the deployed ones. */
export const readCdkContext = (): CdkContext =>
  (JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as { readonly context: CdkContext })
    .context;

/** Reads and checks one environment, and compares it with the settings of its deployment. */
export const loadEnvironment = async (name: string, context: CdkContext): Promise<Environment> => {
  const settings: CdkContext = { ...context, [ENVIRONMENT_CONTEXT]: name };
  const [environment] = await loadEnvironments((key) => settings[key], ENVIRONMENTS);
  if (environment === undefined) throw new Error(`There is no environment "${name}".`);
  return environment;
};
