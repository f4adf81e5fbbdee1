import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { comparedPaths, type EnvironmentRecord, type StackRecord } from '../../lib/update/record.ts';
import { type Requirements, requirementsNow } from '../../tools/release/requirements.ts';

/** Folder with a folder for each release, and `next`. */
const FOLDER = new URL('./', import.meta.url);

/** Folder with what the next release will have, as far as it is known: environments that main deployed are updated too. */
export const NEXT = 'next';

/** Recorded releases, the earliest first. */
export const releases = (): readonly string[] =>
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== NEXT)
    .map(({ name }) => name)
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));

/** Every folder with records: the releases, and `next` if main has gained something since the last one. */
export const recordedVersions = (): readonly string[] => [...releases(), ...(existsSync(folderOf(NEXT)) ? [NEXT] : [])];

/** Path of the folder of a version. */
export const folderOf = (version: string): string => fileURLToPath(new URL(version, FOLDER));

/** Kinds of environments that a version has a record of. */
export const kindsOf = (version: string): readonly string[] =>
  readdirSync(folderOf(version))
    .filter((file) => file !== COMPARED && file !== REQUIREMENTS)
    .map((file) => file.replace(/\.json$/, ''))
    .sort();

export const readRecord = (version: string, kind: string): EnvironmentRecord =>
  JSON.parse(readFileSync(`${folderOf(version)}/${kind}.json`, 'utf8')) as EnvironmentRecord;

const COMPARED = 'compared.json';
const REQUIREMENTS = 'requirements.json';

/**
 * Drops properties that were not compared when the version was recorded. What is compared may grow, and a property that was not
 * recorded is not a property that the version did not have.
 */
export const asComparedIn = (version: string, { gateway, state }: EnvironmentRecord): EnvironmentRecord => {
  const compared = JSON.parse(readFileSync(`${folderOf(version)}/${COMPARED}`, 'utf8')) as Readonly<
    Record<string, readonly string[]>
  >;
  const stack = ({ resources, ...rest }: StackRecord): StackRecord => ({
    ...rest,
    resources: Object.fromEntries(
      Object.entries(resources).map(([id, resource]) => {
        const paths = compared[resource.type] ?? Object.keys(resource.properties);
        const kept = Object.entries(resource.properties).filter(([path]) => paths.includes(path));
        return [id, { ...resource, properties: Object.fromEntries(kept) }];
      }),
    ),
  });
  return { state: stack(state), gateway: stack(gateway) };
};

/** Reads what the packages of a version require. A version from before the packages required nothing. */
export const readRequirements = (version: string): Requirements => {
  const file = `${folderOf(version)}/${REQUIREMENTS}`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Requirements) : {};
};

/** Writes the records of a version, by kind, which properties are compared, and what the packages require. */
export const writeRecords = (version: string, records: Readonly<Record<string, EnvironmentRecord>>): void => {
  const folder = folderOf(version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const types = new Set<string>();
  for (const [kind, record] of Object.entries(records)) {
    for (const { resources } of [record.state, record.gateway]) {
      for (const { type } of Object.values(resources)) types.add(type);
    }
    writeFileSync(`${folder}/${kind}.json`, textOf(record));
  }
  const compared = [...types].sort().map((type) => `  ${JSON.stringify(type)}: ${JSON.stringify(comparedPaths(type))}`);
  writeFileSync(`${folder}/${COMPARED}`, `{\n${compared.join(',\n')}\n}\n`);
  writeFileSync(`${folder}/${REQUIREMENTS}`, `${JSON.stringify(requirementsNow(), null, 2)}\n`);
};

/** A line for each resource, so that a change can be read. */
const textOf = ({ gateway, state }: EnvironmentRecord): string => {
  const stack = ({ exports, imports, resources }: StackRecord): string => {
    const lines = Object.entries(resources)
      // The id of a version of a function changes with its code.
      .filter(([, { type }]) => type !== 'AWS::Lambda::Version')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, resource]) => `      ${JSON.stringify(id)}: ${JSON.stringify(resource)}`);
    const exported = Object.entries(exports).map(
      ([name, value]) => `      ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
    );
    return `{
    "resources": {\n${lines.join(',\n')}\n    },
    "exports": {\n${exported.join(',\n')}\n    },
    "imports": ${JSON.stringify(imports)}
  }`;
  };
  return `{\n  "state": ${stack(state)},\n  "gateway": ${stack(gateway)}\n}\n`;
};
