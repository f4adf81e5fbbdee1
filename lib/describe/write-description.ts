import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import { InvalidContext, InvalidEnvironment, UnknownEnvironment } from '../config/errors.ts';
import { DESCRIBE_CONTEXT } from '../context-keys.ts';
import { describeSettings } from './describe-settings.ts';
import {
  DESCRIPTION_FORMAT,
  type DescribedMistakes,
  descriptionFile,
  type EnvironmentDescription,
  MISTAKES_FILE,
} from './description.ts';

/** The parts of a stack that a description has. */
interface NamedStack {
  readonly stackName: string;
  readonly templateFile: string;
}

/**
 * Writes the description of an environment into the assembly at synthesis, if the context asks for it.
 * @param environment returns the environment with what the app granted until synthesis
 */
export const describeAtSynthesis = (
  scope: Construct,
  environment: () => Environment,
  stacks: Readonly<Record<'state' | 'gateway', NamedStack>>,
): void => {
  if (!isWanted(scope)) return;
  // The CDK validates when all constructs are complete, and before it writes templates.
  scope.node.addValidation({
    validate: () => {
      writeDescription(scope, environment(), stacks);
      return [];
    },
  });
};

const writeDescription = (
  scope: Construct,
  environment: Environment,
  stacks: Readonly<Record<'state' | 'gateway', NamedStack>>,
): void => {
  const describeStack = ({ stackName, templateFile }: NamedStack) => ({ name: stackName, template: templateFile });
  write(scope, descriptionFile(environment.name), {
    format: DESCRIPTION_FORMAT,
    name: environment.name,
    path: scope.node.path,
    account: environment.account,
    region: environment.region,
    settings: describeSettings(environment),
    stacks: { state: describeStack(stacks.state), gateway: describeStack(stacks.gateway) },
  } satisfies EnvironmentDescription);
};

/**
 * Writes the mistakes of an environment or of the context into the assembly, if the context asks for it. Its caller throws the
 * error. Of other errors nothing is written.
 */
export const writeMistakes = (scope: Construct, error: unknown): void => {
  const kind = KINDS.find(([type]) => error instanceof type)?.[1];
  if (kind === undefined) return;
  const errors = error instanceof InvalidEnvironment ? error.errors : [];
  write(scope, MISTAKES_FILE, {
    kind,
    message: (error as Error).message,
    errors: errors.map(({ at, expected, remedy }) => ({ at, expected, remedy })),
  } satisfies DescribedMistakes);
};

const KINDS: readonly (readonly [abstract new (...parameters: never[]) => Error, DescribedMistakes['kind']])[] = [
  [UnknownEnvironment, 'unknown-environment'],
  [InvalidEnvironment, 'invalid-environment'],
  [InvalidContext, 'invalid-context'],
];

const isWanted = (scope: Construct): boolean => ['true', true].includes(scope.node.tryGetContext(DESCRIBE_CONTEXT));

const write = (scope: Construct, file: string, value: object): void => {
  // The stage of a stage is the one above it.
  const folder = (Stage.isStage(scope) ? scope : Stage.of(scope))?.outdir;
  if (folder === undefined || !isWanted(scope)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), `${JSON.stringify(value, undefined, 2)}\n`);
};
