import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { AppError } from '../../cdk-app/app-error.ts';
import { type SynthesisOptions, synthesizeApp } from '../../cdk-app/synthesize-app.ts';
import { test } from '../support/unit-fixtures.ts';

/** A program in the place of an app: it writes what it was given into its assembly. */
const PROGRAM = `
const { readFileSync, writeFileSync } = require('node:fs');
const { CDK_CONTEXT_JSON, CDK_DEFAULT_REGION, CDK_OUTDIR, CDK_VALIDATION, CONTEXT_OVERFLOW_LOCATION_ENV: long } = process.env;
const context = { ...JSON.parse(CDK_CONTEXT_JSON), ...(long && JSON.parse(readFileSync(long, 'utf8'))) };
console.log('to stdout');
console.error('to stderr');
writeFileSync(CDK_OUTDIR + '/manifest.json', JSON.stringify({ context, cwd: process.cwd(), CDK_DEFAULT_REGION, CDK_VALIDATION, long }));
`;

interface Given {
  readonly context: Readonly<Record<string, unknown>>;
  readonly cwd: string;
  readonly long?: string;
  readonly CDK_DEFAULT_REGION?: string;
  readonly CDK_VALIDATION?: string;
}

/** Makes an app in a folder. */
const writeApp = (folder: string, cdkJson: object, program = PROGRAM): void => {
  writeFileSync(join(folder, 'app.js'), program);
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app: 'node app.js', ...cdkJson }));
};

/** Runs the app of a folder, and returns what its program was given. */
const synthesize = async (folder: string, options: Partial<SynthesisOptions> = {}) => {
  const outdir = join(folder, 'out');
  mkdirSync(outdir);
  let output = '';
  const assembly = await synthesizeApp({
    cwd: folder,
    env: { PATH: process.env.PATH },
    context: {},
    outdir,
    signal: new AbortController().signal,
    onOutput: (text) => {
      output += text;
    },
    isValidated: true,
    ...options,
  });
  return { given: JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8')) as Given, output };
};

/** The error of an app that cannot be run. */
const failureOf = (folder: string, options?: Partial<SynthesisOptions>): Promise<AppError> =>
  synthesize(folder, options).then(
    () => expect.fail('The app ran.'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(AppError);
      return error as AppError;
    },
  );

describe('the context of an app', () => {
  test('is that of cdk.json and cdk.context.json, and that of the caller wins', async ({ ownFolder }) => {
    writeApp(ownFolder, { context: { a: 'project', b: 'project', c: 'project' } });
    writeFileSync(join(ownFolder, 'cdk.context.json'), JSON.stringify({ b: 'looked up', d: 'looked up' }));
    const { given } = await synthesize(ownFolder, { context: { c: 'caller' } });
    expect(given.context).toMatchObject({ a: 'project', b: 'project', c: 'caller', d: 'looked up' });
  });

  test('has what the person set for all apps, where the app has nothing else', async ({ ownFolder }) => {
    writeApp(ownFolder, { context: { a: 'project' } });
    const home = join(ownFolder, 'home');
    mkdirSync(home);
    const settings = { app: 'node elsewhere.js', versionReporting: false, context: { a: 'person', b: 'person' } };
    writeFileSync(join(home, '.cdk.json'), JSON.stringify(settings));
    const { given } = await synthesize(ownFolder, { env: { PATH: process.env.PATH, HOME: home } });
    expect(given.context).toMatchObject({ a: 'project', b: 'person', 'aws:cdk:disable-version-reporting': true });
  });

  test('has the switches that the command line of the CDK passes on', async ({ ownFolder }) => {
    writeApp(ownFolder, {});
    const { given } = await synthesize(ownFolder);
    expect(given.context).toMatchObject({
      'aws:cdk:enable-path-metadata': true,
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:version-reporting': true,
      '@aws-cdk/core:failSynthOnValidationErrors': false,
    });
  });

  test('has the switches that cdk.json turns off', async ({ ownFolder }) => {
    writeApp(ownFolder, { versionReporting: false, pathMetadata: false, assetMetadata: false });
    const { context } = (await synthesize(ownFolder)).given;
    expect(context['aws:cdk:disable-version-reporting']).toBe(true);
    expect(Object.keys(context).filter((key) => /enable-|version-reporting$/.test(key))).toEqual([
      'aws:cdk:disable-version-reporting',
    ]);
  });

  test('goes through a file that is removed afterwards, if it is too long for a variable', async ({ ownFolder }) => {
    const long = 'x'.repeat(200_000);
    writeApp(ownFolder, { context: { long } });
    const { given } = await synthesize(ownFolder);
    expect(given.context.long).toBe(long);
    expect(existsSync(given.long ?? '')).toBe(false);
  });
});

describe('an app', () => {
  test('runs in its folder, is found from below, and its output goes to the caller', async ({ ownFolder }) => {
    writeApp(ownFolder, {});
    mkdirSync(join(ownFolder, 'environments'));
    const { given, output } = await synthesize(ownFolder, { cwd: join(ownFolder, 'environments') });
    expect(given.cwd).toBe(ownFolder);
    expect(output).toContain('to stdout\n');
    expect(output).toContain('to stderr\n');
  });

  test('gets the Region that is set for AWS, and validates unless the caller does not need it', async ({
    ownFolder,
  }) => {
    writeApp(ownFolder, {});
    const env = { PATH: process.env.PATH, AWS_REGION: 'eu-west-1' };
    const { given } = await synthesize(ownFolder, { env, isValidated: false });
    expect(given).toMatchObject({ CDK_DEFAULT_REGION: 'eu-west-1', CDK_VALIDATION: 'false' });
  });

  test('finds the programs of its packages, as with npx', async ({ ownFolder }) => {
    writeApp(ownFolder, { app: 'make-templates' });
    const programs = join(ownFolder, 'node_modules', '.bin');
    mkdirSync(programs, { recursive: true });
    writeFileSync(join(programs, 'make-templates'), `#!/usr/bin/env node\n${PROGRAM}`, { mode: 0o755 });
    expect((await synthesize(ownFolder)).given.cwd).toBe(ownFolder);
  });

  test('that is a file of JavaScript runs with Node', async ({ ownFolder }) => {
    writeApp(ownFolder, { app: 'app.js' });
    expect((await synthesize(ownFolder)).given.cwd).toBe(ownFolder);
  });

  test('that does not end is stopped with the programs that it started', async ({ ownFolder }) => {
    // The shell starts a second process, which would go on for a minute.
    writeApp(ownFolder, { app: 'node app.js; true' }, "console.log('started'); setTimeout(() => {}, 60_000);");
    const interruption = new AbortController();
    const ended = synthesize(ownFolder, {
      signal: interruption.signal,
      onOutput: () => interruption.abort(new Error('stopped')),
    });
    await expect(ended).rejects.toThrow('stopped');
  });
});

describe('an app that cannot be run', () => {
  test('has no cdk.json', async ({ ownFolder }) => {
    const { exit, message, remedy } = await failureOf(ownFolder);
    expect(exit).toBe('usage');
    expect(message).toContain(`Neither ${ownFolder} nor a folder above it has a cdk.json`);
    expect(remedy).toContain('postern init');
  });

  test('is above the root of a Git checkout, or above the folder of the person', async ({ ownFolder }) => {
    writeApp(ownFolder, {});
    for (const [name, marker] of [
      ['checkout', '.git'],
      ['home', 'documents'],
    ] as const) {
      const folder = join(ownFolder, name);
      mkdirSync(join(folder, marker), { recursive: true });
      const cwd = join(folder, 'deep');
      mkdirSync(cwd);
      const env = { PATH: process.env.PATH, HOME: join(ownFolder, 'home') };
      const { message } = await failureOf(join(ownFolder, name), { cwd, env });
      expect(message).toContain(`Neither ${cwd} nor a folder above it has a cdk.json, up to ${folder};`);
    }
  });

  test.for([
    ['no command', {}, /names no command in "app"/],
    ['an empty command', { app: ' ' }, /names no command in "app"/],
    ['a folder of templates', { app: 'made' }, /a folder with templates/],
  ] as const)('names %s', async ([, settings, expected], { ownFolder }) => {
    mkdirSync(join(ownFolder, 'made'));
    writeFileSync(join(ownFolder, 'made', 'manifest.json'), '{}');
    writeFileSync(join(ownFolder, 'cdk.json'), JSON.stringify(settings));
    const { exit, message } = await failureOf(ownFolder);
    expect(exit).toBe('usage');
    expect(message).toMatch(expected);
  });

  test('has a cdk.json that is not JSON', async ({ ownFolder }) => {
    writeFileSync(join(ownFolder, 'cdk.json'), '{');
    expect(await failureOf(ownFolder)).toMatchObject({
      exit: 'usage',
      message: `${join(ownFolder, 'cdk.json')} is not a JSON object.`,
    });
  });

  test('has packages that are not installed', async ({ ownFolder }) => {
    writeApp(ownFolder, {});
    writeFileSync(join(ownFolder, 'package.json'), JSON.stringify({ devDependencies: { tsx: '4.0.0' } }));
    expect(await failureOf(ownFolder)).toMatchObject({
      exit: 'usage',
      message: `The packages of ${ownFolder} are not installed.`,
    });
  });

  test('ends with an exit code, after its output', async ({ ownFolder }) => {
    writeApp(ownFolder, {}, "console.error('my mistake'); process.exitCode = 3;");
    let output = '';
    const failure = await failureOf(ownFolder, {
      onOutput: (text) => {
        output += text;
      },
    });
    expect(failure).toMatchObject({ exit: 'failed', message: `The app of ${ownFolder} (node app.js) ended with 3.` });
    expect(output).toBe('my mistake\n');
  });

  test('writes no templates', async ({ ownFolder }) => {
    writeApp(ownFolder, {}, '');
    const { exit, message } = await failureOf(ownFolder);
    expect(exit).toBe('failed');
    expect(message).toContain('CDK_OUTDIR');
  });
});
