/** Code in the bundle of a function that evaluates the policies of the environment. */
export const POLICY_CODE_FILE = 'policy.js';

/** Policies in Cedar by id, in the bundle of a function. */
export const POLICIES_FILE = 'policies.json';
/** The Cedar engine. The name is fixed: Cedar's own code loads this file. */
export const CEDAR_FILE = 'cedar_wasm_bg.wasm';

/** Cedar policies by id: their `@id`, or else their position. */
export type Policies = Readonly<Record<string, string>>;

/** Largest text of an environment's policies, in characters. */
export const MAX_POLICIES_CHARS = 65_536;

/** Policies in Rego, in the bundle of a function: the module that `opa build -t wasm` made. */
export const POLICY_MODULE_FILE = 'policy.wasm';

/** Largest module of policies in Rego, in bytes. OPA's own code has about 140 KB of it. */
export const MAX_POLICY_MODULE_BYTES = 1_048_576;
