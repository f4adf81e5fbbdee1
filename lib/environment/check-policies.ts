import { createRequire } from 'node:module';
import { MAX_POLICIES_CHARS, POLICY_SCHEMA, type Policies } from '../../lambda/contract/policy.ts';
import type { Problems } from './problem.ts';

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

/** Some megabytes: only where there is a policy. */
const loadCedar = (): Cedar => createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as Cedar;

/** `@id("no-night-shift")` before a policy. */
const ID = /@id\("([^"]+)"\)/;

/** Checks the policies of an environment: they parse, and speak of nothing but what there is. */
export const checkPolicies = (problems: Problems, policies: unknown): void => {
  const known = typeof policies === 'string' && policies.trim() !== '' && policies.length <= MAX_POLICIES_CHARS;
  problems.expect(
    known,
    'policies',
    typeof policies === 'string' ? `${policies.length} characters` : policies,
    `Cedar policies, ${MAX_POLICIES_CHARS} characters at most`,
    'Read them from a file beside this one, or take `policies` out: then nothing is asked.',
  );
  if (!known) return;
  const faults = findFaults(policies);
  problems.expect(
    faults.length === 0,
    'policies',
    faults.join('; '),
    'policies that fit the schema of lambda/contract/policy.ts, each with an `@id` of its own if it has one',
    'Correct them; https://docs.cedarpolicy.com has the language.',
  );
};

const findFaults = (text: string): readonly string[] => {
  const cedar = loadCedar();
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') return parts.errors.map(({ message }) => message);
  if (parts.policy_templates.length > 0) return ['a template: nothing links it here'];
  const ids = parts.policies.map(idOf);
  if (new Set(ids).size !== ids.length) return ['two policies of one id'];
  const answer = cedar.validate({ schema: POLICY_SCHEMA, policies: { staticPolicies: readPolicies(text) } });
  if (answer.type === 'failure') return answer.errors.map(({ message }) => message);
  return [...answer.validationErrors, ...answer.validationWarnings].map(
    ({ error, policyId }) => `${policyId}: ${error.message}`,
  );
};

const idOf = (policy: string, index: number): string => ID.exec(policy)?.[1] ?? `policy${index}`;

/** Policies by their ids. @throws {Error} where they do not parse, which `checkPolicies` has told */
export const readPolicies = (text: string): Policies => {
  const parts = loadCedar().policySetTextToParts(text);
  if (parts.type === 'failure') throw new Error(parts.errors.map(({ message }) => message).join('; '));
  return Object.fromEntries(parts.policies.map((policy, index) => [idOf(policy, index), policy]));
};
