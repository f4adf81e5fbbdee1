import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

const test = base
  /** A checkout whose team has one valid environment, and one with a mistake. */
  .extend('checkout', { scope: 'file' }, ({ folder }) => {
    for (const name of ['cli', 'cost', 'lambda', 'lib', 'cdk.json', 'package.json', 'tsconfig.json']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'environments'));
    const trial = readFileSync(join(ROOT, 'test/support/example-environments/trial.ts'), 'utf8');
    writeFileSync(join(folder, 'environments/trial.ts'), trial.replaceAll("'../../../", "'../"));
    writeFileSync(join(folder, 'environments/wrong.ts'), WRONG);
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
  test('finds nothing wrong with the environment of this machine', async () => {
    const { code, stderr, stdout } = await runPostern(['env', 'check', 'local']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      'local: the file is valid, and the templates of Local-State and Local-Gateway have no unacknowledged finding.\n',
    );
  });

  test('names each mistake of a file with its remedy, and ends with 1', async ({ inCheckout }) => {
    const { code, stdout } = await inCheckout('check', 'wrong', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      environment: 'wrong',
      errors: [{ at: 'account', expected: expect.stringContaining('12 digits'), remedy: expect.any(String) }],
      findings: [],
      stacks: [],
    });
  });

  test('ends with 3 for an environment that has no file', async ({ inCheckout }) => {
    const { code, stderr, stdout } = await inCheckout('check', 'nowhere');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('expected one of trial, wrong');
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

describe('postern env cost', () => {
  test('estimates a month, and compares one callback with another receiver', async () => {
    const { code, stdout } = await runPostern(['env', 'cost', 'local', '--callbacks', '100000', '--compare']);
    expect(code).toBe(0);
    expect(stdout).toContain('local: 100,000 callbacks per month');
    expect(stdout).toMatch(/^The table above has the costs of creating its task, .* This table omits them\.$/m);
    expect(stdout).toContain('peer');
  });

  test.for([
    [['local', '--callbacks', '1e6'], /--callbacks is "1e6"; expected a whole number/],
    [['local', '--callbacks', '-1'], /--callbacks/],
    [['local', '--callbacks', '1000000000001'], /expected a whole number from 0 to 1000000000000/],
    [['local', '--months', '3'], /--months/],
    [['local', 'local'], /too many arguments/],
    [[], /environment/],
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

  test('says what it needs if it cannot read the deployed templates, and ends with 2', async ({
    checkout,
    ownFolder,
  }) => {
    // The search path has no program named aws.
    const options = { cwd: checkout, env: { PATH: ownFolder } };
    const { code, stderr, stdout } = await runPostern(['env', 'diff', 'trial'], options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Install the AWS CLI.');
    expect(stderr).toContain('--against');
  });
});

test.for([['env', 'check', 'local'], ['dev']])('%j ends with 2 outside of a checkout', async (words, { ownFolder }) => {
  const { code, stderr, stdout } = await runPostern(words, { cwd: ownFolder });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${ownFolder} is not in a checkout of Postern.`);
});
