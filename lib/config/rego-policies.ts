import { createHash } from 'node:crypto';
import { MAX_POLICIES_CHARS, MAX_POLICY_MODULE_BYTES } from '../../lambda/contract/policy.ts';
import { POLICY_ENTRY_POINT, readSourceHash } from '../../lambda/contract/policy-module.ts';
import {
  type ActionForm,
  type Members,
  POLICY_ACTIONS,
  POLICY_ENTITIES,
} from '../../lambda/contract/policy-questions.ts';
import { HOST_FUNCTIONS, type OpaModule, openModule } from '../../lambda/shared/policy/opa-module.ts';
import type { Attributes, Entity, Question } from '../../lambda/shared/policy/policy.ts';
import { decisionOf, inputOf } from '../../lambda/shared/policy/rego.ts';
import { type WasmModule, wasm } from '../../lambda/shared/policy/web-assembly.ts';
import type { Fault } from './kinds.ts';
import { findRegoMistakes } from './rego-lint.ts';
import { Description } from './show.ts';

/** Policies in Rego: the source, and the module that `postern env policies build` made of it. */
export interface RegoPolicies {
  readonly rego: string;
  readonly wasm: Uint8Array;
}

const BUILD = 'Run `postern env policies build FILE.rego`, and commit the module that it writes beside the source.';
const GUIDE = 'docs/operate/policies.md describes policies in Rego.';

/** Every mistake in policies in Rego. */
export const findRegoFaults = (value: object): readonly Fault[] => {
  const { rego, wasm: bytes, ...others }: { readonly rego?: unknown; readonly wasm?: unknown } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    return [
      {
        value: new Description(`has the member ${other}`),
        expected: 'a text with policies in Cedar, or an object with the members rego and wasm alone',
        remedy: `Remove the member. ${GUIDE}`,
      },
    ];
  }
  const faults: readonly Fault[] = [...formFaults(rego, bytes)];
  return faults.length > 0 || typeof rego !== 'string' || !(bytes instanceof Uint8Array)
    ? faults
    : [...lintFaults(rego), ...moduleFaults(rego, bytes).map((fault) => ({ path: ['wasm'], ...fault }))];
};

const formFaults = (rego: unknown, bytes: unknown): readonly Fault[] => [
  ...(typeof rego !== 'string' || rego.trim() === '' || rego.length > MAX_POLICIES_CHARS
    ? [
        {
          path: ['rego'],
          value: typeof rego === 'string' ? new Description(`has ${rego.length} characters`) : rego,
          expected: `a text of 1 to ${MAX_POLICIES_CHARS} characters with policies in Rego`,
          remedy: 'Read it from a file beside this one.',
        },
      ]
    : []),
  ...(!(bytes instanceof Uint8Array) || bytes.length === 0 || bytes.length > MAX_POLICY_MODULE_BYTES
    ? [
        {
          path: ['wasm'],
          value: bytes instanceof Uint8Array ? new Description(`has ${bytes.length} bytes`) : bytes,
          expected: `1 to ${MAX_POLICY_MODULE_BYTES} bytes of a WebAssembly module, as a Buffer or a Uint8Array`,
          remedy: `Read it from the file that \`postern env policies build\` writes, without an encoding. ${GUIDE}`,
        },
      ]
    : []),
];

const lintFaults = (rego: string): readonly Fault[] =>
  findRegoMistakes(rego).map(({ expected, line, message, remedy }) => ({
    path: ['rego'],
    value: new Description(`at line ${line}: ${message}`),
    expected,
    remedy,
  }));

/** Mistakes of the module; its value in words, the expectation and the remedy. The first one hides the others. */
const moduleFaults = (rego: string, bytes: Uint8Array): readonly Fault[] => {
  const fault = (words: string, expected: string, remedy = BUILD): readonly Fault[] => [
    { value: new Description(words), expected, remedy },
  ];
  let module: WasmModule;
  try {
    module = new wasm.Module(bytes);
  } catch (error) {
    return fault(`is no WebAssembly module: ${(error as Error).message}`, 'a module that OPA has made');
  }
  const hash = readSourceHash(bytes);
  if (hash === undefined) {
    return fault(
      'does not state the source that it was made of',
      'a module that `postern env policies build` has made',
    );
  }
  const own = createHash('sha256').update(rego).digest('hex');
  if (hash !== own) {
    return fault(
      `was made of another source: its SHA-256 is ${hash}`,
      `a module of the source in policies.rego, whose SHA-256 is ${own}`,
    );
  }
  const foreign = wasm.Module.imports(module).find((one) => !isOfOpa(one));
  if (foreign !== undefined) {
    return fault(
      `imports ${foreign.module}.${foreign.name}`,
      `a module that imports only what OPA defines: env.memory, ${HOST_FUNCTIONS.map((name) => `env.${name}`).join(', ')}`,
    );
  }
  try {
    return openFaults(openModule(module), fault);
  } catch (error) {
    return fault(
      `does not start: ${(error as Error).message}`,
      'a module of the ABI 1.2 or a later 1.x of OPA',
      `${BUILD} ${GUIDE}`,
    );
  }
};

const openFaults = (
  { builtins, entryPoints, evaluate }: OpaModule,
  fault: (words: string, expected: string, remedy?: string) => readonly Fault[],
): readonly Fault[] => {
  if (builtins.length > 0) {
    return fault(
      `calls ${builtins.join(', ')}`,
      'a module with no function of its host',
      'Replace the functions. https://www.openpolicyagent.org/docs/policy-reference/builtins shows which ones a module has itself.',
    );
  }
  const id = entryPoints[POLICY_ENTRY_POINT];
  if (id === undefined) {
    return fault(
      `has the entry points ${Object.keys(entryPoints).join(', ') || 'none'}`,
      `a module with the entry point ${POLICY_ENTRY_POINT}`,
    );
  }
  for (const question of QUESTIONS) {
    const { answer, error } = ask(() => evaluate(id, inputOf(question)));
    if (error === undefined && decisionOf(answer).failed.length === 0) continue;
    const { action, principal, resource } = question;
    return fault(
      `${error === undefined ? `answers ${JSON.stringify(answer)}` : `fails (${error})`} when a ${principal.type} asks for ${action} of a ${resource.type}`,
      'an answer of the form { "permit": set of names, "forbid": set of names } to every question',
      `Write \`decision := {"permit": permit, "forbid": forbid}\`, and rules such as \`permit contains "callbacks" if …\`. ${GUIDE}`,
    );
  }
  return [];
};

const ask = (evaluate: () => unknown): { readonly answer?: unknown; readonly error?: string } => {
  try {
    return { answer: evaluate() };
  } catch (error) {
    return { error: (error as Error).message };
  }
};

const isOfOpa = ({ module, name }: { readonly module: string; readonly name: string }): boolean =>
  module === 'env' && ['memory', ...HOST_FUNCTIONS].includes(name);

const VALUES: Readonly<Record<Members[string]['type'], Attributes[string]>> = {
  string: 'none',
  integer: 1,
  boolean: true,
  address: '192.0.2.1',
  strings: ['result'],
};

const valuesOf = (members: Members, isComplete: boolean): Attributes =>
  Object.fromEntries(
    Object.entries(members).flatMap(([name, { isOptional, type }]) =>
      isOptional && !isComplete ? [] : [[name, VALUES[type]] as const],
    ),
  );

const entitiesOf = (types: ActionForm['principals'], isComplete: boolean): readonly Entity<string>[] =>
  types.map((type) => {
    const form = POLICY_ENTITIES[type];
    return {
      type,
      id: 'none',
      attributes: valuesOf(form.attributes, isComplete),
      ...('hasApplication' in form && isComplete && { application: 'none' }),
    };
  });

/** Questions of each form, with and without optional members. */
const QUESTIONS: readonly Question[] = [true, false].flatMap((isComplete) =>
  POLICY_ACTIONS.flatMap((form: ActionForm) =>
    form.actions.flatMap((action) =>
      entitiesOf(form.principals, isComplete).flatMap((principal) =>
        entitiesOf(form.resources, isComplete).map(
          (resource) => ({ action, principal, resource, context: valuesOf(form.context, isComplete) }) as Question,
        ),
      ),
    ),
  ),
);
