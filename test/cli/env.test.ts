import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { makeTemplates } from '../../lib/update/templates.ts';
import { runPostern } from '../support/command-line.ts';
import { loadExample } from '../support/example-environments.ts';
import { NO_CODE, TEST_CONTEXT } from '../support/synthesize.ts';
import { test as base } from '../support/unit-fixtures.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A valid file with a mistake in one setting. */
const WRONG = readFileSync(join(ROOT, 'test/support/example-environments/trial.ts'), 'utf8')
  .replaceAll("'../../../", "'../")
  .replace(/account: '\d+'/, "account: '12'");

/** Absolute path of a program. */
const programNamed = (name: string): string => {
  const folder = (process.env.PATH ?? '').split(delimiter).find((one) => existsSync(join(one, name)));
  return join(folder ?? '', name);
};

/** An environment whose processors get work from Postern. */
const sendingWith = (carriers: string): string =>
  readFileSync(join(ROOT, 'test/support/example-environments/trial.ts'), 'utf8')
    .replaceAll("'../../../", "'../")
    .replace('import type { AwsEnvironmentInput }', 'import { type AwsEnvironmentInput, secret }')
    .replace(
      "'short-ocr': {",
      `'sent-ocr': {
      carriers: [${carriers}],
      contentTypes: ['application/json'],
      dispatch: {
        url: 'https://api.acme.example/v1/jobs',
        headers: { Authorization: secret('postern/trial/acme', 'Bearer {}') },
        body: { input: '{{input}}', webhook: '{{callbacks.result.url}}', token: '{{callbacks.result.token}}' },
        timeout: Duration.seconds(10),
      },
    },
    'short-ocr': {`,
    );

const test = base
  /** A checkout whose team has two valid environments, and two with a mistake. */
  .extend('checkout', { scope: 'file' }, ({ folder }) => {
    for (const name of [
      'bin',
      'cdk',
      'sender',
      'lambda',
      'lib',
      'sender',
      'cdk.json',
      'package.json',
      'tsconfig.json',
    ]) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'environments'));
    const trial = readFileSync(join(ROOT, 'test/support/example-environments/trial.ts'), 'utf8');
    writeFileSync(join(folder, 'environments/trial.ts'), trial.replaceAll("'../../../", "'../"));
    writeFileSync(join(folder, 'environments/wrong.ts'), WRONG);
    writeFileSync(join(folder, 'environments/sends.ts'), sendingWith("'header'"));
    writeFileSync(join(folder, 'environments/sends-wrong.ts'), sendingWith("'header', 'path'"));
    return folder;
  })
  .extend(
    'inCheckout',
    { scope: 'file' },
    ({ checkout }) =>
      (...words: readonly string[]) =>
        runPostern(['env', ...words], { cwd: checkout }),
  )
  /** Folder with the templates of `trial`, and a bucket that its file does not have. */
  .extend('deployed', { scope: 'file' }, async ({ folder }) => {
    const against = join(folder, 'deployed');
    mkdirSync(against);
    const { gateway, state } = makeTemplates(await loadExample('trial'), NO_CODE, TEST_CONTEXT);
    const Kept = { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain', Properties: { BucketName: 'kept' } };
    writeFileSync(join(against, 'Gateway.json'), JSON.stringify(gateway));
    writeFileSync(join(against, 'State.json'), JSON.stringify({ ...state, Resources: { ...state.Resources, Kept } }));
    return against;
  });

describe('postern env check', () => {
  test('finds nothing wrong with a valid environment', async ({ inCheckout }) => {
    const { code, stderr, stdout } = await inCheckout('check', 'trial');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      'trial: the settings are valid, and the templates of Trial-State and Trial-Gateway have no unacknowledged finding.\n',
    );
  });

  test('names each mistake of a file with its remedy, and ends with 1', async ({ inCheckout }) => {
    const { code, stderr, stdout } = await inCheckout('check', 'wrong', '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      environment: 'wrong',
      errors: [{ at: 'account', expected: expect.stringContaining('12 digits'), remedy: expect.any(String) }],
      findings: [],
      stacks: [],
    });
  });

  test('names the mistake in a request to a processor', async ({ inCheckout }) => {
    const { code, stdout } = await inCheckout('check', 'sends-wrong', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      errors: [
        {
          at: 'processors.sent-ocr.dispatch.body',
          expected: expect.stringContaining('no token, because `carriers` has `path`'),
          remedy: "Remove it, or write carriers: ['header'].",
        },
      ],
    });
  });

  test('ends with 3 for an environment that has no file', async ({ inCheckout }) => {
    const { code, stderr, stdout } = await inCheckout('check', 'nowhere');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('expected one of sends, sends-wrong, trial, wrong');
  });
});

test('postern env show has every setting with its default', async ({ inCheckout }) => {
  const { code, stdout } = await inCheckout('show', 'trial', '-o', 'json');
  expect(code).toBe(0);
  const { environment, settings } = JSON.parse(stdout) as { environment: string; settings: Record<string, unknown> };
  expect(environment).toBe('trial');
  // A default, a duration, a size, and a processor with its own defaults.
  expect(settings).toMatchObject({
    ownerClaim: false,
    auditRetention: 'P365D',
    inlineLimit: 4_096,
    processors: { 'acme-ocr': { replayMode: 'acknowledge' } },
  });
  const text = await inCheckout('show', 'trial');
  expect(text.stdout).toMatch(/^auditRetention: 365 days$/m);
  expect(text.stdout).toMatch(/^processors:\n {2}acme-ocr:\n {4}id: acme-ocr$/m);
});

test('postern env show has the request to a processor with each default, and secrets by name', async ({
  inCheckout,
}) => {
  const { code, stdout } = await inCheckout('show', 'sends', '-o', 'json');
  expect(code).toBe(0);
  const { settings } = JSON.parse(stdout) as { settings: { processors: Record<string, { dispatch?: object }> } };
  expect(settings.processors['sent-ocr']?.dispatch).toEqual({
    url: 'https://api.acme.example/v1/jobs',
    method: 'POST',
    timeout: 10,
    headers: { Authorization: { secret: 'postern/trial/acme', format: 'Bearer {}' } },
    query: {},
    body: { input: '{{input}}', webhook: '{{callbacks.result.url}}', token: '{{callbacks.result.token}}' },
    accept: [200, 201, 202],
    retry: { delays: [5, 30, 120, 600, 1_800, 7_200], leastTime: 300 },
    concurrency: 20,
    breaker: { window: 60, minimum: 20, failureRate: 0.5, pause: 120, tasks: 3 },
    onFailure: 'fail',
  });
  expect(settings.processors['short-ocr']).not.toHaveProperty('dispatch');
});

describe('postern env cost', () => {
  test('estimates a month, and compares one callback with another receiver', async ({ inCheckout }) => {
    const { code, stdout } = await inCheckout('cost', 'trial', '--callbacks', '100000', '--compare');
    expect(code).toBe(0);
    expect(stdout).toContain('trial: 100,000 callbacks per month');
    expect(stdout).toMatch(/^The table above has the costs of creating its task, .* This table omits them\.$/m);
    expect(stdout).toContain('peer');
  });

  test.for([
    [['trial', '--callbacks', '1e6'], /--callbacks is "1e6"; expected a whole number/],
    [['trial', '--callbacks', '-1'], /--callbacks/],
    [['trial', '--callbacks', '1000000000001'], /expected a whole number from 0 to 1000000000000/],
    [['trial', '--months', '3'], /--months/],
    [['trial', 'trial'], /too many arguments/],
  ] as const)('with %j names the mistake and ends with 2', async ([words, text]) => {
    const { code, stderr } = await runPostern(['env', 'cost', ...words]);
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
  });
});

describe('postern env diff', () => {
  test('lists changes, and ends with 1 if one loses data', async ({ deployed, inCheckout }) => {
    const { code, stdout } = await inCheckout('diff', 'trial', '--against', deployed);
    expect(code).toBe(1);
    expect(stdout).toContain('- State/Kept (AWS::S3::Bucket) removed\n');
    // The templates of the folder have functions without code.
    expect(stdout).toMatch(/^~ Gateway\/\S+ \(AWS::Lambda::Function\) changed: Code$/m);
    expect(stdout).toMatch(/^trial: this update is NOT safe: .*\n {2}State\/Kept: .*\(data-lost\)$/m);
  });

  test('stops at stacks with each other’s names, and ends with 2', async ({ deployed, inCheckout, ownFolder }) => {
    cpSync(join(deployed, 'State.json'), join(ownFolder, 'Gateway.json'));
    cpSync(join(deployed, 'Gateway.json'), join(ownFolder, 'State.json'));
    const { code, stderr, stdout } = await inCheckout('diff', 'trial', '--against', ownFolder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      'The deployed stack Trial-State has the resources of the gateway; expected the stack with tables, payloads and keys. ' +
        'A deployment would delete what it has. Correct `stackNames` of the environment',
    );
  });

  test('says what it needs if it cannot read the deployed templates, and ends with 2', async ({
    checkout,
    ownFolder,
  }) => {
    // The search path has the programs that run the app, and none named aws.
    for (const name of ['node', 'npx', 'sh']) symlinkSync(programNamed(name), join(ownFolder, name));
    const options = { cwd: checkout, env: { PATH: ownFolder } };
    const { code, stderr, stdout } = await runPostern(['env', 'diff', 'trial'], options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Install the AWS CLI.');
    expect(stderr).toContain('--against');
  });
});

test('postern env asks for a name if the app has several environments', async ({ inCheckout }) => {
  const { code, stderr, stdout } = await inCheckout('show', '-o', 'json');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('wrong');
});

test('postern env ends with 2 outside of an app', async ({ ownFolder }) => {
  const { code, stderr, stdout } = await runPostern(['env', 'check', 'prod'], { cwd: ownFolder });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`Neither ${ownFolder} nor a folder above it has a cdk.json`);
});
