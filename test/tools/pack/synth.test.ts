import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Duration } from 'aws-cdk-lib';
import { describe, expect } from 'vitest';
import { Postern, type PosternProps } from '../../../cdk/index.ts';
import { bundleFunctions } from '../../../lib/functions/bundles.ts';
import { type CloudFormationTemplate, recordTemplates } from '../../../lib/update/record.ts';
import { breakingChanges } from '../../released/breaking-changes.ts';
import { asComparedIn, readRecord, recordedVersions } from '../../released/files.ts';
import {
  appSource,
  CONSTRUCT_ID,
  hashOfTree,
  IMPORTS,
  installLikePnpm,
  linkCommands,
  REQUIRES,
  readSynthesis,
  type Synthesis,
  synthesizeBy,
} from '../../support/installed-app.ts';
import { test as base, createProject } from '../../support/packed.ts';
import { PLACE, settingsOf } from '../../support/postern-app.ts';

const run = promisify(execFile);

/** An environment that needs Cedar and the compiler of schemas at synth. */
const PROPS: PosternProps = {
  env: PLACE,
  environment: settingsOf(
    { invoices: { clients: ['invoices-backend'] } },
    {
      policies: '@id("all") permit(principal, action, resource);',
      processors: {
        'acme-ocr': {
          carriers: ['path', 'header'],
          contentTypes: ['application/json'],
          maxExpiresIn: Duration.hours(3),
          schema: { type: 'object', required: ['total'], properties: { total: { type: 'string', minLength: 1 } } },
        },
      },
    },
  ),
};
const PEERS = ['aws-cdk-lib', 'constructs'];

const test = base
  /** The templates of the construct in the checkout, with functions that it builds from the sources. */
  .extend('own', { scope: 'file' }, async ({ folder }): Promise<Synthesis> => {
    const outdir = join(folder, 'own.out');
    const app = new App({ outdir, builtinCloudFormationValidation: false });
    new Postern(app, CONSTRUCT_ID, { ...PROPS, bundles: await bundleFunctions() });
    app.synth();
    return readSynthesis(outdir);
  })
  /** A project that installed the package from its tarball. */
  .extend('project', { scope: 'file' }, async ({ folder, packed }) => {
    const linked = [...PEERS, '@types/node', 'typescript', 'tsx', 'aws-cdk'];
    const project = await createProject(join(folder, 'apps'), packed['@postern/cdk'], linked);
    linkCommands(project.folder, ['cdk', 'tsc', 'tsx']);
    return project;
  });

describe('@postern/cdk, packed and installed,', () => {
  test('synthesizes in an app of `cdk init`, in CommonJS and TypeScript', async ({ own, project }) => {
    const folder = join(project.folder, 'callbacks');
    mkdirSync(folder);
    const words = ['init', 'app', '--language', 'typescript', '--generate-only'];
    await run(join(project.folder, 'node_modules/.bin/cdk'), words, { cwd: folder });
    // The template is a package of CommonJS. Its test needs Jest, which is no part of this.
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).type).toBeUndefined();
    rmSync(join(folder, 'test'), { recursive: true });
    const settings = join(folder, 'tsconfig.json');
    writeFileSync(settings, readFileSync(settings, 'utf8').replace(/"jest",\s*/, ''));
    writeFileSync(join(folder, 'bin/callbacks.ts'), IMPORTS + appSource(PROPS));
    symlinkSync('../node_modules', join(folder, 'node_modules'));

    const outdir = join(folder, 'cdk.out');
    // Metadata about the CDK's command line would be the only difference.
    const flags = ['--no-path-metadata', '--no-asset-metadata', '--no-version-reporting'];
    const synth = ['synth', '--quiet', '--output', outdir, ...flags];
    const command = join(project.folder, 'node_modules/.bin/cdk');
    expect(await synthesizeBy(folder, command, synth, outdir)).toEqual(own);
  });

  test('synthesizes in an ES module of plain JavaScript', async ({ own, project }) => {
    project.write('app.mjs', IMPORTS + appSource(PROPS));
    const outdir = join(project.folder, 'module.out');
    expect(await synthesizeBy(project.folder, process.execPath, ['app.mjs'], outdir)).toEqual(own);
  });

  test('synthesizes from a read-only store, and writes nothing into it', async ({
    folder,
    onTestFinished,
    own,
    packed,
  }) => {
    const app = join(folder, 'pnpm');
    const store = installLikePnpm(app, packed['@postern/cdk'], PEERS);
    const setModes = (file: number, directory: number): void => {
      for (const entry of readdirSync(store, { recursive: true, withFileTypes: true }))
        chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? directory : file);
      chmodSync(store, directory);
    };
    // An administrator can write in spite of the modes, so the content is compared too.
    const before = hashOfTree(store);
    setModes(0o444, 0o555);
    onTestFinished(() => setModes(0o644, 0o755));
    writeFileSync(join(app, 'app.js'), REQUIRES + appSource(PROPS));
    const outdir = join(app, 'cdk.out');
    expect(await synthesizeBy(app, process.execPath, ['app.js'], outdir)).toEqual(own);
    expect(hashOfTree(store)).toBe(before);
  });

  test('has the State that is recorded, so that a deployment can move to it', ({ own }) => {
    const version = recordedVersions().at(-1) ?? '';
    const recorded = readRecord(version, 'rotating');
    const now = recordTemplates(own as { state: CloudFormationTemplate; gateway: CloudFormationTemplate });
    expect(breakingChanges(recorded, asComparedIn(version, now))).toEqual([]);
    expect(Object.keys(recorded.state.resources)).toContain('Tasks1F9FE53F');
  });

  test('has the code of every function in the assembly', ({ own }) => {
    const resources = Object.values((own.gateway as CloudFormationTemplate).Resources ?? {});
    const functions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(10);
    for (const { Properties } of functions) {
      const { S3Key } = (Properties as { readonly Code: { readonly S3Key: string } }).Code;
      expect(Object.keys(own.assets)).toContain(`asset.${S3Key.replace('.zip', '')}`);
    }
  });
});
