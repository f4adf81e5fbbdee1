/** Files in the bundle of a function: the policies of the environment by id, and the code that evaluates them. */
export const POLICIES_FILE = 'policies.json';
export const POLICY_CODE_FILE = 'policy.js';
/** The Cedar engine. The name is fixed: Cedar's own code loads this file. */
export const CEDAR_FILE = 'cedar_wasm_bg.wasm';

/** Cedar policies by id: their `@id`, or else their position. */
export type Policies = Readonly<Record<string, string>>;

/** Largest text of an environment's policies, in characters. */
export const MAX_POLICIES_CHARS = 65_536;

/**
 * The schema of policies (https://docs.cedarpolicy.com/schema/human-readable-schema.html). The task of a callback has only the
 * attributes that its token states, and no parent: no table is read before all checks have passed. `owner` is present if the
 * environment sets `ownerClaim`. The task of a sender has its application as parent, like the sender itself. The actions `reopen`,
 * `cancel` and `dispatch` are those of senders and of operators; those of a sender have the reason `""`. A `Target` is what an action of
 * an operator changes if it is not a task: its kind is `processor`, `job`, `queue` or `key`. The target of `dispatch` is a task, or a
 * processor of which many tasks are sent again.
 */
export const POLICY_SCHEMA = `
entity Application;
entity Processor = { "proof": String };
entity Sender in [Application];
entity Operator = { "issuer": String };
entity Task in [Application] = { "processor": String, "owner"?: String, "resource"?: String };
entity Target = { "kind": String };

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

action "open", "reissue" appliesTo {
  principal: Sender,
  resource: Task,
  context: {
    "carrier": String,
    "expiresIn": Long,
    "callbacks": Set<String>,
  }
};

action "reopen" appliesTo {
  principal: [Sender, Operator],
  resource: Task,
  context: {
    "carrier": String,
    "expiresIn": Long,
    "callbacks": Set<String>,
    "reason": String,
    "protected": Bool,
  }
};

action "cancel" appliesTo {
  principal: [Sender, Operator],
  resource: Task,
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "read", "settle" appliesTo {
  principal: Sender,
  resource: Task,
};

action "revoke", "accept", "discard", "reveal" appliesTo {
  principal: Operator,
  resource: Task,
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "revoke_all", "abort", "redrive", "retire", "pause", "resume_dispatch" appliesTo {
  principal: Operator,
  resource: Target,
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "dispatch" appliesTo {
  principal: [Sender, Operator],
  resource: [Task, Target],
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "list" appliesTo {
  principal: Sender,
  resource: Application,
};
`;
