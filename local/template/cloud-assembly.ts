import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A CloudFormation template as the CDK writes it. */
export interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface TemplateOutput {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
}

/** One stack of a cloud assembly. */
export interface Stack {
  readonly name: string;
  readonly template: Template;
  /** Folder or file of each asset, by its object key in the template. */
  readonly assets: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly artifacts?: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly properties?: { readonly templateFile?: string; readonly stackName?: string; readonly file?: string };
      }
    >
  >;
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
  readonly dockerImages?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly directory?: string };
        readonly destinations: Readonly<Record<string, { readonly imageTag: string }>>;
      }
    >
  >;
}

/**
 * Reads stacks from the folder of an app or a stage in a cloud assembly.
 * https://docs.aws.amazon.com/cdk/v2/guide/deploy-assets.html
 * @param names of the stacks. An app may have others
 * @throws {Error} if a stack is missing
 */
export const readCloudAssembly = (directory: string, names: readonly string[]): readonly Stack[] => {
  const stacks = stacksIn(directory);
  return names.map((name) => {
    const stack = stacks.find((one) => one.name === name);
    if (stack === undefined) throw new Error(`The cloud assembly in ${directory} has no stack ${name}.`);
    return stack;
  });
};

const stacksIn = (directory: string): readonly Stack[] => {
  const manifestFile = join(directory, 'manifest.json');
  if (!existsSync(manifestFile)) throw new Error(`No cloud assembly in ${directory}: manifest.json is missing.`);
  const artifacts = Object.entries(readJson<Manifest>(manifestFile).artifacts ?? {});
  const assets = new Map(assetManifestsIn(directory).flatMap((manifest) => readAssets(directory, manifest)));
  return artifacts.flatMap(([id, { type, properties }]) =>
    type === 'aws:cloudformation:stack' && properties?.templateFile !== undefined
      ? [
          {
            name: properties.stackName ?? id,
            template: readJson<Template>(join(directory, properties.templateFile)),
            assets,
          },
        ]
      : [],
  );
};

/** Names of the values that the other stacks of an app export. */
export const exportsOfOthers = (directory: string, names: readonly string[]): readonly string[] =>
  stacksIn(directory)
    .filter(({ name }) => !names.includes(name))
    .flatMap(({ template }) => Object.values(template.Outputs ?? {}))
    .flatMap(({ Export: exported }) => (typeof exported?.Name === 'string' ? [exported.Name] : []));

const assetManifestsIn = (directory: string): readonly AssetManifest[] =>
  Object.values(readJson<Manifest>(join(directory, 'manifest.json')).artifacts ?? {}).flatMap(({ type, properties }) =>
    type === 'cdk:asset-manifest' && properties?.file !== undefined
      ? [readJson<AssetManifest>(join(directory, properties.file))]
      : [],
  );

const readAssets = (
  directory: string,
  { files = {} }: AssetManifest,
): readonly (readonly [objectKey: string, path: string])[] =>
  Object.values(files).flatMap(({ source, destinations }) =>
    source.path === undefined
      ? []
      : Object.values(destinations).map(
          ({ objectKey }) => [objectKey, join(directory, source.path as string)] as const,
        ),
  );

/** Folder from which each image asset is built, by the tag of the image. */
export const imageFoldersOf = (directory: string): ReadonlyMap<string, string> =>
  new Map(
    assetManifestsIn(directory).flatMap(({ dockerImages = {} }) =>
      Object.values(dockerImages).flatMap(({ source, destinations }) =>
        source.directory === undefined
          ? []
          : Object.values(destinations).map(
              ({ imageTag }) => [imageTag, join(directory, source.directory as string)] as const,
            ),
      ),
    ),
  );

const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
