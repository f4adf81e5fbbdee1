import { CONTEXT_MEMBERS, PRINCIPAL_ATTRIBUTES, RESOURCE_ATTRIBUTES } from '../../contract/policy-input.ts';
import { POLICY_ENTRY_POINT } from '../../contract/policy-module.ts';
import type { Members } from '../../contract/policy-questions.ts';
import { openModule } from './opa-module.ts';
import type { Attributes, CreatePolicy, Entity, PolicyDecision, Question } from './policy.ts';
import { type WasmModule, wasm } from './web-assembly.ts';

/** Names the module in `failed`: its rules have no separate evaluation. */
const MODULE_ID = 'rego';

const FAILED: PolicyDecision = { allowed: false, policies: [], failed: [MODULE_ID] };

/**
 * Compiles policies in Rego once. A request that no rule permits is denied, and so is one for which the module makes no decision, or
 * one in another form.
 * @param bytes of the module that `opa build -t wasm -e postern/decision` made
 * @throws {Error} if the bytes are no such module; the synth refuses them
 */
export const createPolicy: CreatePolicy<Uint8Array> = (bytes) => {
  const module = new wasm.Module(bytes);
  let evaluate = start(module);
  return {
    decide: (question) => {
      try {
        return decisionOf(evaluate(inputOf(question)));
      } catch {
        // What an interrupted evaluation left in the memory is unknown.
        evaluate = start(module);
        return FAILED;
      }
    },
  };
};

const start = (module: WasmModule): ((input: object) => unknown) => {
  const { entryPoints, evaluate } = openModule(module);
  const id = entryPoints[POLICY_ENTRY_POINT];
  if (id === undefined) throw new Error(`The module has no entry point ${POLICY_ENTRY_POINT}.`);
  return (input) => evaluate(id, input);
};

/**
 * Every member of the schema, with null for those that the question does not have. A rule about a member that is not there would be
 * undefined in Rego, so a `forbid` would silently not apply.
 */
export const inputOf = ({ action, context, principal, resource }: Question): object => ({
  action,
  principal: entityOf(principal, PRINCIPAL_ATTRIBUTES),
  resource: entityOf(resource, RESOURCE_ATTRIBUTES),
  context: complete(CONTEXT_MEMBERS, context),
});

const entityOf = ({ application, attributes, id, type }: Entity<string>, members: Members): object => ({
  type,
  id,
  application: application ?? null,
  ...complete(members, attributes),
});

const complete = (members: Members, values: Attributes): object =>
  Object.fromEntries(Object.keys(members).map((name) => [name, values[name] ?? null]));

/**
 * The decision of an evaluation: `[{ "result": { "permit": [names], "forbid": [names] } }]`. Anything else is a failure, also an
 * undefined decision (`[]`).
 */
export const decisionOf = (answer: unknown): PolicyDecision => {
  const document = isList(answer) && answer.length === 1 ? membersOf(answer[0], ['result']).result : undefined;
  const { forbid, permit } = membersOf(document, ['forbid', 'permit']);
  if (!isNames(forbid) || !isNames(permit)) return FAILED;
  const isForbidden = forbid.length > 0;
  return { allowed: !isForbidden && permit.length > 0, policies: isForbidden ? forbid : permit, failed: [] };
};

/** The members of an object with exactly these names, else none. */
const membersOf = (value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.keys(value).sort().join() === names.join()
    ? (value as Readonly<Record<string, unknown>>)
    : {};

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const isNames = (value: unknown): value is readonly string[] =>
  isList(value) && value.every((name) => typeof name === 'string' && name !== '');
