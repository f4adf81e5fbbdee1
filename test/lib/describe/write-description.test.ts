import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Stack, Stage } from 'aws-cdk-lib';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect } from 'vitest';
import { Postern, type PosternProps } from '../../../cdk/index.ts';
import { DESCRIBE_CONTEXT, INDEXES_CONTEXT } from '../../../lib/context-keys.ts';
import { posternProps } from '../../support/app-of-others.ts';
import { anApp, NO_CODE } from '../../support/synthesize.ts';
import { test as it } from '../../support/unit-fixtures.ts';

const PROPS = { ...posternProps('prod'), bundles: NO_CODE } as unknown as PosternProps;

const describingApp = (outdir: string): App => {
  const app = anApp(outdir);
  app.node.setContext(DESCRIBE_CONTEXT, true);
  return app;
};

const read = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

describe('the description of an environment', () => {
  it('lies in the assembly of its stage, beside the templates that it names', ({ ownFolder }) => {
    const app = describingApp(ownFolder);
    new Postern(new Stage(app, 'Beta'), 'Gate', PROPS);
    app.synth();
    const folder = join(ownFolder, 'assembly-Beta');
    const { settings, stacks, ...place } = read(folder, 'postern-prod.json') as {
      readonly settings: object;
      readonly stacks: Readonly<Record<'state' | 'gateway', { readonly name: string; readonly template: string }>>;
    };
    expect(place).toEqual({
      format: 1,
      name: 'prod',
      path: 'Beta/Gate',
      account: '123456789012',
      region: 'eu-west-1',
    });
    expect(settings).toMatchObject({ host: 'callbacks.example.com', retention: { $seconds: expect.any(Number) } });
    expect([stacks.state.name, stacks.gateway.name]).toEqual(['Prod-State', 'Prod-Gateway']);
    expect(read(folder, stacks.state.template)).toHaveProperty('Resources');
    expect(read(folder, stacks.gateway.template)).toHaveProperty('Resources');
  });

  it('has the workflows that the app allows after the construction', ({ ownFolder }) => {
    const app = describingApp(ownFolder);
    const applications = { invoices: { clients: ['invoices-backend'], resumes: 'granted' } };
    const environment = { ...PROPS.environment, applications } as never;
    const postern = new Postern<'invoices'>(app, 'Prod', { ...PROPS, environment });
    const arn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:invoices';
    postern.allowResume('invoices', StateMachine.fromStateMachineArn(new Stack(app, 'Mine'), 'Machine', arn));
    app.synth();
    expect(read(ownFolder, 'postern-prod.json')).toMatchObject({
      settings: { resumeTargets: { invoices: [{ arn }] }, applications: { invoices: { resumes: [arn] } } },
    });
  });

  it('is not written without the context', ({ ownFolder }) => {
    const app = anApp(ownFolder);
    new Postern(app, 'Prod', PROPS);
    app.synth();
    expect(readdirSync(ownFolder).filter((file) => file.startsWith('postern'))).toEqual([]);
  });
});

describe('the mistakes of an app', () => {
  const mistakesOf = (folder: string, make: (app: App) => void): unknown => {
    expect(() => make(describingApp(folder))).toThrow();
    const file = join(folder, 'postern.mistakes.json');
    return existsSync(file) ? read(file) : undefined;
  };

  it('are those of an environment, each with its remedy', ({ ownFolder }) => {
    const environment = { ...PROPS.environment, domain: 'https://x', inlineLimit: 'none' } as never;
    const mistakes = mistakesOf(ownFolder, (app) => new Postern(app, 'Prod', { ...PROPS, environment }));
    expect(mistakes).toMatchObject({
      kind: 'invalid-environment',
      message: expect.stringContaining('Postern at "Prod"'),
      errors: expect.arrayContaining([
        { at: 'environment.domain', expected: expect.any(String), remedy: expect.any(String) },
      ]),
    });
  });

  it('are those of a context value', ({ ownFolder }) => {
    const mistakes = mistakesOf(ownFolder, (app) => {
      app.node.setContext(INDEXES_CONTEXT, 'byNothing');
      new Postern(app, 'Prod', PROPS);
    });
    expect(mistakes).toMatchObject({ kind: 'invalid-context', errors: [] });
  });

  it('are not those of other code', ({ ownFolder }) => {
    const make = (app: App) => {
      new Postern(app, 'Prod', PROPS);
      new Postern(app, 'Prod', PROPS);
    };
    expect(mistakesOf(ownFolder, make)).toBeUndefined();
  });
});
