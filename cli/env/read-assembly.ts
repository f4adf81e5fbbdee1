import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DESCRIPTION_FORMAT,
  type DescribedMistakes,
  type EnvironmentDescription,
  isDescriptionFile,
  MISTAKES_FILE,
} from '../../lib/describe/description.ts';
import { CommandError } from '../command-error.ts';

/** A description, and the folder that has it and its templates. */
export interface FoundDescription {
  readonly description: EnvironmentDescription;
  readonly folder: string;
}

/** The parts of a CloudFormation template that are read here. */
export interface AssemblyTemplate {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/** Descriptions of all environments in an assembly, sorted by their paths. */
export const readDescriptions = (assembly: string): readonly FoundDescription[] =>
  foldersOf(assembly)
    .flatMap((folder) =>
      readdirSync(folder)
        .filter(isDescriptionFile)
        .map((file) => ({ folder, description: readDescription(join(folder, file)) })),
    )
    .sort(({ description: a }, { description: b }) => (a.path < b.path ? -1 : 1));

const readDescription = (file: string): EnvironmentDescription => {
  const description = readJson(file) as EnvironmentDescription;
  if (description.format === DESCRIPTION_FORMAT) return description;
  throw new CommandError(
    'usage',
    `The app describes its environments in the form ${description.format}; this command line reads the form ${DESCRIPTION_FORMAT}.`,
    'Install the same version of @postern/cdk and @postern/cli.',
  );
};

/** The mistakes because of which an app ended, if they are ours. */
export const readMistakes = (assembly: string): DescribedMistakes | undefined => {
  const [folder] = foldersOf(assembly).filter((one) => readdirSync(one).includes(MISTAKES_FILE));
  return folder === undefined ? undefined : (readJson(join(folder, MISTAKES_FILE)) as DescribedMistakes);
};

/** The templates of both stacks of an environment. */
export const readTemplates = ({ description: { stacks }, folder }: FoundDescription) => ({
  state: readJson(join(folder, stacks.state.template)) as AssemblyTemplate,
  gateway: readJson(join(folder, stacks.gateway.template)) as AssemblyTemplate,
});

/** ARN of the role of `cdk bootstrap` that reads stacks in the account of a stack, if its synthesizer has one. */
export const readLookupRole = ({ description: { stacks }, folder }: FoundDescription): string | undefined => {
  const { artifacts = {} } = readJson(join(folder, 'manifest.json')) as Manifest;
  const [role] = Object.values(artifacts).flatMap(({ properties }) =>
    properties?.templateFile === stacks.state.template && properties.lookupRole?.arn !== undefined
      ? [properties.lookupRole.arn]
      : [],
  );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the CDK
  return role?.replaceAll('${AWS::Partition}', 'aws');
};

/** https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema */
interface Manifest {
  readonly artifacts?: Readonly<
    Record<
      string,
      { readonly properties?: { readonly templateFile?: string; readonly lookupRole?: { readonly arn?: string } } }
    >
  >;
}

/** The folder of an assembly, and those of the stages in it. */
const foldersOf = (assembly: string): readonly string[] => [
  assembly,
  ...readdirSync(assembly, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('assembly-'))
    .flatMap(({ name }) => foldersOf(join(assembly, name))),
];

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
