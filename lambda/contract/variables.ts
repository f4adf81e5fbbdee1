import type { AccessTokenProfile } from './access-token-profile.ts';
import { OPERATOR_ACTIONS } from './audit.ts';
import { CALLBACK_TOKEN_ALGORITHMS } from './claims.ts';
import type { EndSession } from './console-session.ts';
import { INDEX_SHARDS, MAX_BODY_BYTES, QUARANTINE_LIMIT } from './limits.ts';
import type { OperatorRoles } from './operator-roles.ts';
import { SIGNING_KEY_USES, SIGNING_KINDS } from './signing.ts';
import { SIGNING_KEY_SECONDS } from './signing-keys.ts';
import { TASK_LAYOUTS } from './task.ts';
import type { EncryptionKey } from './token-encryption.ts';
import {
  flag,
  integer,
  json,
  LIST_SEPARATOR,
  leftOut,
  list,
  listOf,
  oneOf,
  optional,
  seconds,
  text,
  type Variable,
} from './variable-kinds.ts';

/** Number of shards of each index of the tasks table. */
const indexShards = () => integer(INDEX_SHARDS.min, INDEX_SHARDS.max);

/** Variables of every function that writes tasks. */
const taskWriter = () => ({
  TASKS_TABLE: text(),
  /** `former` while a running environment gets the indexes of this version. */
  TASK_LAYOUT: oneOf(...TASK_LAYOUTS),
});

const EVERY_FUNCTION = {
  POSTERN_ENVIRONMENT: text(),
  POSTERN_ORIGIN: text(),
};

/** Variables of every function that verifies access tokens. */
const accessTokens = () => ({
  IDP_ISSUER: text(),
  IDP_JWKS_URI: text(),
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: seconds(),
  ACCESS_TOKEN_PROFILE: json<AccessTokenProfile>(),
  /** `one-time`: each access token is accepted once. */
  ACCESS_TOKEN_USES: oneOf('many', 'one-time'),
});

/** Variables of every function that writes the audit of operators. */
const operators = () => ({
  /** The values of the roles' claim that stand for each role of an operator. */
  OPERATOR_ROLES: json<OperatorRoles>(),
  AUDIT_TABLE: text(),
  /** Time that an item of the audit is kept. */
  AUDIT_RETENTION_SECONDS: seconds(),
  /** Actions that the environment switches off. No value: none. */
  DISABLED_ACTIONS: optional(listOf(OPERATOR_ACTIONS)),
  /** True if the environment is protected, for its policies and for the console. */
  PROTECTED: flag(),
});

/** Variables of every function that does what operators ask for. */
const operatorServices = () => ({
  ...operators(),
  ...deadLetters(),
  ...signingKeys(),
  SIGNING: signing(),
  /** Use of each key of `SIGNING_KEY_IDS`, in its order. */
  SIGNING_KEY_USES: optional(listOf(SIGNING_KEY_USES)),
  /** ARN of the alias of the function `rotate-signing-key`. No value: a key in KMS signs. */
  ROTATE_FUNCTION: optional(text()),
  ...taskWriter(),
  JTI_TABLE: text(),
  LOOKUPS_TABLE: text(),
  INDEX_SHARDS: indexShards(),
  /** ARN of the alias of the function `redrive`. */
  REDRIVE_FUNCTION: text(),
  /** ARN of the alias of the function `revoke-callbacks`. */
  REVOKE_FUNCTION: text(),
  /** ARN of the alias of the function `dispatch`. No value: the environment sends no work. */
  DISPATCH_FUNCTION: optional(text()),
});

/** Variables of every function that answers operators in a browser. */
const operatorSessions = () => ({
  /** Origin of the console. No value: it is that of the gateway, and forms of another origin are refused. */
  CONSOLE_ORIGIN: leftOut(text()),
  OIDC_ISSUER: text(),
  OIDC_CLIENT_ID: text(),
  LOAD_BALANCER_ARN: text(),
  LOAD_BALANCER_PUBLIC_KEYS_URL: text(),
  /** Verification of access tokens, for roles that are read from them. */
  IDP_JWKS_URI: text(),
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: seconds(),
  /** The end-session endpoint of the identity provider. No value: the provider does not have one. */
  END_SESSION: optional(json<EndSession>()),
  CONSOLE_SESSION_SECONDS: seconds(),
  CONSOLE_IDLE_SECONDS: seconds(),
  /** ARN of the KMS HMAC key from which the key of forms and session cookies is derived. */
  FORM_KEY_ID: text(),
});

const senderApi = () => ({
  ...accessTokens(),
  /** True if names of the sender API may be abbreviated. */
  ABBREVIATIONS: flag(),
  LOOKUPS_TABLE: text(),
  /** True if the environment is protected, for its policies. */
  PROTECTED: flag(),
  /** Ids of the clients that the user pool has for applications, by application. No value: none. */
  SENDER_CLIENTS: optional(json<Readonly<Record<string, string>>>()),
});

/** Variables of every function that knows the keys of callback tokens. */
const signingKeys = () => ({
  /** Table of the keys that KMS makes and that sign without KMS. */
  SIGNING_KEYS_TABLE: text(),
  /**
   * ARNs of the KMS keys whose signatures are accepted, the one that signs first. No value: every accepted key is in the table,
   * because `SIGNING` is `rotating`. For `rotate-signing-key`: those whose public halves it puts into the table.
   */
  SIGNING_KEY_IDS: optional(list()),
});

/** `rotating`: keys of the table sign. `kms`: a key in KMS signs. */
const signing = () => oneOf(...SIGNING_KINDS);

/** Variables of every function that makes callback tokens and short codes. */
const tokenIssuer = () => ({
  SIGNING: signing(),
  /** ARN of the KMS key that decrypts private keys. No value: a key in KMS signs. */
  SIGNING_ENCRYPTION_KEY_ID: optional(text()),
  /** ARN of the KMS HMAC key that short codes are derived with. */
  CODE_KEY_ID: text(),
  /** True if callback tokens have the claim `owner`. */
  OWNER_CLAIM: flag(),
  /** The public key that encrypts tokens. No value: no processor has encrypted tokens. */
  TOKEN_ENCRYPTION_KEY: optional(json<EncryptionKey>()),
});

/** `public`: public addresses over https. `loopback`: addresses of this machine, for the local environment. */
const egress = () => oneOf('public', 'loopback');

/** The queue of each processor that work is sent to. */
const dispatchQueues = () => ({
  /**
   * Beginning of the URLs of all queues: the id of a processor follows. No value: the environment sends no work. All URLs would not fit
   * into the variables of a function.
   */
  DISPATCH_QUEUE_PREFIX: optional(text()),
});

/** The dead-letter queues, and the functions whose work they keep. */
const deadLetters = () => ({
  /** URL of each dead-letter queue by the name of its function. */
  DEAD_LETTER_QUEUES: json<Readonly<Record<string, string>>>(),
});

/**
 * The environment variables of each function, with their types. Synth time renders them: a missing one does not
 * compile. Run time reads them: a missing or wrong one stops the cold start. Each function has a getter, so that a cold start
 * creates only its own.
 */
export const ENVIRONMENT_VARIABLES = {
  get receive() {
    return {
      ...EVERY_FUNCTION,
      ...accessTokens(),
      ...taskWriter(),
      JTI_TABLE: text(),
      LOOKUPS_TABLE: text(),
      PAYLOAD_BUCKET: text(),
      ...signingKeys(),
      /** Largest payload that is stored on the task. */
      INLINE_LIMIT_BYTES: integer(0, MAX_BODY_BYTES),
      /** Most late deliveries in the quarantine of one task; 0 switches quarantine off. */
      QUARANTINE_LIMIT: integer(0, QUARANTINE_LIMIT.max),
      /** ARN of the alias of the function `handshake`, for proof `webhook`. */
      HANDSHAKE_FUNCTION: text(),
      /** Name of the target group behind the listener that asks for client certificates. */
      MUTUAL_TLS_TARGET_GROUP: text(),
      /** Name of the header in which that listener sends the certificate. No value: there is no such listener. */
      MUTUAL_TLS_HEADER: optional(text()),
      /** Name of the secret with the keys that decrypt tokens. No value: no processor has encrypted tokens. */
      TOKEN_ENCRYPTION_SECRET: optional(text()),
    };
  },
  get 'create-task'() {
    return {
      ...EVERY_FUNCTION,
      ...senderApi(),
      ...taskWriter(),
      ...signingKeys(),
      ...tokenIssuer(),
      /** Time from the expiry of a task to its deletion. */
      RETENTION_SECONDS: seconds(),
      INDEX_SHARDS: indexShards(),
      /** ARN of the KMS key that encrypts the tokens of workflows. No value: no application may resume one. */
      RESUME_KEY_ID: optional(text()),
    };
  },
  get tasks() {
    return {
      ...EVERY_FUNCTION,
      ...senderApi(),
      ...taskWriter(),
      PAYLOAD_BUCKET: text(),
      INDEX_SHARDS: indexShards(),
    };
  },
  get metadata() {
    return {
      ...EVERY_FUNCTION,
      ...signingKeys(),
      ABBREVIATIONS: flag(),
    };
  },
  get console() {
    return {
      ...EVERY_FUNCTION,
      ...operatorSessions(),
      ...operatorServices(),
      /** Address of the runbook, without a fragment. No value: raised alarms have no link. */
      RUNBOOK_URL: optional(text()),
    };
  },
  get handshake() {
    return {
      ...EVERY_FUNCTION,
      LOOKUPS_TABLE: text(),
      EGRESS: egress(),
    };
  },
  get 'operator-api'() {
    return {
      ...EVERY_FUNCTION,
      ...accessTokens(),
      ...operatorServices(),
    };
  },
  get 'rotate-signing-key'() {
    return {
      ...EVERY_FUNCTION,
      ...signingKeys(),
      /** ARN of the KMS key that encrypts private keys. */
      SIGNING_ENCRYPTION_KEY_ID: text(),
      /** Algorithm of new keys. */
      SIGNING_ALGORITHM: oneOf(...CALLBACK_TOKEN_ALGORITHMS),
      /** Time for which one key signs. */
      SIGNING_EVERY_SECONDS: integer(SIGNING_KEY_SECONDS.every.min, SIGNING_KEY_SECONDS.every.max),
    };
  },
  get 'reveal-payload'() {
    return {
      ...EVERY_FUNCTION,
      ...accessTokens(),
      ...operatorSessions(),
      ...operators(),
      LOOKUPS_TABLE: text(),
      TASKS_TABLE: text(),
      PAYLOAD_BUCKET: text(),
    };
  },
  get publish() {
    return { ...EVERY_FUNCTION, EVENT_BUS_NAME: text(), DEAD_LETTER_QUEUE_URL: text() };
  },
  get expire() {
    return { ...EVERY_FUNCTION, ...taskWriter(), LOOKUPS_TABLE: text(), INDEX_SHARDS: indexShards() };
  },
  get 'complete-upload'() {
    return {
      ...EVERY_FUNCTION,
      ...taskWriter(),
      PAYLOAD_BUCKET: text(),
      QUARANTINE_LIMIT: integer(0, QUARANTINE_LIMIT.max),
    };
  },
  get 'revoke-callbacks'() {
    return {
      ...EVERY_FUNCTION,
      TASKS_TABLE: text(),
      LOOKUPS_TABLE: text(),
      AUDIT_TABLE: text(),
      /** Time from an action of an operator to the deletion of its audit item. */
      AUDIT_RETENTION_SECONDS: seconds(),
    };
  },
  get 'queue-outcomes'() {
    return {
      ...EVERY_FUNCTION,
      /** URL of the FIFO queue that `resume` works on. No value: no application may resume a workflow. */
      OUTCOME_QUEUE_URL: optional(text()),
      ...dispatchQueues(),
      /** Table with the inputs of tasks whose work is sent. No value: the environment sends no work. */
      LOOKUPS_TABLE: optional(text()),
    };
  },
  get resume() {
    return {
      ...EVERY_FUNCTION,
      TASKS_TABLE: text(),
      LOOKUPS_TABLE: text(),
      PAYLOAD_BUCKET: text(),
      /** ARN of the KMS key that decrypts the tokens of workflows. */
      RESUME_KEY_ID: text(),
      /** URL of the FIFO queue with the outcomes. */
      OUTCOME_QUEUE_URL: text(),
      /** URL of the FIFO queue for outcomes that are given up. */
      DEAD_LETTER_QUEUE_URL: text(),
    };
  },
  get dispatch() {
    return {
      ...EVERY_FUNCTION,
      ...taskWriter(),
      ...signingKeys(),
      ...tokenIssuer(),
      LOOKUPS_TABLE: text(),
      INDEX_SHARDS: indexShards(),
      ...dispatchQueues(),
      /** Time for which an attempt holds its task: the longest time-out of the environment, and a margin. */
      LEASE_SECONDS: seconds(),
      EGRESS: egress(),
    };
  },
  get redrive() {
    return {
      ...EVERY_FUNCTION,
      ...deadLetters(),
      TASKS_TABLE: text(),
      /** ARN of the alias of each function with a dead-letter queue, by its name. */
      DEAD_LETTER_FUNCTIONS: json<Readonly<Record<string, string>>>(),
    };
  },
};

export type FunctionName = keyof typeof ENVIRONMENT_VARIABLES;
/** Functions of an environment in which an application may resume workflows. */
export const RESUMING_FUNCTIONS = ['queue-outcomes', 'resume'] as const satisfies readonly FunctionName[];
export type ResumingFunction = (typeof RESUMING_FUNCTIONS)[number];
/** Functions of an environment that sends work to processors. */
export const DISPATCHING_FUNCTIONS = ['queue-outcomes', 'dispatch'] as const satisfies readonly FunctionName[];
export type DispatchingFunction = (typeof DISPATCHING_FUNCTIONS)[number];
/** Functions of every gateway's stack. `rotate-signing-key` is in the stack of the state. */
export type GatewayFunction = Exclude<FunctionName, 'rotate-signing-key' | ResumingFunction | DispatchingFunction>;

type VariablesOf<F extends FunctionName> = (typeof ENVIRONMENT_VARIABLES)[F];
export type VariableName<F extends FunctionName> = keyof VariablesOf<F>;
type ValueOf<V> = V extends Variable<infer T> ? T : never;

/** Typed values of all variables of a function. Every name is required; an optional variable may be undefined. */
export type Variables<F extends FunctionName> = {
  readonly [N in VariableName<F>]: ValueOf<VariablesOf<F>[N]>;
};

const entriesOf = (name: FunctionName) =>
  Object.entries(ENVIRONMENT_VARIABLES[name]) as readonly (readonly [string, Variable<unknown>])[];

/** Renders the environment variables of a function: exactly its own, even if the values have more. */
export const renderVariables = <F extends FunctionName>(name: F, values: Variables<F>): Record<string, string> =>
  Object.fromEntries(
    entriesOf(name).flatMap(([key, { isLeftOut }]) => {
      const value = values[key as VariableName<F>];
      return isLeftOut && value === undefined ? [] : [[key, renderValue(value)]];
    }),
  );

const renderValue = (value: unknown): string => {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.join(LIST_SEPARATOR);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/**
 * Reads the environment variables of a function.
 * @throws {Error} naming every variable that is missing or not valid, with its value and what was expected
 */
export const readVariables = <F extends FunctionName>(
  name: F,
  environment: Readonly<Record<string, string | undefined>>,
): Variables<F> => {
  const faults: string[] = [];
  const readOne = (key: string, { expected, isLeftOut, isOptional, parse }: Variable<unknown>) => {
    const value = environment[key];
    if ((value === '' && isOptional) || (value === undefined && isLeftOut)) return undefined;
    const parsed = value === undefined ? undefined : parse(value);
    if (parsed === undefined) faults.push(`${key} is ${JSON.stringify(value) ?? 'missing'}, expected ${expected}`);
    return parsed;
  };
  const values: Record<string, unknown> = {};
  for (const [key, variable] of entriesOf(name)) values[key] = readOne(key, variable);
  if (faults.length === 0) return values as Variables<F>;
  throw new Error(
    `The function "${name}" cannot start. Environment variables: ${faults.join('; ')}. Deploy the stack again.`,
  );
};
