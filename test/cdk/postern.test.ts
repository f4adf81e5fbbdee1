import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { App, Aws, Stage } from 'aws-cdk-lib';
import { describe, expect } from 'vitest';
import { Postern, type PosternProps } from '../../cdk/index.ts';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import { bundleFiles, readBundleFiles } from '../../lib/functions/bundle-files.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { SWITCHED } from '../support/switched-environments.ts';
import { anApp, NO_ASSETS, NO_CODE, synthesize } from '../support/synthesize.ts';
import { test as it } from '../support/unit-fixtures.ts';

const propsOf = (input: AwsEnvironmentInput = anAwsEnvironment()): PosternProps => {
  const { account, region, runsOn: _, ...settings } = input;
  return { env: { account, region }, environment: { ...settings, name: 'test' }, bundles: NO_CODE };
};

const templatesOf = (app: App): Readonly<Record<string, unknown>> =>
  Object.fromEntries(app.synth().stacksRecursively.map(({ stackName, template }) => [stackName, template]));

const NAMES = { state: 'Test-State', gateway: 'Test-Gateway' };

describe('Postern', () => {
  it.for([['plain', anAwsEnvironment()] as const, ...Object.entries(SWITCHED)])(
    'makes the templates of the environment’s file in an app with other flags: %s',
    ([, input]) => {
      const app = new App({ analyticsReporting: false, context: NO_ASSETS });
      new Postern(new Stage(app, 'Mine'), 'Callbacks', { ...propsOf(input), stackNames: NAMES });
      const { gateway, state } = synthesize(input);
      expect(templatesOf(app)).toEqual({ 'Test-State': state.toJSON(), 'Test-Gateway': gateway.toJSON() });
    },
  );

  it('names both stacks after the environment, below its own id', () => {
    const app = anApp();
    new Postern(app, 'Callbacks', propsOf());
    const stacks = app.synth().stacks.map(({ hierarchicalId, stackName }) => [hierarchicalId, stackName]);
    expect(stacks.sort()).toEqual([
      ['Callbacks/Gateway', 'Test-Gateway'],
      ['Callbacks/State', 'Test-State'],
    ]);
  });

  it.for([
    ['nothing', undefined],
    ['tokens', { account: Aws.ACCOUNT_ID, region: Aws.REGION }],
  ] as const)('refuses an app that gives it %s in place of account and Region', ([, env]) => {
    const make = () => new Postern(anApp(), 'Prod', { ...propsOf(), env } as PosternProps);
    expect(make).toThrow(/\n {2}env\.account is .*; expected an account id: 12 digits.*\n {2}env\.region is /);
  });

  it('names the path of the construct, every value, expectation and remedy in an error', () => {
    const make = () =>
      new Postern(new Stage(anApp(), 'Mine'), 'Prod', propsOf(anAwsEnvironment({ domain: 'HTTPS://x' })));
    expect(make).toThrow(
      /^The environment of Postern at "Mine\/Prod" cannot be built:\n {2}environment\.domain is "HTTPS/,
    );
  });

  it('has only lines of the app in the trace of a mistake', () => {
    try {
      new Postern(anApp(), 'Prod', propsOf(anAwsEnvironment({ domain: 'HTTPS://x' })));
      expect.unreachable();
    } catch (error) {
      const trace = error instanceof Error ? `${error.stack}` : '';
      expect(trace).toContain('test/cdk/postern.test.ts');
      expect(trace).not.toMatch(/cdk\/postern\.ts|lib\/config/);
      // Node prints an uncaught error like this: with its own properties.
      expect(inspect(error).split('expected a host name')).toHaveLength(2);
    }
  });

  it('refuses a second environment of one name or domain in an app, and not in another app', () => {
    const app = anApp();
    new Postern(app, 'A', propsOf());
    expect(() => new Postern(app, 'B', propsOf())).toThrow(
      'The environments of Postern at "A" and of Postern at "B" cannot be built together:\n' +
        '  environment.name is "test" in both; ',
    );
    expect(() => new Postern(anApp(), 'B', propsOf())).not.toThrow();
  });
});

describe('the names of stacks of Postern', () => {
  it('are refused if both stacks have one name', () => {
    const make = () => new Postern(anApp(), 'A', { ...propsOf(), stackNames: { state: 'X', gateway: 'X' } });
    expect(make).toThrow(/^The environment of Postern at "A" cannot be built:\n {2}stackNames\.gateway is "X"/);
  });

  it('are refused if another environment of the app has one of them', () => {
    const app = anApp();
    new Postern(app, 'A', propsOf());
    const { environment, ...props } = propsOf(anAwsEnvironment({ domain: 'other.example.com' }));
    const second = { ...props, environment: { ...environment, name: 'other' } };
    expect(() => new Postern(app, 'B', { ...second, stackNames: { ...NAMES, gateway: 'Other-Gateway' } })).toThrow(
      'stackNames.state is "Test-State"; expected another name than the stacks of "A" have',
    );
  });
});

describe('the code of the functions in the package', () => {
  it('is read from the files that are written from it', ({ folder }) => {
    const files = bundleFiles(NO_CODE);
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    const read = readBundleFiles(pathToFileURL(`${folder}/`));
    expect(bundleFiles(read)).toEqual(
      new Map([...files].map(([name, text]) => [name, typeof text === 'string' ? text : Buffer.from(text)])),
    );
    expect(read.functions.receive).toBe(NO_CODE.functions.receive);
  });

  it('is missing with an error that names the file and the remedy', ({ folder }) => {
    const read = readBundleFiles(pathToFileURL(`${folder}/nowhere/`));
    expect(() => read.functions.receive).toThrow(/receive\.js.*Install @postern\/cdk again\./);
  });
});
