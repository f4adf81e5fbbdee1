import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SigningKind } from '../../lambda/contract/signing.ts';
import type { Environment } from './environment.ts';
import { InvalidEnvironment } from './errors.ts';
import { type IngressStep, ingressStepOf } from './ingress.ts';
import { resumesWorkflows } from './resumes.ts';
import { fileSource } from './source.ts';

/** Settings of a deployed environment that cannot change freely: `deployments/NAME.json`. */
export interface DeployedSettings {
  readonly account: string;
  readonly region: string;
  readonly origin: string;
  readonly availabilityZones: readonly string[];
  /** The existing network and its subnets; `null` if the stack makes the network. */
  readonly network: { readonly vpcId: string; readonly publicSubnetIds: readonly string[] } | null;
  readonly privateLink: boolean;
  readonly protected: boolean;
  readonly indexShards: number;
  readonly signingKeys: Environment['signingKeys'];
  /** Absent if a version without the setting wrote the file. Its receivers do not read the table of signing keys. */
  readonly signing?: SigningKind;
  /** True if applications resume workflows. Absent if a version without the setting wrote the file. */
  readonly resumes?: boolean;
  /**
   * The user pool, and true if the gateway uses it; `null` if the environment makes none. Absent if a version without the setting
   * wrote the file.
   */
  readonly cognito?: { readonly domainPrefix: string; readonly isUsed: boolean } | null;
  /** Absent if a version without the setting wrote the file: a load balancer serves every request. */
  readonly ingress?: IngressStep;
}

/** Folder with the settings of deployed environments, beside the folder of their files. */
export const deploymentsBeside = (environments: URL): URL => new URL('../deployments/', environments);

/** The settings of an environment that its deployment file holds. */
export const settingsOf = (environment: Environment): DeployedSettings => ({
  account: environment.account,
  region: environment.region,
  origin: environment.origin,
  availabilityZones: environment.availabilityZones,
  network:
    environment.network === undefined
      ? null
      : { vpcId: environment.network.vpcId, publicSubnetIds: environment.network.publicSubnetIds },
  privateLink: environment.privateLink !== undefined,
  protected: environment.protected,
  indexShards: environment.indexShards,
  signingKeys: environment.signingKeys,
  signing: environment.signing.kind,
  resumes: resumesWorkflows(environment),
  cognito:
    environment.cognito === undefined
      ? null
      : { domainPrefix: environment.cognito.domainPrefix, isUsed: environment.identityProvider === undefined },
  ingress: ingressStepOf(environment),
});

/** Path of the file, for messages. */
export const deploymentFile = (name: string): string => `deployments/${name}.json`;

/** Names of the recorded environments. */
export const deployedNames = (folder: URL): readonly string[] =>
  existsSync(folder)
    ? readdirSync(fileURLToPath(folder))
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length))
        .sort()
    : [];

/**
 * Returns the recorded settings of an environment, or nothing if it was never recorded.
 * @throws {InvalidEnvironment} if `npm run record` did not write the file
 */
export const readDeployedSettings = (name: string, folder: URL): DeployedSettings | undefined => {
  const file = new URL(`${name}.json`, folder);
  if (!existsSync(file)) return undefined;
  const value = parse(readFileSync(file, 'utf8'));
  const missing = PROPERTIES.filter(
    (property) => !ADDED_LATER.includes(property) && !Object.hasOwn(Object(value) as object, property),
  );
  if (missing.length > 0) {
    throw new InvalidEnvironment(fileSource(name), [
      {
        at: deploymentFile(name),
        value: value === undefined ? 'no JSON' : `without ${missing.join(', ')}`,
        expected: 'the settings of the deployed environment',
        remedy: `Restore the file, or write it again with \`npm run record -- ${name}\` while the environment's file has the settings that are deployed.`,
      },
    ]);
  }
  return value as DeployedSettings;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Text of the file. Each setting has a line, so that a change is easy to read. */
export const deploymentText = (settings: DeployedSettings): string =>
  `{\n${PROPERTIES.map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(settings[name])}`).join(',\n')}\n}\n`;

const PROPERTIES = Object.keys({
  account: true,
  region: true,
  origin: true,
  availabilityZones: true,
  network: true,
  privateLink: true,
  protected: true,
  indexShards: true,
  signingKeys: true,
  signing: true,
  resumes: true,
  cognito: true,
  ingress: true,
} satisfies Record<keyof DeployedSettings, true>) as readonly (keyof DeployedSettings)[];

/** Settings that files of earlier versions do not have. */
const ADDED_LATER: readonly (keyof DeployedSettings)[] = ['signing', 'resumes', 'cognito', 'ingress'];
