import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { installConstructs, posternProps } from '../support/app-of-others.ts';
import { runPostern } from '../support/command-line.ts';
import { test as base } from '../support/unit-fixtures.ts';

/** An app in TypeScript: its Postern is in a stage, beside a stack of its own that has findings. */
const TYPESCRIPT = `
import { readFileSync } from 'node:fs';
import { Postern } from '@postern/cdk';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Topic } from 'aws-cdk-lib/aws-sns';

const app = new App();
const beta = new Stage(app, 'Beta');
const props = JSON.parse(readFileSync('props.json', 'utf8'));
const orders: Stack = new Stack(beta, 'Orders', { env: props.env });
const topic = new Topic(orders, 'Topic');
new CfnTargetGroup(orders, 'Odd', { targetType: 'lambda', protocol: 'GOPHER' });
const environment = { ...props.environment, alarmTopicArn: props.environment.alarmTopicArn ?? topic.topicArn };
new Postern(beta, 'Gate', {
  ...props, environment, stackNames: { state: 'Callbacks-State', gateway: 'Callbacks-Gateway' },
});
console.log('made by the app');
`;

/** An app in JavaScript, as CommonJS. It has two environments. */
const JAVASCRIPT = `
const { Postern } = require('@postern/cdk');
const { App } = require('aws-cdk-lib');
const app = new App();
for (const props of require('./props.json')) new Postern(app, props.environment.name, props);
`;

const test = base
  /** Folder with the packages of an app. The apps are below it. */
  .extend('apps', { scope: 'file' }, async ({ folder }) => {
    await installConstructs(folder);
    return folder;
  })
  /** Makes an app, and returns a function that runs `postern env` in it. */
  .extend(
    'anApp',
    { scope: 'file' },
    ({ apps }) =>
      (name: string, command: string, files: Readonly<Record<string, string>>) => {
        const folder = join(apps, name);
        mkdirSync(folder);
        for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
        writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app: command }));
        return (...words: readonly string[]) => runPostern(['env', ...words], { cwd: folder });
      },
  )
  .extend('inTypeScript', { scope: 'file' }, ({ anApp }) =>
    anApp('typescript', 'npx tsx app.ts', { 'app.ts': TYPESCRIPT, 'props.json': JSON.stringify(posternProps('prod')) }),
  )
  .extend('inJavaScript', { scope: 'file' }, ({ anApp }) =>
    anApp('javascript', 'node app.cjs', {
      'app.cjs': JAVASCRIPT,
      'props.json': JSON.stringify([posternProps('prod'), posternProps('trial', { domain: 'callbacks.example.net' })]),
    }),
  )
  /** Folder with the templates of `prod`, as if they were deployed. */
  .extend('deployed', ({ apps, inJavaScript: _, ownFolder }) => {
    // The switches of the command line are not given, so the metadata of the CDK is missing.
    execFileSync(process.execPath, ['app.cjs'], {
      cwd: join(apps, 'javascript'),
      env: { ...process.env, CDK_OUTDIR: ownFolder },
    });
    for (const stack of ['State', 'Gateway']) {
      const [file = ''] = readdirSync(ownFolder).filter(
        (name) => name.startsWith(`prod${stack}`) && name.endsWith('.template.json'),
      );
      copyFileSync(join(ownFolder, file), join(ownFolder, `${stack}.json`));
    }
    return ownFolder;
  });

describe('postern env in an app in TypeScript with one environment', () => {
  test('check finds it without its name, and leaves out findings of other stacks', async ({ inTypeScript }) => {
    const { code, stderr, stdout } = await inTypeScript('check');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'made by the app\n' });
    expect(stdout).toBe(
      'prod: the settings are valid, and the templates of Callbacks-State and Callbacks-Gateway have no unacknowledged finding.\n',
    );
  });

  test('show has its settings, with those that only a deployment knows', async ({ anApp }) => {
    const props = posternProps('prod', { alarmTopicArn: undefined });
    const inApp = anApp('topic', 'npx tsx app.ts', { 'app.ts': TYPESCRIPT, 'props.json': JSON.stringify(props) });
    const { code, stderr, stdout } = await inApp('show', 'prod', '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'made by the app\n' });
    expect(JSON.parse(stdout)).toMatchObject({
      environment: 'prod',
      settings: { auditRetention: 'P365D', alarmTopicArn: '(known after the deployment)' },
    });
  });

  test('cost knows every resource, also with the metadata of the CDK', async ({ inTypeScript }) => {
    const { code, stdout } = await inTypeScript('cost', 'prod', '--callbacks', '1000', '-o', 'json');
    expect(code).toBe(0);
    const { total, ...answer } = JSON.parse(stdout) as { total: number };
    expect(answer).not.toHaveProperty('unpriced');
    expect(total).toBeGreaterThan(10);
  });
});

describe('postern env in an app in JavaScript with two environments', () => {
  test('show takes the one that is named', async ({ inJavaScript }) => {
    const { code, stdout } = await inJavaScript('show', 'trial');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^origin: https:\/\/callbacks\.example\.net$/m);
  });

  test('show without a name lists them, and ends with 2', async ({ inJavaScript }) => {
    const { code, stderr, stdout } = await inJavaScript('show');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('The app has several environments: prod, trial.\nName one of them.\n');
  });

  test('show of another name lists them, and ends with 3', async ({ inJavaScript }) => {
    const { code, stderr, stdout } = await inJavaScript('show', 'trail');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(
      'The app has no environment "trail"; expected one of prod, trial.\nDid you mean `trial`? Name one of them.\n',
    );
  });

  test('diff finds no change against the templates that it made before', async ({ deployed, inJavaScript }) => {
    const { code, stdout } = await inJavaScript('diff', 'prod', '--against', deployed);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^\+ State\/CDKMetadata \(AWS::CDK::Metadata\) added\n\+ Gateway\/CDKMetadata \(AWS::CDK::Metadata\) added\nResources: 0 replaced, 0 removed, 0 changed, 2 added\. Functions with new code: 0\.\nprod: this update is safe/,
    );
  });
});

describe('postern env diff of another domain or zone', () => {
  test.for([
    [
      'domain',
      { domain: 'hooks.example.com' },
      /the origin changes from "https:\/\/callbacks\.example\.com" to "https:\/\/hooks\.example\.com": every callback URL of an open task would stop working/,
    ],
    ['availabilityZones', { availabilityZones: ['eu-west-1b', 'eu-west-1c'] }, /\(name-taken\)/],
  ] as const)(
    'ends with 1 for another %s, and says what would break',
    async ([name, changes, expected], { anApp, deployed }) => {
      const props = JSON.stringify([posternProps('prod', changes)]);
      const inApp = anApp(`other-${name}`, 'node app.cjs', { 'app.cjs': JAVASCRIPT, 'props.json': props });
      const { code, stdout } = await inApp('diff', 'prod', '--against', deployed);
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(expected) });
    },
  );
});

describe('postern env check in an app with mistakes', () => {
  test('names each mistake of the settings, without the stack of the app', async ({ anApp }) => {
    const props = JSON.stringify([posternProps('prod', { domain: 'https://callbacks.example.com' })]);
    const inApp = anApp('wrong', 'node app.cjs', { 'app.cjs': JAVASCRIPT, 'props.json': props });
    const { code, stderr, stdout } = await inApp('check', 'prod', '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { errors } = JSON.parse(stdout) as { errors: readonly { readonly at: string }[] };
    expect(errors.map(({ at }) => at)).toEqual(['environment.domain']);
  });

  test('shows what the app wrote if it fails, and ends with 1', async ({ anApp }) => {
    const inApp = anApp('broken', 'node app.cjs', { 'app.cjs': "throw new Error('my own mistake');" });
    const { code, stderr, stdout } = await inApp('check', 'prod');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('my own mistake');
    expect(stderr).toContain('(node app.cjs) ended with 1.');
  });

  test('says that the app has no environment, and ends with 3', async ({ anApp }) => {
    const program = "const { App } = require('aws-cdk-lib'); new App();";
    const inApp = anApp('empty', 'node app.cjs', { 'app.cjs': program });
    const { code, stderr } = await inApp('check');
    expect(code).toBe(3);
    expect(stderr).toContain('The app has no environment of Postern.');
  });
});
