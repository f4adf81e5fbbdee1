import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import type { loadPolicy } from '../../../../lambda/shared/policy/load.ts';
import type { Question } from '../../../../lambda/shared/policy/policy.ts';
import { readPolicies } from '../../../../lib/config/policies.ts';
import { buildAll, POLICY_ENTRY, REGO_ENTRY } from '../../../../lib/functions/bundles.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

const LOAD = 'lambda/shared/policy/load.ts';

const vector = (name: string): Buffer => readFileSync(new URL(`../../../vectors/rego/${name}`, import.meta.url));

const QUESTION: Question = {
  principal: { type: 'Processor', id: 'brief-ocr', attributes: { proof: 'none' } },
  action: 'result',
  resource: { type: 'Task', id: 'task-1', attributes: { processor: 'brief-ocr' } },
  context: { carrier: 'header', proof: 'none', size: 2, contentType: 'application/json', age: 1 },
};

const test = base
  .extend('code', { scope: 'file' }, async () => {
    const { texts } = await buildAll([LOAD, POLICY_ENTRY, REGO_ENTRY]);
    return { load: texts[LOAD] ?? '', cedar: texts[POLICY_ENTRY] ?? '', rego: texts[REGO_ENTRY] ?? '' };
  })
  /** The function of a package with these files. */
  .extend('policyOf', ({ code, ownFolder }) => (files: Readonly<Record<string, string | Uint8Array>>) => {
    mkdirSync(ownFolder, { recursive: true });
    for (const [name, content] of Object.entries({ ...files, 'load.js': code.load })) {
      writeFileSync(join(ownFolder, name), content);
    }
    const loaded = createRequire(import.meta.url)(join(ownFolder, 'load.js')) as {
      readonly loadPolicy: typeof loadPolicy;
    };
    return loaded.loadPolicy(ownFolder);
  });

describe('the package of a function', () => {
  test('has no policies without their files', ({ policyOf }) => {
    expect(policyOf({})).toBeNull();
  });

  test('decides by policies in Rego', ({ code, policyOf }) => {
    const policy = policyOf({ 'policy.js': code.rego, 'policy.wasm': vector('guide.wasm') })?.();
    expect(policy?.decide(QUESTION)).toEqual({ allowed: true, policies: ['callbacks'], failed: [] });
    const context = { ...QUESTION.context, age: 86_401 };
    expect(policy?.decide({ ...QUESTION, context })).toMatchObject({ policies: ['old-tokens-need-a-proof'] });
  });

  test('decides by policies in Cedar', ({ code, policyOf }) => {
    const engine = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs');
    const policy = policyOf({
      'policy.js': code.cedar,
      'policies.json': JSON.stringify(readPolicies(vector('guide.cedar').toString())),
      'cedar_wasm_bg.wasm': readFileSync(join(dirname(engine), 'cedar_wasm_bg.wasm')),
    })?.();
    expect(policy?.decide(QUESTION)).toEqual({ allowed: true, policies: ['callbacks'], failed: [] });
  });

  test('creates policies in Rego once, at the first question', ({ code, policyOf }) => {
    const policy = policyOf({ 'policy.js': code.rego, 'policy.wasm': vector('guide.wasm') });
    expect(policy?.()).toBe(policy?.());
  });

  test('starts with a damaged module, and each question fails', ({ code, policyOf }) => {
    const policy = policyOf({ 'policy.js': code.rego, 'policy.wasm': vector('guide.wasm').subarray(0, 1_000) });
    for (const _ of [1, 2]) expect(policy).toThrow(/WebAssembly/);
  });
});
