import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../cdk-app/app-error.ts';
import { synthesizeApp } from '../../cdk-app/synthesize-app.ts';
import { suggestion } from '../../lib/config/near-names.ts';
import { DESCRIBE_CONTEXT, ENVIRONMENT_CONTEXT } from '../../lib/context-keys.ts';
import type { DescribedMistakes } from '../../lib/describe/description.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { type FoundDescription, readDescriptions, readMistakes } from './read-assembly.ts';

interface EnvironmentOptions {
  /** Name of the environment. Undefined: the only one of the app. */
  readonly name: string | undefined;
  /** True to check the templates with the rules of the CDK too. */
  readonly isValidated?: boolean;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** An environment of an app, with the assembly that has its templates. */
export interface SynthesizedEnvironment extends FoundDescription {
  readonly assembly: string;
}

/** The app made no templates, because its settings have mistakes. */
export class MistakesInApp extends CommandError {
  readonly mistakes: DescribedMistakes;

  constructor(mistakes: DescribedMistakes) {
    super(mistakes.kind === 'unknown-environment' ? 'notFound' : 'usage', mistakes.message);
    this.name = 'MistakesInApp';
    this.mistakes = mistakes;
  }
}

/**
 * Runs the CDK app of the folder, and uses its assembly for one environment. The assembly is removed afterwards.
 * @throws {MistakesInApp} if the settings of the app have mistakes
 * @throws {CommandError} `notFound`, if the app has no such environment
 * @throws {AppError} if the app cannot be run, or fails; what it wrote is on stderr
 */
export const withEnvironment = async <R>(
  context: Context,
  options: EnvironmentOptions,
  use: (environment: SynthesizedEnvironment) => R | Promise<R>,
): Promise<R> => {
  const { cwd, env, io, signal } = context;
  const { name, isValidated = false } = options;
  io.showProgress(name === undefined ? 'Reading the environments …' : `Reading the environment ${name} …`);
  const outdir = mkdtempSync(join(tmpdir(), 'postern-assembly-'));
  let output = '';
  try {
    const assembly = await synthesizeApp({
      cwd,
      env,
      context: {
        ...options.context,
        [DESCRIBE_CONTEXT]: true,
        ...(name !== undefined && { [ENVIRONMENT_CONTEXT]: name }),
      },
      outdir,
      signal,
      onOutput: (text) => {
        output += text;
      },
      isValidated,
    });
    if (output !== '') io.note(output.trimEnd());
    io.showProgress('');
    return await use({ ...choose(readDescriptions(assembly), name), assembly });
  } catch (error) {
    if (!(error instanceof AppError) || error.exit !== 'failed') throw error;
    // The output has the same mistakes, with the stack of the app.
    const mistakes = readMistakes(outdir);
    if (mistakes !== undefined) throw new MistakesInApp(mistakes);
    if (output !== '') io.note(output.trimEnd());
    throw error;
  } finally {
    io.showProgress('');
    rmSync(outdir, { recursive: true });
  }
};

/** The environment with a name or a path, or the only one. */
export const choose = (all: readonly FoundDescription[], name: string | undefined): FoundDescription => {
  const found = all.filter(
    ({ description }) => name === undefined || description.name === name || description.path === name,
  );
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  if (all.length === 0) {
    throw new CommandError(
      'notFound',
      'The app has no environment of Postern.',
      'An environment is a construct: new Postern(app, …) of @postern/cdk.',
    );
  }
  const names = all.map(({ description }) => description.name);
  if (name === undefined) {
    throw new CommandError('usage', `The app has several environments: ${names.join(', ')}.`, 'Name one of them.');
  }
  if (found.length > 0) {
    const paths = found.map(({ description }) => description.path);
    throw new CommandError(
      'usage',
      `The app has several environments "${name}", in different stages.`,
      `Name one by the path of its construct: ${paths.join(' or ')}.`,
    );
  }
  throw new CommandError(
    'notFound',
    `The app has no environment "${name}"; expected one of ${names.join(', ')}.`,
    `${suggestion(name, names)}Name one of them.`,
  );
};
