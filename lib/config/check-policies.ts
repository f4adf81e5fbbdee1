import { createRequire } from 'node:module';
import { MAX_POLICIES_CHARS, POLICY_SCHEMA, type Policies } from '../../lambda/contract/policy.ts';
import { Finding, type Problems } from './errors.ts';

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

/** Some megabytes: only where there is a policy. */
const loadCedar = (): Cedar => createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as Cedar;

/** `@id("no-night-shift")` before a policy. */
const ID = /@id\("([^"]+)"\)/;

/** Checks the policies of an environment: they parse, and fit the schema. Each fault is a problem of its own. */
export const checkPolicies = (problems: Problems, policies: unknown): void => {
  const known = typeof policies === 'string' && policies.trim() !== '' && policies.length <= MAX_POLICIES_CHARS;
  problems.expect(
    known,
    'policies',
    typeof policies === 'string' ? new Finding(`has ${policies.length} characters`) : policies,
    `a text of 1 to ${MAX_POLICIES_CHARS} characters, with policies in Cedar`,
    'Read it from a file beside this one, or take `policies` out: then no policy is asked.',
  );
  if (!known) return;
  for (const { at, message, help } of findFaults(policies)) {
    problems.expect(
      false,
      at,
      new Finding(`is wrong: ${message}`),
      'policies in Cedar that fit the schema in lambda/contract/policy.ts',
      help ?? 'docs/operate/policies.md has examples, and https://docs.cedarpolicy.com describes the language.',
    );
  }
};

interface Fault {
  /** `policies at line 3, column 12 (policy "no-night-shift")`. */
  readonly at: string;
  readonly message: string;
  readonly help?: string;
}

const findFaults = (text: string): readonly Fault[] => {
  const cedar = loadCedar();
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') return parts.errors.flatMap((error) => syntaxFaults(text, error));
  const [template] = parts.policy_templates;
  if (template !== undefined) {
    return [
      { at: place(text, template, 0), message: 'it is a template (?principal or ?resource), and nothing fills it in' },
    ];
  }
  const ids = parts.policies.map(idOf);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) {
    const second = parts.policies[ids.lastIndexOf(twice)] ?? '';
    return [{ at: place(text, second, 0, twice), message: `two policies have the @id "${twice}"` }];
  }
  const answer = cedar.validate({ schema: POLICY_SCHEMA, policies: { staticPolicies: readPolicies(text) } });
  if (answer.type === 'failure') return answer.errors.map(({ message }) => ({ at: 'policies', message }));
  // What Cedar warns of in a policy with an error comes from the error.
  const warnings = answer.validationWarnings.filter(
    ({ policyId }) => !answer.validationErrors.some((error) => error.policyId === policyId),
  );
  const faults = [...answer.validationErrors, ...warnings].map(({ error, policyId }): Fault => {
    const policy = parts.policies[ids.indexOf(policyId)] ?? '';
    return {
      at: place(text, policy, error.sourceLocations?.[0]?.start ?? 0, policyId),
      // The place names the policy already, and the action is one of several that the same policy is about.
      message: error.message
        .replace(`for policy \`${policyId}\`, `, '')
        .replace(/ for Action::"\w+" not found/, ' not found'),
      ...(error.help && { help: `Cedar suggests: ${error.help}` }),
    };
  });
  // Cedar reports a fault once for each action.
  return faults.filter(
    ({ at, message }, i) => faults.findIndex((one) => one.at === at && one.message === message) === i,
  );
};

type CedarError = Extract<ReturnType<Cedar['policySetTextToParts']>, { type: 'failure' }>['errors'][number];

const syntaxFaults = (text: string, { message, sourceLocations, related }: CedarError): readonly Fault[] => [
  {
    at: place(text, text, sourceLocations?.[0]?.start ?? 0),
    message: [message, sourceLocations?.[0]?.label].filter(Boolean).join(', '),
  },
  ...(related ?? []).flatMap((one) => syntaxFaults(text, one)),
];

/** Where in the whole text a byte of one policy is, by line and column from 1. */
const place = (text: string, policy: string, byte: number, id?: string): string => {
  const begin = Math.max(0, text.indexOf(policy));
  const before = text.slice(0, begin) + Buffer.from(policy).subarray(0, byte).toString();
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return `policies at line ${line}, column ${column}${id === undefined ? '' : ` (policy "${id}")`}`;
};

const idOf = (policy: string, index: number): string => ID.exec(policy)?.[1] ?? `policy${index}`;

/** Policies by their ids. @throws {Error} where they do not parse; `checkPolicies` has reported it before */
export const readPolicies = (text: string): Policies => {
  const parts = loadCedar().policySetTextToParts(text);
  if (parts.type === 'failure') throw new Error(parts.errors.map(({ message }) => message).join('; '));
  return Object.fromEntries(parts.policies.map((policy, index) => [idOf(policy, index), policy]));
};
