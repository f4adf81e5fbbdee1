import { INDEX_SHARDS } from './limits.ts';

/**
 * The environment variables of each function. Synth time renders them (a missing one does not compile), run time reads
 * them (a missing one stops the cold start by name).
 */
const EVERY_FUNCTION = ['POSTERN_ENVIRONMENT', 'POSTERN_ORIGIN'] as const;

/** Of every function that reads access tokens. */
const ACCESS_TOKENS = [
  'IDP_ISSUER',
  'IDP_JWKS_URI',
  'ACCESS_TOKEN_MAX_LIFETIME_SECONDS',
  /** JSON: how the identity provider's access tokens say what we ask. */
  'ACCESS_TOKEN_PROFILE',
  /** `many` or `one-time`. */
  'ACCESS_TOKEN_USES',
] as const;

const SENDER_API = [
  ...ACCESS_TOKENS,
  /** `on` or `off`. */
  'ABBREVIATIONS',
  'LOOKUPS_TABLE',
] as const;

export const ENVIRONMENT_VARIABLES = {
  receive: [
    ...EVERY_FUNCTION,
    'TASKS_TABLE',
    'JTI_TABLE',
    'LOOKUPS_TABLE',
    'PAYLOAD_BUCKET',
    'SIGNING_KEY_IDS',
    'INLINE_LIMIT_BYTES',
    /** Payloads in quarantine for one task; 0: none. */
    'QUARANTINE_LIMIT',
    ...ACCESS_TOKENS,
    /** Alias of the function that proof `webhook` asks. */
    'HANDSHAKE_FUNCTION',
    /** Name of the target group behind the listener that asks for certificates. */
    'MUTUAL_TLS_TARGET_GROUP',
    /** Name of the header in which that listener puts a caller's certificate; `none` where there is no such listener. */
    'MUTUAL_TLS_HEADER',
    /** Name of the secret with the keys that tokens are decrypted with, or `none`. */
    'TOKEN_ENCRYPTION_SECRET',
  ],
  'create-task': [
    ...EVERY_FUNCTION,
    'TASKS_TABLE',
    'SIGNING_KEY_IDS',
    /** KMS HMAC key that short codes are derived with. */
    'CODE_KEY_ID',
    'RETENTION_SECONDS',
    'OWNER_CLAIM',
    /** Partitions of each index of the tasks. */
    'INDEX_SHARDS',
    /** JSON of the public key that tokens are encrypted with, or `none`. */
    'TOKEN_ENCRYPTION_KEY',
    ...SENDER_API,
  ],
  tasks: [...EVERY_FUNCTION, 'TASKS_TABLE', 'PAYLOAD_BUCKET', 'INDEX_SHARDS', ...SENDER_API],
  metadata: [...EVERY_FUNCTION, 'SIGNING_KEY_IDS', 'ABBREVIATIONS'],
  console: [
    ...EVERY_FUNCTION,
    'OIDC_ISSUER',
    'OIDC_CLIENT_ID',
    'LOAD_BALANCER_ARN',
    'LOAD_BALANCER_PUBLIC_KEYS_URL',
    /** JSON: where the roles of operators are. */
    'OPERATOR_ROLES',
    /** Keys and longest lifetime of access tokens, for roles that are read from them. */
    'IDP_JWKS_URI',
    'ACCESS_TOKEN_MAX_LIFETIME_SECONDS',
    /** JSON: where the identity provider ends a session, or `none`. */
    'END_SESSION',
    'CONSOLE_SESSION_SECONDS',
    'CONSOLE_IDLE_SECONDS',
    /** KMS HMAC key that the key of forms and session cookies is derived with. */
    'FORM_KEY_ID',
  ],
  handshake: [
    ...EVERY_FUNCTION,
    'LOOKUPS_TABLE',
    /** `public` addresses over https, or `loopback` on one machine. */
    'EGRESS',
  ],
  publish: [...EVERY_FUNCTION, 'EVENT_BUS_NAME', 'DEAD_LETTER_QUEUE_URL'],
  expire: [...EVERY_FUNCTION, 'TASKS_TABLE', 'INDEX_SHARDS'],
  'complete-upload': [...EVERY_FUNCTION, 'TASKS_TABLE', 'PAYLOAD_BUCKET', 'QUARANTINE_LIMIT'],
} as const;

export type FunctionName = keyof typeof ENVIRONMENT_VARIABLES;
export type VariableName<F extends FunctionName> = (typeof ENVIRONMENT_VARIABLES)[F][number];

/** Values for every variable of a function. */
export type Variables<F extends FunctionName> = Readonly<Record<VariableName<F>, string>>;

/** The values in the shape that a function's `environment` takes: exactly the function's keys, nothing beside them. */
export const renderVariables = <F extends FunctionName>(name: F, values: Variables<F>): Record<string, string> =>
  Object.fromEntries(ENVIRONMENT_VARIABLES[name].map((key) => [key, values[key as VariableName<F>]]));

/**
 * Reads a function's variables.
 * @throws {Error} naming every variable that is missing or empty.
 */
export const readVariables = <F extends FunctionName>(
  name: F,
  source: Readonly<Record<string, string | undefined>>,
): Variables<F> => {
  const missing = ENVIRONMENT_VARIABLES[name].filter((key) => !source[key]);
  if (missing.length > 0) {
    throw new Error(`The function "${name}" cannot start: environment variable ${missing.join(', ')} is missing.`);
  }
  return Object.fromEntries(ENVIRONMENT_VARIABLES[name].map((key) => [key, source[key]])) as Variables<F>;
};

/**
 * A variable that holds a number of seconds.
 * @throws {Error} naming the variable, for anything but a positive whole number: a limit of NaN would limit nothing
 */
export const readSeconds = <N extends string>(variables: Readonly<Record<N, string>>, name: N): number => {
  const value = variables[name];
  if (/^[1-9]\d{0,9}$/.test(value)) return Number(value);
  throw new Error(`Environment variable ${name} is "${value}"; expected a positive whole number of seconds.`);
};

/**
 * Reads a count or a size.
 * @throws {Error} by name for anything but a whole number from 0: a limit of `NaN` would limit nothing.
 */
export const readCount = <N extends string>(variables: Readonly<Record<N, string>>, name: N): number => {
  const value = variables[name];
  if (/^(0|[1-9]\d{0,9})$/.test(value)) return Number(value);
  throw new Error(`Environment variable ${name} is "${value}"; expected a whole number from 0.`);
};

/**
 * How many partitions each index of the tasks has.
 * @throws {Error} by name where no environment has as many: tasks would lie where nobody looks
 */
export const readIndexShards = (variables: Readonly<Record<'INDEX_SHARDS', string>>): number => {
  const shards = readCount(variables, 'INDEX_SHARDS');
  if (shards >= INDEX_SHARDS.min && shards <= INDEX_SHARDS.max) return shards;
  throw new Error(
    `Environment variable INDEX_SHARDS is "${shards}"; expected ${INDEX_SHARDS.min} to ${INDEX_SHARDS.max}.`,
  );
};

/** Lists in one variable (key ids) are separated by commas; the first key is the one that signs. */
export const LIST_SEPARATOR = ',';
