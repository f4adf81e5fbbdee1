import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { CEDAR_FILE } from '../../lambda/contract/policy.ts';
import { CHECKED_PROOFS, type CheckedProofName } from '../../lambda/contract/proofs.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import {
  bundleOptions,
  PAYLOAD_BUCKET_ENTRY,
  POLICY_ENTRY,
  proofEntry,
  REGO_ENTRY,
  TOKEN_DECRYPTION_ENTRY,
} from '../../lib/functions/bundles.ts';
import packageJson from '../../package.json' with { type: 'json' };

const FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[];

/**
 * Largest size of each bundle in KiB of minified code, a few percent above its size. A cold start reads the whole bundle.
 * Before you raise a budget, look at what was added.
 */
const BUDGETS: Readonly<Record<FunctionName, number>> = {
  // Includes the reader of the table of signing keys.
  receive: 65,
  // Includes the form of the workflow that waits for a task, and for work that is sent: its template engine, and sending again.
  'create-task': 116,
  tasks: 570,
  // Includes the text of every problem page and their template, the API description, and our client of DynamoDB.
  metadata: 108,
  // The operator API, the pages, the verifier of operators' assertions and access tokens, and the signer of requests to KMS.
  console: 645,
  handshake: 400,
  'operator-api': 565,
  // Includes the frame of the console.
  'reveal-payload': 585,
  publish: 346,
  expire: 352,
  'complete-upload': 476,
  // Includes the updates that send work again.
  'revoke-callbacks': 378,
  redrive: 460,
  // The clients of SQS and Secrets Manager, and the template engine.
  dispatch: 420,
  'queue-outcomes': 339,
  // The clients of Step Functions, Lambda, SQS, S3 and STS.
  resume: 599,
  'rotate-signing-key': 22,
};

/** Packages of package.json in each bundle. Any other package is there by mistake. */
const PACKAGES: Readonly<Record<FunctionName, readonly string[]>> = {
  dispatch: ['@aws-sdk/client-secrets-manager', '@aws-sdk/client-sqs', 'ipaddr.js', 'structured-headers'],
  receive: [],
  'create-task': ['valibot'],
  tasks: ['@aws-sdk/client-dynamodb', '@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner', '@aws-sdk/util-dynamodb'],
  metadata: [],
  console: [
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-sqs',
    '@aws-sdk/util-dynamodb',
    'jose',
  ],
  handshake: ['@aws-sdk/client-dynamodb', 'bcryptjs', 'ipaddr.js'],
  'operator-api': [
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-sqs',
    '@aws-sdk/util-dynamodb',
  ],
  'reveal-payload': [
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-s3',
    '@aws-sdk/s3-request-presigner',
    '@aws-sdk/util-dynamodb',
    'jose',
  ],
  publish: ['@aws-sdk/client-eventbridge', '@aws-sdk/client-sqs', '@aws-sdk/util-dynamodb'],
  expire: ['@aws-sdk/client-dynamodb', '@aws-sdk/util-dynamodb'],
  'complete-upload': ['@aws-sdk/client-dynamodb', '@aws-sdk/client-s3', '@aws-sdk/util-dynamodb'],
  'revoke-callbacks': ['@aws-sdk/client-dynamodb', '@aws-sdk/util-dynamodb'],
  redrive: [
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-dynamodb-streams',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-sqs',
  ],
  'queue-outcomes': ['@aws-sdk/client-sqs'],
  resume: [
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-sfn',
    '@aws-sdk/client-sqs',
    '@aws-sdk/client-sts',
  ],
  'rotate-signing-key': [],
};

/** Files beside the receiver's code. The first callback with the proof loads its file. */
const PROOFS: Readonly<Record<CheckedProofName, { readonly budget: number; readonly packages: readonly string[] }>> = {
  private_key_jwt: { budget: 11.4, packages: [] },
  dpop: { budget: 24, packages: ['jose'] },
  http_signature: { budget: 17.4, packages: ['structured-headers'] },
  mtls: { budget: 2.35, packages: [] },
  webhook: { budget: 385, packages: ['@aws-sdk/client-lambda'] },
  standard_webhooks: { budget: 330, packages: ['@aws-sdk/client-secrets-manager'] },
};

/** Packages that the AWS SDK depends on, and that the tests use too. */
const FROM_THE_SDK = ['@smithy/signature-v4', '@smithy/types'];

const STATED = new Set(
  [packageJson.dependencies, packageJson.devDependencies, packageJson.optionalDependencies].flatMap(Object.keys),
);

const packageOf = (input: string): string | undefined => /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];

/** Size of a bundle, and the packages in it: those of package.json, and all. */
const sizeOf = async (entry: string) => {
  const { metafile } = await build({ ...bundleOptions(entry), metafile: true });
  const [output] = Object.values(metafile.outputs);
  if (output === undefined) throw new Error(`esbuild made no file of ${entry}.`);
  const all = Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([input]) => packageOf(input))
    .filter((found) => found !== undefined);
  const packages = all.filter((found) => !FROM_THE_SDK.includes(found) && STATED.has(found));
  return { bytes: output.bytes, packages: [...new Set(packages)].sort(), all: [...new Set(all)].sort() };
};

/** A budget far above the size would not notice growth. */
const expectWithin = (bytes: number, budgetKiB: number): void => {
  expect(bytes / 1024).toBeLessThan(budgetKiB);
  expect(bytes / 1024).toBeGreaterThan(budgetKiB / 1.1);
};

describe('the size of a bundle', () => {
  it('of token decryption stays within its budget and its packages', async () => {
    const { bytes, packages } = await sizeOf(TOKEN_DECRYPTION_ENTRY);
    expect(packages).toEqual(['@aws-sdk/client-secrets-manager', 'jose']);
    expectWithin(bytes, 350);
  });

  it('of the payload bucket stays within its budget and its packages', async () => {
    const { bytes, packages } = await sizeOf(PAYLOAD_BUCKET_ENTRY);
    expect(packages).toEqual(['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner']);
    expectWithin(bytes, 450);
  });

  it('of policies stays within its budget and its packages', async () => {
    const { bytes, packages } = await sizeOf(POLICY_ENTRY);
    expect(packages).toEqual(['@cedar-policy/cedar-wasm']);
    // Includes the forms of questions, of which it makes Cedar's schema.
    expectWithin(bytes, 8.2);
  });

  it('of policies in Rego stays within its budget, and has no package', async () => {
    const { all, bytes } = await sizeOf(REGO_ENTRY);
    expect(all).toEqual([]);
    expectWithin(bytes, 4.5);
  });

  it('of the guide’s policies in Rego stays within its budget, a thirtieth of Cedar', () => {
    const module = statSync(new URL('../vectors/rego/guide.wasm', import.meta.url)).size;
    expectWithin(module, 145);
    const engine = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs');
    expect(statSync(join(dirname(engine), CEDAR_FILE)).size / module).toBeGreaterThan(30);
  });

  it.each(FUNCTIONS)('of %s stays within its budget and its packages', async (name) => {
    const { all, bytes, packages } = await sizeOf(`lambda/functions/${name}/handler.ts`);
    expect(packages).toEqual(PACKAGES[name]);
    // A bundle without packages of package.json has no other package either.
    if (packages.length === 0) expect(all).toEqual([]);
    expectWithin(bytes, BUDGETS[name]);
  });

  it.each(CHECKED_PROOFS)('of proof %s stays within its budget and its packages', async (name) => {
    const { bytes, packages } = await sizeOf(proofEntry(name));
    expect(packages).toEqual(PROOFS[name].packages);
    expectWithin(bytes, PROOFS[name].budget);
  });
});
