import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { readAppSettings } from '../init/app-settings.ts';
import { LOCK_FILE, makeLockFile } from '../init/lock-file.ts';
import { makeApp } from '../init/make-app.ts';
import { checkIsEmpty, fillFolder } from '../init/new-folder.ts';
import { choosePackages } from '../init/packages.ts';
import { wordOf } from '../suggest-command.ts';

export const INIT_COMMAND = defineCommand({
  name: 'init',
  summary: 'Makes a CDK app with an environment of your own in a new folder',
  description:
    'The app has one file of settings, tests, a workflow that deploys it, and a README. It asks for each setting that no flag ' +
    'gives. npm makes its lock file, which needs a registry. Nothing is installed or deployed.',
  arguments: { dir: { doc: 'new or empty folder' } },
  options: {
    name: { doc: 'name of the environment, such as prod', value: 'NAME' },
    domain: { doc: 'host name of callback URLs', value: 'DOMAIN' },
    account: { doc: 'id of the AWS account', value: 'ID' },
    region: { doc: 'code of an AWS Region, such as eu-west-1', value: 'REGION' },
    packages: {
      doc: 'folder with the tarballs of Postern, which are copied; needed until a public registry has the packages',
      value: 'DIR',
    },
  },
  examples: [
    'postern init callbacks --packages ../postern-packages',
    'postern init callbacks --packages ../postern-packages --name prod --domain callbacks.example.com --account 123456789012 --region eu-west-1',
  ],
  exits: ['failed'],
  run: async (context, { arguments: { dir }, options: { packages, ...given } }) => {
    const { cwd, io, signal } = context;
    const folder = resolve(cwd, dir);
    checkIsEmpty(folder);
    const { copies, versions } = choosePackages(packages === undefined ? undefined : resolve(cwd, packages));
    const settings = await readAppSettings(context, given);
    const texts = makeApp(settings, versions);
    io.showProgress('npm makes package-lock.json …');
    await fillFolder(folder, { texts, copies }, { makes: [LOCK_FILE], run: () => makeLockFile(folder, context) });
    io.showProgress('');
    signal.throwIfAborted();
    const settingsFile = `environments/${settings.name}.ts`;
    const files = [...texts.keys(), ...copies.keys(), LOCK_FILE].sort();
    io.print({ folder, environment: settings.name, settings: settingsFile, files }, () =>
      [
        `${folder} has an app for the environment "${settings.name}": ${files.length} files. README.md describes them.`,
        '',
        'Next:',
        `  cd ${wordOf(dir)}`,
        '  npm ci',
        '  npx cdk synth --quiet',
        '',
        `Before a deployment, replace each FILL-IN, ZFILLIN and fill-in in ${settingsFile}.`,
      ].join('\n'),
    );
    return 'ok';
  },
});
