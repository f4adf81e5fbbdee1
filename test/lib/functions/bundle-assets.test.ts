import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import { describe, expect } from 'vitest';
import type { AwsEnvironmentInput } from '../../../lib/config/environment.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { EnvironmentStacks } from '../../../lib/environment-stacks.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { anApp, NO_CODE, TEST_CONTEXT } from '../../support/synthesize.ts';
import { test as base } from '../../support/unit-fixtures.ts';

/** The parts of a stack's list of assets that are read here. */
interface Assets {
  readonly files: Readonly<
    Record<string, { readonly displayName: string; readonly source: { readonly path: string } }>
  >;
}

const RECEIVER = 'index.js package.json payload-bucket.js registry.json schemas.cjs';

const it = base
  /** Files in the packages of the functions, one line each. */
  .extend('packagesOf', ({ folder }) => (name: string, more: Partial<AwsEnvironmentInput>): readonly string[] => {
    const app = anApp(join(folder, name));
    new EnvironmentStacks(app, { environment: readEnvironment('test', anAwsEnvironment(more)), bundles: NO_CODE });
    app.synth();
    const assets = readdirSync(join(folder, name)).filter((entry) => entry.startsWith('asset.'));
    return assets
      .map((asset) =>
        readdirSync(join(folder, name, asset))
          .sort()
          .join(' '),
      )
      .sort();
  });

describe('the code of functions in an assembly', () => {
  it.for([
    ['by default', {}],
    ['without staging of assets', { [DISABLE_ASSET_STAGING_CONTEXT]: true }],
  ] as const)('is in the folder that the list of assets names: %s', ([, context], { ownFolder }) => {
    const app = anApp(ownFolder, { context: { ...TEST_CONTEXT, ...context } });
    new EnvironmentStacks(app, { environment: readEnvironment('test', anAwsEnvironment()), bundles: NO_CODE });
    app.synth();
    const assets = readdirSync(ownFolder)
      .filter((file) => file.endsWith('.assets.json'))
      .flatMap((file) => Object.values((JSON.parse(readFileSync(join(ownFolder, file), 'utf8')) as Assets).files));
    const ofFunctions = assets.filter(({ displayName }) => displayName.startsWith('Code of the function '));
    for (const { source } of ofFunctions) expect(existsSync(join(ownFolder, source.path, 'index.js'))).toBe(true);
    // Messages of a deployment name the function.
    const names = ofFunctions.map(({ displayName }) => displayName);
    expect(names).toContain('Code of the function receive of Postern');
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the files in a function’s package', () => {
  it('do not include unused features', ({ packagesOf }) => {
    const packages = packagesOf('plain', {});
    expect(packages).toContain(RECEIVER);
    expect(packages.join(' ')).not.toMatch(/proof-|policy|cedar/);
  });

  it('include style sheets and the script only for the functions that show pages', ({ packagesOf }) => {
    const packages = packagesOf('pages', {});
    expect(packages.filter((files) => /\.css|console\.js/.test(files))).toEqual([
      'applications.json console.css console.js index.js package.json registry.json',
      'console.css console.js index.js package.json',
      'index.js package.json page.css',
    ]);
  });

  it('include the code of the processors’ proofs, and of no other proof', ({ packagesOf }) => {
    const processors = {
      'acme-ocr': {
        carriers: ['header'],
        contentTypes: ['application/json'],
        proof: { kind: 'private_key_jwt', clientId: 'acme' },
      },
    } as const;
    const packages = packagesOf('proof', { processors });
    expect(packages).toContain(
      'index.js package.json payload-bucket.js proof-private-key-jwt.js registry.json schemas.cjs',
    );
  });

  it('include the token decryption if the environment encrypts tokens', ({ packagesOf }) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'current' };
    const packages = packagesOf('encryption', { tokenEncryption: { secretName: 'keys', publicJwk } });
    expect(packages).toContain(`${RECEIVER} token-decryption.js`);
  });

  it('include policies and Cedar for the functions that ask them, if there are policies', ({ packagesOf }) => {
    const packages = packagesOf('policies', { policies: 'permit (principal, action, resource);' });
    const policy = 'policies.json policy.js';
    expect(packages).toContain(
      `cedar_wasm_bg.wasm index.js package.json payload-bucket.js ${policy} registry.json schemas.cjs`,
    );
    const pages = 'console.css console.js';
    expect(packages).toContain(`applications.json cedar_wasm_bg.wasm index.js package.json ${policy} registry.json`);
    expect(packages).toContain(
      `applications.json cedar_wasm_bg.wasm ${pages} index.js package.json ${policy} registry.json`,
    );
    expect(packages).toContain(`applications.json cedar_wasm_bg.wasm index.js package.json ${policy}`);
    expect(packages).toContain(`cedar_wasm_bg.wasm ${pages} index.js package.json ${policy}`);
    expect(packages.filter((files) => files.includes('cedar'))).toHaveLength(6);
  });

  it('include the module of policies in Rego, and never Cedar', ({ packagesOf }) => {
    const vector = (name: string) => readFileSync(new URL(`../../vectors/rego/${name}`, import.meta.url));
    const policies = { rego: vector('guide.rego').toString(), wasm: vector('guide.wasm') };
    const packages = packagesOf('rego', { policies });
    const policy = 'policy.js policy.wasm';
    expect(packages).toContain(`index.js package.json payload-bucket.js ${policy} registry.json schemas.cjs`);
    const pages = 'console.css console.js';
    expect(packages).toContain(`applications.json index.js package.json ${policy} registry.json`);
    expect(packages).toContain(`applications.json ${pages} index.js package.json ${policy} registry.json`);
    expect(packages).toContain(`applications.json index.js package.json ${policy}`);
    expect(packages).toContain(`${pages} index.js package.json ${policy}`);
    expect(packages.filter((files) => files.includes('policy.wasm'))).toHaveLength(6);
    expect(packages.join(' ')).not.toMatch(/cedar|policies\.json/);
  });
});
