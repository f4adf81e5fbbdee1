import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../command-error.ts';
import cli from '../package.json' with { type: 'json' };

/** Versions of Postern's packages in a `package.json`. */
export interface PackageVersions {
  readonly cdk: string;
  readonly cli: string;
}

/** Packages of the version of this command line, from the registry. */
export const REGISTRY_PACKAGES: PackageVersions = { cdk: cli.version, cli: cli.version };

/** Folder of the app with copies of the tarballs, so that the app installs on every machine. */
const FOLDER = 'packages';

const TARBALLS: PackageVersions = { cdk: `postern-cdk-${cli.version}.tgz`, cli: `postern-cli-${cli.version}.tgz` };

/** Packages from the tarballs in the app. */
export const TARBALL_PACKAGES: PackageVersions = {
  cdk: `file:${FOLDER}/${TARBALLS.cdk}`,
  cli: `file:${FOLDER}/${TARBALLS.cli}`,
};

/**
 * Finds the tarballs of this version in a folder.
 * @returns their paths by their paths in the app
 * @throws {CommandError} `usage`, if one is missing
 */
export const findTarballs = (folder: string): ReadonlyMap<string, string> => {
  const names = Object.values(TARBALLS);
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    throw new CommandError(
      'usage',
      `--packages: ${folder} has no ${missing.join(' and no ')}.`,
      'In a checkout of Postern of the same version, "npm run pack -- --out DIR" makes them.',
    );
  }
  return new Map(names.map((name) => [`${FOLDER}/${name}`, join(folder, name)]));
};
