import { FEATURE_FLAGS } from '../../lib/feature-flags.ts';
import repository from '../../package.json' with { type: 'json' };
import type { AppSettings } from './app-settings.ts';
import type { PackageVersions } from './packages.ts';

/** `package.json` of a new app. It pins the versions that Postern is tested with. */
export const makeManifest = (
  { domain, name }: AppSettings,
  stackPrefix: string,
  { cdk, cli }: PackageVersions,
): object => {
  const { dependencies, devDependencies, engines, optionalDependencies } = repository;
  return {
    name: `postern-${name}`,
    version: '1.0.0',
    private: true,
    description: `The gateway for callbacks at ${domain}.`,
    type: 'module',
    engines,
    scripts: {
      synth: 'cdk synth --quiet',
      test: 'tsc && node --import tsx --test test/templates.test.ts',
      start: `postern dev --environment ${name}`,
      cost: `postern env cost ${name}`,
      diff: `postern env diff ${name}`,
      deploy: `cdk deploy "${stackPrefix}/*"`,
      'record-state': 'node --import tsx test/record.ts',
    },
    dependencies: {
      '@postern/cdk': cdk,
      'aws-cdk-lib': dependencies['aws-cdk-lib'],
      constructs: dependencies.constructs,
    },
    devDependencies: {
      '@postern/cli': cli,
      '@types/node': devDependencies['@types/node'],
      'aws-cdk': devDependencies['aws-cdk'],
      tsx: devDependencies.tsx,
      typescript: devDependencies.typescript,
    },
    // The database engine and the Node of the functions, for "npm start".
    optionalDependencies,
  };
};

/** `cdk.json` of a new app, with the feature flags of Postern for its other stacks. */
export const makeCdkJson = (): object => ({
  app: 'node --import tsx bin/app.ts',
  versionReporting: false,
  notices: false,
  context: { 'cli-telemetry': false, ...FEATURE_FLAGS },
});
