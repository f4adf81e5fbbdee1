import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { AppError } from './app-error.ts';
import { type CdkApp, findApp, upwards } from './find-app.ts';

export interface SynthesisOptions {
  /** A folder of the app, or below it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Context besides that of `cdk.json`. It wins. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Absolute path of the folder for the assembly. */
  readonly outdir: string;
  /** Stops the app. */
  readonly signal: AbortSignal;
  /** Gets what the app writes to stdout and stderr. */
  readonly onOutput: (text: string) => void;
  /** True to check the templates with the rules of the CDK too, which takes seconds. Other checks of the app always run. */
  readonly isValidated: boolean;
}

/**
 * Runs the CDK app of a folder as the CDK's command line does, without AWS. The app reads the account and the Region of
 * `CDK_DEFAULT_ACCOUNT` and `CDK_DEFAULT_REGION` as they are set: unlike the CDK's command line, this asks no service for them.
 * https://docs.aws.amazon.com/cdk/v2/guide/configure-env.html
 * @returns the folder of the assembly
 * @throws {AppError} `usage` if there is no app, `failed` if it fails or makes no assembly
 * @throws the reason of the signal
 */
export const synthesizeApp = async (options: SynthesisOptions): Promise<string> => {
  const { context, cwd, env, isValidated, outdir, signal } = options;
  signal.throwIfAborted();
  const app = findApp(cwd, env.HOME);
  const passed = passContext({
    ...app.context,
    // An app with findings writes them to validation-report.json all the same, and so ends well.
    '@aws-cdk/core:failSynthOnValidationErrors': false,
    ...context,
  });
  try {
    const ended = await run(app, options, {
      ...env,
      PATH: [...programFolders(app.folder), ...(env.PATH ? [env.PATH] : [])].join(delimiter),
      CDK_DEFAULT_REGION: env.CDK_DEFAULT_REGION ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION,
      CDK_OUTDIR: outdir,
      // npx would write about new versions of npm into the output.
      npm_config_update_notifier: 'false',
      ...(!isValidated && { CDK_VALIDATION: 'false' }),
      ...passed.variables,
    });
    signal.throwIfAborted();
    if (ended !== 0) {
      throw new AppError(
        'failed',
        `The app of ${app.folder} (${app.command}) ended with ${ended}.`,
        'What it wrote is above. "npx cdk synth" runs the same command.',
      );
    }
  } finally {
    passed.remove();
  }
  if (existsSync(join(outdir, 'manifest.json'))) return outdir;
  throw new AppError(
    'failed',
    `The app of ${app.folder} (${app.command}) wrote no templates into the folder of the variable CDK_OUTDIR.`,
    'Check that it makes an App of aws-cdk-lib, and that its App has no "outdir".',
  );
};

/** Programs of the packages, which npx and npm scripts find too. */
const programFolders = (folder: string): readonly string[] =>
  upwards(folder).map((one) => join(one, 'node_modules', '.bin'));

/** One variable of a process on Linux has at most 131,072 bytes (MAX_ARG_STRLEN of execve(2)). */
const MAX_CONTEXT_BYTES = 100_000;

/** Passes the context in a variable, or in a file if it is too long. */
const passContext = (context: Readonly<Record<string, unknown>>) => {
  const text = JSON.stringify(context);
  if (Buffer.byteLength(text) <= MAX_CONTEXT_BYTES) {
    return { variables: { CDK_CONTEXT_JSON: text }, remove: () => {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'postern-context-'));
  const file = join(folder, 'context.json');
  writeFileSync(file, text);
  return {
    variables: { CDK_CONTEXT_JSON: '{}', CONTEXT_OVERFLOW_LOCATION_ENV: file },
    remove: () => rmSync(folder, { recursive: true }),
  };
};

/** @returns the exit code, or the name of the signal that ended the app */
const run = (
  { command, folder }: CdkApp,
  { onOutput, signal }: SynthesisOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number | string> =>
  new Promise((resolve, reject) => {
    // A separate group, so that the end reaches the programs that the shell starts.
    const child = spawn(command, {
      cwd: folder,
      env,
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onOutput);
    const stop = (): void => stopGroup(child.pid);
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code, name) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? name ?? 1);
    });
  });

const stopGroup = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGTERM');
  } catch {
    // It has ended meanwhile.
  }
};
