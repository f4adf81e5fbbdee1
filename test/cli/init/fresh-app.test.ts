import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { runPostern } from '../../support/command-line.ts';
import { test as base } from '../../support/packed.ts';

const FLAGS = '--name prod --domain callbacks.example.com --account 123456789012 --region eu-west-1'.split(' ');

/** How a program of this machine reaches the network: its authorities for certificates, and its proxy. */
const NETWORK = [
  'NODE_EXTRA_CA_CERTS',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
];

/** The settings and the cache of npm on this machine, and nothing of this checkout. */
const ENV = {
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  ...Object.fromEntries(NETWORK.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};

const STATE_RESOURCES = 'test/state-resources.json';

const run = promisify(execFile);

const test = base
  /** The app of "postern init" with the packages of this checkout, and a function that runs one of its commands. */
  .extend('app', { scope: 'file' }, async ({ folder, packed: _ }) => {
    const words = ['init', 'app', ...FLAGS, '--packages', 'packed', '--no-input', '-o', 'json'];
    const made = await runPostern(words, { cwd: folder, env: ENV });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const app = join(folder, 'app');
    const npm = (line: string) => run(line, { cwd: app, env: ENV, shell: true, maxBuffer: 1e8 });
    return { folder: app, made: JSON.parse(made.stdout), npm };
  })
  .extend('installed', { scope: 'file' }, async ({ app }) => {
    await app.npm('npm ci');
    return app;
  });

test('"postern init" says which files it made, and where the settings are', ({ app }) => {
  const { environment, files, folder, settings } = app.made;
  expect({ environment, folder, settings }).toEqual({
    environment: 'prod',
    folder: app.folder,
    settings: 'environments/prod.ts',
  });
  expect(files.filter((file: string) => !existsSync(join(app.folder, file)))).toEqual([]);
});

test('the lock file has the hash of each package, and no host', ({ app }) => {
  const { packages } = JSON.parse(readFileSync(join(app.folder, 'package-lock.json'), 'utf8'));
  const entries = Object.entries<{ readonly integrity?: string; readonly resolved?: string; readonly inBundle?: true }>(
    packages,
  ).filter(([path, { inBundle }]) => path !== '' && inBundle !== true);
  expect(entries.length).toBeGreaterThan(10);
  expect(entries.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  expect(entries.flatMap(([, { resolved }]) => resolved ?? [])).toEqual([
    expect.stringMatching(/^file:packages\/postern-cdk-.+\.tgz$/),
    expect.stringMatching(/^file:packages\/postern-cli-.+\.tgz$/),
  ]);
});

test('"npx cdk synth" passes, and names the settings to fill in', async ({ installed }) => {
  const { stderr, stdout } = await installed.npm('npx cdk synth --quiet');
  expect(stdout + stderr).toContain(
    'These settings are still to fill in: hostedZone.id, applications.fill-in, processors.fill-in, alarmSubscribers.pages.0, alarmSubscribers.tickets.0.',
  );
});

test('a resource with data that its State has is in its record, and no other', async ({ installed }) => {
  await installed.npm('npm run record-state');
  const recorded = readFileSync(join(installed.folder, STATE_RESOURCES), 'utf8');
  expect(recorded).toBe(readFileSync(new URL(`../../../cli/init/app/${STATE_RESOURCES}`, import.meta.url), 'utf8'));
});

test('"npm test" passes, and fails if State loses a table', async ({ installed }) => {
  await installed.npm('npm test');
  const file = join(installed.folder, STATE_RESOURCES);
  const recorded = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(recorded), Lost: 'AWS::DynamoDB::GlobalTable' }));
  await expect(installed.npm('npm test')).rejects.toMatchObject({
    stdout: expect.stringMatching(/keeps every table[\s\S]* pass 4\n. fail 1\n/),
  });
  writeFileSync(file, recorded);
});

test('"npm test" passes for an environment that is not protected', async ({ installed }) => {
  const file = join(installed.folder, 'environments', 'prod.ts');
  const settings = readFileSync(file, 'utf8');
  writeFileSync(file, settings.replace('protected: true', 'protected: false'));
  const { stdout } = await installed.npm('npm test');
  writeFileSync(file, settings);
  expect(stdout).toContain('does not keep the data of each table');
});

test('"npm test" says what is wrong with a setting, without the stack of Node', async ({ installed }) => {
  const file = join(installed.folder, 'environments', 'prod.ts');
  const settings = readFileSync(file, 'utf8');
  writeFileSync(file, settings.replace("domain: 'callbacks.example.com'", "domain: 'Not a host'"));
  const { stderr, stdout } = await installed.npm('npm test').catch((error: unknown) => error as never);
  writeFileSync(file, settings);
  expect(stdout + stderr).toContain('domain is "Not a host"');
  expect(stdout + stderr).not.toMatch(/^#? +at .*:\d+:\d+\)?$/m);
});

test('"npm run cost" estimates a month of the environment', async ({ installed }) => {
  const { stdout } = await installed.npm('npm run -s cost -- --callbacks 1000000');
  expect(stdout).toContain('prod: 1,000,000 callbacks per month');
});
