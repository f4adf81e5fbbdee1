import type { Environment } from './environment.ts';
import { DEPLOYMENT_WAVES } from './operation.ts';

/**
 * Deployed environments as outputs of a GitHub Actions job: `all`, then each wave (`wave1`, `wave2`, `wave3`), each a JSON
 * list of names.
 */
export const waveOutputs = (
  environments: readonly Pick<Environment, 'name' | 'egress' | 'deploymentWave'>[],
): readonly string[] => {
  // The environment of one machine uses URLs without encryption, and is never deployed.
  const deployed = environments.filter(({ egress }) => egress === 'public');
  const namesOf = (some: typeof deployed): string => JSON.stringify(some.map(({ name }) => name));
  return [
    `all=${namesOf(deployed)}`,
    ...DEPLOYMENT_WAVES.map(
      (wave) => `wave${wave}=${namesOf(deployed.filter(({ deploymentWave }) => deploymentWave === wave))}`,
    ),
  ];
};
