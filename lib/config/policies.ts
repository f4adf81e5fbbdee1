import { createRequire } from 'node:module';
import { MAX_POLICIES_CHARS, type Policies } from '../../lambda/contract/policy.ts';
import { POLICY_SCHEMA } from '../../lambda/contract/policy-cedar-schema.ts';
import { type Kind, kind } from './kinds.ts';
import { findRegoFaults, type RegoPolicies } from './rego-policies.ts';
import { Description } from './show.ts';

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

/**
 * Cedar has some megabytes, so it is loaded for an environment with policies only. `imports` of package.json says where it is: in a
 * package of its own, or in a file of `@postern/cdk`.
 */
const loadCedar = (): Cedar => createRequire(import.meta.url)('#cedar') as Cedar;

/** `@id("no-night-shift")` before a policy. */
const ID = /@id\("([^"]+)"\)/;

/** Policies in Cedar that parse and fit the schema, or policies in Rego with their module. Each mistake is a separate error. */
export const policies: Kind<string | RegoPolicies> = kind('string | { rego: string; wasm: Uint8Array }', (value) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return findRegoFaults(value);
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_POLICIES_CHARS) {
    return [
      {
        value: typeof value === 'string' ? new Description(`has ${value.length} characters`) : value,
        expected: `a text of 1 to ${MAX_POLICIES_CHARS} characters with policies in Cedar, or { rego, wasm }`,
        remedy: 'Read it from a file beside this one, or remove `policies`: then no policy is evaluated.',
      },
    ];
  }
  return findMistakes(value).map(({ at, help, message }) => ({
    value: new Description(`is wrong${at}: ${message}`),
    expected: 'policies in Cedar that fit the schema of Postern',
    remedy: help ?? 'docs/operate/policies.md has examples, and https://docs.cedarpolicy.com describes the language.',
  }));
});

interface Mistake {
  /** ` at line 3, column 12 (policy "no-night-shift")`, or empty. */
  readonly at: string;
  readonly message: string;
  readonly help?: string;
}

const findMistakes = (text: string): readonly Mistake[] => {
  const cedar = loadCedar();
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') return parts.errors.flatMap((error) => syntaxMistakes(text, error));
  const [template] = parts.policy_templates;
  if (template !== undefined) {
    return [
      { at: place(text, template, 0), message: 'it is a template (?principal or ?resource), which has no values here' },
    ];
  }
  const ids = parts.policies.map(idOf);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) {
    const second = parts.policies[ids.lastIndexOf(twice)] ?? '';
    return [{ at: place(text, second, 0, twice), message: `two policies have the @id "${twice}"` }];
  }
  const answer = cedar.validate({ schema: POLICY_SCHEMA, policies: { staticPolicies: readPolicies(text) } });
  if (answer.type === 'failure') return answer.errors.map(({ message }) => ({ at: '', message }));
  // Warnings about a policy with an error follow from the error.
  const warnings = answer.validationWarnings.filter(
    ({ policyId }) => !answer.validationErrors.some((error) => error.policyId === policyId),
  );
  const mistakes = [...answer.validationErrors, ...warnings].map(({ error, policyId }): Mistake => {
    const policy = parts.policies[ids.indexOf(policyId)] ?? '';
    return {
      at: place(text, policy, error.sourceLocations?.[0]?.start ?? 0, policyId),
      // `at` names the policy already, and the action is one of several of the same policy.
      message: error.message
        .replace(`for policy \`${policyId}\`, `, '')
        .replace(/ for Action::"\w+" not found/, ' not found'),
      ...(error.help && { help: `Cedar suggests: ${error.help}` }),
    };
  });
  // Cedar reports a mistake once for each action.
  return mistakes.filter(
    ({ at, message }, i) => mistakes.findIndex((one) => one.at === at && one.message === message) === i,
  );
};

type CedarError = Extract<ReturnType<Cedar['policySetTextToParts']>, { type: 'failure' }>['errors'][number];

const syntaxMistakes = (text: string, { message, sourceLocations, related }: CedarError): readonly Mistake[] => [
  {
    at: place(text, text, sourceLocations?.[0]?.start ?? 0),
    message: [message, sourceLocations?.[0]?.label].filter(Boolean).join(', '),
  },
  ...(related ?? []).flatMap((one) => syntaxMistakes(text, one)),
];

/** Place of a policy's byte in the whole text: line and column from 1. */
const place = (text: string, policy: string, byte: number, id?: string): string => {
  const begin = Math.max(0, text.indexOf(policy));
  const before = text.slice(0, begin) + Buffer.from(policy).subarray(0, byte).toString();
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return ` at line ${line}, column ${column}${id === undefined ? '' : ` (policy "${id}")`}`;
};

const idOf = (policy: string, index: number): string => ID.exec(policy)?.[1] ?? `policy${index}`;

/** Policies by their ids. @throws {Error} if they do not parse, which `policies` has reported before */
export const readPolicies = (text: string): Policies => {
  const parts = loadCedar().policySetTextToParts(text);
  if (parts.type === 'failure') throw new Error(parts.errors.map(({ message }) => message).join('; '));
  return Object.fromEntries(parts.policies.map((policy, index) => [idOf(policy, index), policy]));
};
