/** The policies of an environment by their ids, and the code that asks them, beside a function's code. */
export const POLICIES_FILE = 'policies.json';
export const POLICY_CODE_FILE = 'policy.js';
/** Cedar itself; its name is the one that its code asks for. */
export const CEDAR_FILE = 'cedar_wasm_bg.wasm';

/** Policies by id: their `@id`, or where they stand among the others. */
export type Policies = Readonly<Record<string, string>>;

/** Largest text of an environment's policies, in characters. */
export const MAX_POLICIES_CHARS = 65_536;

/**
 * What policies can speak of (https://docs.cedarpolicy.com/schema/human-readable-schema.html). A callback's task is known by its
 * token alone: no table is asked before every check has passed. `owner` is there where the environment has `ownerClaim`.
 */
export const POLICY_SCHEMA = `
entity Processor = { "proof": String };
entity Sender;
entity Task = { "processor": String, "owner"?: String, "resource"?: String };

action "result", "failure", "progress", "upload" appliesTo {
  principal: Processor,
  resource: Task,
  context: {
    "source"?: ipaddr,
    "carrier": String,
    "proof": String,
    "size": Long,
    "contentType": String,
    "age": Long,
  }
};

action "open" appliesTo {
  principal: Sender,
  resource: Task,
  context: {
    "carrier": String,
    "expiresIn": Long,
    "callbacks": Set<String>,
  }
};
`;
