import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policySchemaJson } from '../../../../lambda/contract/policy-json-schema.ts';
import {
  type ActionForm,
  type EntityForm,
  type EntityType,
  type Member,
  type Members,
  POLICY_ACTIONS,
  POLICY_ENTITIES,
} from '../../../../lambda/contract/policy-questions.ts';
import { createPolicy as createCedarPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { openModule } from '../../../../lambda/shared/policy/opa-module.ts';
import type { Question } from '../../../../lambda/shared/policy/policy.ts';
import { createPolicy, inputOf } from '../../../../lambda/shared/policy/rego.ts';
import { wasm } from '../../../../lambda/shared/policy/web-assembly.ts';
import { readPolicies } from '../../../../lib/config/policies.ts';

const read = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../vectors/rego/${name}`, import.meta.url)));

const GUIDE = read('guide.wasm');
const FAULTS = read('faults.wasm');

const CALLBACK: Question = {
  principal: { type: 'Processor', id: 'acme-ocr', attributes: { proof: 'none' } },
  action: 'result',
  resource: { type: 'Task', id: 'task-1', attributes: { processor: 'acme-ocr' } },
  context: {
    source: '192.0.2.7',
    carrier: 'header',
    proof: 'none',
    size: 100_000,
    contentType: 'application/json',
    age: 86_400,
  },
};

const questionWith = (context: Question['context']): Question => ({
  ...CALLBACK,
  context: { ...CALLBACK.context, ...context },
});

const FAILED = { allowed: false, policies: [], failed: ['rego'] };

describe('policies in Rego', () => {
  test('allow what a rule permits and none forbids, and name the rule', () => {
    expect(createPolicy(GUIDE).decide(CALLBACK)).toEqual({ allowed: true, policies: ['callbacks'], failed: [] });
  });

  test('deny what a rule forbids, and name that rule alone', () => {
    const decision = createPolicy(GUIDE).decide(questionWith({ size: 100_001 }));
    expect(decision).toEqual({ allowed: false, policies: ['acme-from-its-office'], failed: [] });
  });

  test.for<[string, Question['context']]>([
    ['an address of another network', { source: '198.51.100.7' }],
    ['an address of the other version', { source: '2001:db8::7' }],
    ['a text that is no address', { source: 'office' }],
    ['an empty address', { source: '' }],
  ])('forbid a source that is %s', ([, context]) => {
    expect(createPolicy(GUIDE).decide(questionWith(context))).toMatchObject({ allowed: false, failed: [] });
  });

  test('forbid a callback without a source', () => {
    const { source: _, ...context } = CALLBACK.context;
    expect(createPolicy(GUIDE).decide({ ...CALLBACK, context })).toMatchObject({ allowed: false, failed: [] });
  });

  test('deny a question that no rule knows', () => {
    const unknown = { ...CALLBACK, principal: { ...CALLBACK.principal, type: 'Target' } } as unknown as Question;
    expect(createPolicy(GUIDE).decide(unknown)).toEqual({ allowed: false, policies: [], failed: [] });
  });

  test.for([
    ['read', { allowed: true, policies: ['all'], failed: [] }],
    ['list', { allowed: false, policies: [], failed: [] }],
    ['settle', { allowed: false, policies: ['some'], failed: [] }],
  ] as const)('decide %s by the two sets of names', ([action, decision]) => {
    expect(createPolicy(FAULTS).decide({ ...CALLBACK, action })).toEqual(decision);
  });

  test.for([
    ['without forbid', 'result'],
    ['without permit', 'failure'],
    ['with a text in place of a set', 'progress'],
    ['with null in place of a set', 'upload'],
    ['with a number in place of a name', 'open'],
    ['with a further member', 'reissue'],
    ['that is no object', 'reopen'],
    ['with an empty name', 'accept'],
    ['that is undefined', 'discard'],
    ['of two conflicting rules', 'cancel'],
  ] as const)('deny at a decision %s, and name themselves as failed', ([, action]) => {
    expect(createPolicy(FAULTS).decide({ ...CALLBACK, action })).toEqual(FAILED);
  });

  test('decide again after an evaluation was aborted', () => {
    const policy = createPolicy(FAULTS);
    for (const action of ['cancel', 'read', 'cancel', 'cancel', 'read']) {
      expect(policy.decide({ ...CALLBACK, action }).allowed).toBe(action === 'read');
    }
  });

  test('deny a question with a text that has no form in UTF-8', () => {
    const broken = { ...CALLBACK, resource: { ...CALLBACK.resource, id: '\ud800' } };
    expect(createPolicy(FAULTS).decide({ ...broken, action: 'read' })).toEqual(FAILED);
  });

  test('are not asked without an input, which a module would permit', () => {
    const { evaluate } = openModule(new wasm.Module(FAULTS));
    // In place of an input that does not parse.
    expect(() => evaluate(0, undefined as unknown as object)).toThrow('The module cannot parse its input.');
  });

  test('keep nothing of a question in their memory of 16 MiB', () => {
    const policy = createPolicy(GUIDE);
    const long = questionWith({ contentType: 'x'.repeat(100_000) });
    // A question that stayed would fill the memory after less than 200 of them.
    for (let i = 0; i < 1_000; i += 1) expect(policy.decide(long).allowed).toBe(true);
    expect(policy.decide(questionWith({ contentType: 'x'.repeat(20_000_000) }))).toEqual(FAILED);
    expect(policy.decide(CALLBACK).allowed).toBe(true);
  });

  test('cannot be created of what is no module', () => {
    expect(() => createPolicy(new Uint8Array(8))).toThrow(/WebAssembly/);
  });
});

describe('the input of policies in Rego', () => {
  /** The members of an object in the schema, by their paths. */
  const pathsOf = (schema: unknown, path = ''): readonly string[] => {
    const { properties } = schema as { readonly properties?: Readonly<Record<string, unknown>> };
    return properties === undefined
      ? [path]
      : Object.entries(properties).flatMap(([name, inner]) => pathsOf(inner, `${path}.${name}`));
  };

  const namesIn = (value: unknown, path = ''): readonly string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([name, inner]) => namesIn(inner, `${path}.${name}`))
      : [path];

  test('has every member of the schema, and null for those that the question does not have', () => {
    const empty = { type: 'Sender', id: 'a', attributes: {} } as const;
    const input = inputOf({ action: 'read', principal: empty, resource: { ...empty, type: 'Task' }, context: {} });
    expect(namesIn(input).toSorted()).toEqual(pathsOf(policySchemaJson()).toSorted());
    expect(input).toStrictEqual({
      action: 'read',
      principal: { type: 'Sender', id: 'a', application: null, issuer: null, proof: null },
      resource: { type: 'Task', id: 'a', application: null, processor: null, owner: null, resource: null, kind: null },
      context: {
        source: null,
        carrier: null,
        proof: null,
        size: null,
        contentType: null,
        age: null,
        expiresIn: null,
        callbacks: null,
        reason: null,
        protected: null,
      },
    });
  });

  test('keeps false, 0 and empty values', () => {
    expect(inputOf(questionWith({ size: 0, protected: false, callbacks: [], reason: '' }))).toMatchObject({
      context: { size: 0, protected: false, callbacks: [], reason: '' },
    });
  });
});

describe('the same policies in Cedar and in Rego', () => {
  const text = fc.oneof(
    fc.constantFrom('acme-ocr', 'orders', 'orders-backend', 'none', 'dpop', 'INC-7', 'INC-', 'inc-7', ''),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );
  const VALUES: Readonly<Record<Member['type'], fc.Arbitrary<string | number | boolean | readonly string[]>>> = {
    string: text,
    integer: fc.oneof(
      fc.constantFrom(0, 99_999, 100_000, 100_001, 86_399, 86_400, 86_401, Number.MAX_SAFE_INTEGER),
      fc.maxSafeNat(),
    ),
    boolean: fc.boolean(),
    // Cedar does not parse an IPv4 address inside an IPv6 address.
    address: fc.oneof(
      fc.constantFrom('192.0.2.0', '192.0.2.255', '192.0.3.0', '192.0.1.255'),
      fc.ipV4(),
      fc.ipV6().filter((address) => !address.includes('.')),
    ),
    strings: fc.array(text, { maxLength: 3 }),
  };
  const valuesOf = (members: Members) =>
    fc.record(Object.fromEntries(Object.entries(members).map(([name, { type }]) => [name, VALUES[type]])), {
      requiredKeys: Object.keys(members).filter((name) => members[name]?.isOptional !== true),
    });
  const entityOf = (types: readonly EntityType[]) =>
    fc.constantFrom(...types).chain((type) => {
      const { attributes, hasApplication }: EntityForm = POLICY_ENTITIES[type];
      return fc.record(
        {
          type: fc.constant(type),
          id: text,
          attributes: valuesOf(attributes),
          ...(hasApplication && { application: text }),
        },
        { requiredKeys: ['type', 'id', 'attributes'] },
      );
    });
  const question = fc.constantFrom<ActionForm>(...POLICY_ACTIONS).chain(({ actions, context, principals, resources }) =>
    fc.record({
      action: fc.constantFrom(...actions),
      principal: entityOf(principals),
      resource: entityOf(resources),
      context: valuesOf(context),
    }),
  ) as fc.Arbitrary<Question>;

  test('decide every question alike, and for the same reasons', () => {
    const cedar = createCedarPolicy(readPolicies(read('guide.cedar').toString()));
    const rego = createPolicy(GUIDE);
    const names = new Set<string>();
    fc.assert(
      fc.property(question, (one) => {
        const [expected, decision] = [cedar.decide(one), rego.decide(one)];
        for (const name of expected.policies) names.add(name);
        expect({ ...decision, policies: decision.policies.toSorted() }).toEqual({
          ...expected,
          policies: expected.policies.toSorted(),
        });
      }),
      { numRuns: 2_000 },
    );
    // Otherwise the questions would show nothing of a policy.
    expect([...names].toSorted()).toEqual([
      'acme-from-its-office',
      'callbacks',
      'old-tokens-need-a-proof',
      'operators',
      'operators-name-an-incident',
      'orders-is-read-only',
      'senders',
    ]);
  });
});
