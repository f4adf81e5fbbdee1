import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../command-error.ts';
import cli from '../package.json' with { type: 'json' };

/** Versions of Postern's packages in a `package.json`. */
export interface PackageVersions {
  readonly cdk: string;
  readonly cli: string;
}

/** Where a new app gets the packages of Postern from. */
export interface PackageSource {
  readonly versions: PackageVersions;
  /** Tarballs to copy, by their paths in the app. */
  readonly copies: ReadonlyMap<string, string>;
}

/**
 * True once the public registry has the packages of Postern. Before that, somebody else could register the names, and their code
 * would run on the machine of everyone who installs the app.
 */
const ARE_PUBLISHED: boolean = false;

/** Packages of the version of this command line, from the registry. */
const REGISTRY_PACKAGES: PackageVersions = { cdk: cli.version, cli: cli.version };

/** Folder of the app with copies of the tarballs, so that the app installs on every machine. */
const FOLDER = 'packages';

const TARBALLS: PackageVersions = { cdk: `postern-cdk-${cli.version}.tgz`, cli: `postern-cli-${cli.version}.tgz` };

/** Packages from the tarballs in the app. */
const TARBALL_PACKAGES: PackageVersions = {
  cdk: `file:${FOLDER}/${TARBALLS.cdk}`,
  cli: `file:${FOLDER}/${TARBALLS.cli}`,
};

/**
 * Chooses the packages of a new app: the tarballs of a folder, or those of the registry.
 * @throws {CommandError} `usage`, if the folder lacks a tarball, or if there is no folder and the registry has no packages
 */
export const choosePackages = (folder: string | undefined): PackageSource => {
  if (folder !== undefined) return { versions: TARBALL_PACKAGES, copies: findTarballs(folder) };
  if (ARE_PUBLISHED) return { versions: REGISTRY_PACKAGES, copies: new Map() };
  throw new CommandError(
    'usage',
    '--packages is missing; expected a folder with the tarballs of Postern, because no public registry has its packages yet.',
    'In a checkout of Postern, "npm run pack -- --out DIR" makes them. Then add --packages DIR. Nothing was made.',
  );
};

/** How the README of an app says to install a new version. */
export const updateSteps = ({ cdk, cli: command }: PackageVersions): string =>
  [cdk, command].every((version) => version.startsWith('file:'))
    ? `in a checkout of the new version, \`npm run pack -- --out DIR\` makes its tarballs. Copy \`postern-cdk-VERSION.tgz\` and
  \`postern-cli-VERSION.tgz\` into \`${FOLDER}/\`, run \`npm install ./${FOLDER}/postern-cdk-VERSION.tgz ./${FOLDER}/postern-cli-VERSION.tgz\`,
  and delete the former two. Then`
    : '`npm install --save-exact @postern/cdk@latest @postern/cli@latest`. Then';

/** @returns the paths of the tarballs of this version, by their paths in the app */
const findTarballs = (folder: string): ReadonlyMap<string, string> => {
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
