import { RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { INDEX_SHARDS, INLINE_LIMIT_BYTES, QUARANTINE_LIMIT } from '../../lambda/contract/limits.ts';
import { AUDIT_RETENTION_SECONDS } from '../../lambda/contract/operator-limits.ts';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import { type FunctionName, renderVariables, type Variables } from '../../lambda/contract/variables.ts';

/** Valid values of every variable of every function. */
const VALUES: Variables<'receive'> &
  Variables<'create-task'> &
  Variables<'tasks'> &
  Variables<'console'> &
  Variables<'handshake'> &
  Variables<'operator-api'> &
  Variables<'reveal-payload'> &
  Variables<'publish'> &
  Variables<'redrive'> &
  Variables<'queue-outcomes'> &
  Variables<'dispatch'> &
  Variables<'revoke-callbacks'> &
  Variables<'rotate-signing-key'> = {
  POSTERN_ENVIRONMENT: 'test',
  POSTERN_ORIGIN: 'https://callbacks.example.com',
  IDP_ISSUER: 'https://idp.example.com',
  IDP_JWKS_URI: 'https://idp.example.com/jwks',
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: 3_600,
  ACCESS_TOKEN_PROFILE: RFC_9068,
  ACCESS_TOKEN_USES: 'many',
  ABBREVIATIONS: false,
  TASKS_TABLE: 'tasks',
  TASK_LAYOUT: 'current',
  JTI_TABLE: 'jtis',
  REVOKE_FUNCTION: 'arn:revoke-callbacks',
  DISABLED_ACTIONS: undefined,
  PROTECTED: false,
  LOOKUPS_TABLE: 'lookups',
  AUDIT_TABLE: 'audit',
  AUDIT_RETENTION_SECONDS: AUDIT_RETENTION_SECONDS.default,
  PAYLOAD_BUCKET: 'payloads',
  SIGNING: 'kms',
  SIGNING_KEY_IDS: ['arn:current', 'arn:previous'],
  SIGNING_KEY_USES: ['current', 'previous'],
  SIGNING_KEYS_TABLE: 'signing-keys',
  SIGNING_ENCRYPTION_KEY_ID: 'arn:encryption-key',
  SIGNING_ALGORITHM: 'ES256',
  SIGNING_EVERY_SECONDS: 86_400,
  ROTATE_FUNCTION: undefined,
  INLINE_LIMIT_BYTES: INLINE_LIMIT_BYTES.default,
  QUARANTINE_LIMIT: QUARANTINE_LIMIT.default,
  HANDSHAKE_FUNCTION: 'arn:handshake',
  MUTUAL_TLS_TARGET_GROUP: 'mtls',
  MUTUAL_TLS_HEADER: undefined,
  TOKEN_ENCRYPTION_SECRET: undefined,
  CODE_KEY_ID: 'arn:code-key',
  RETENTION_SECONDS: 86_400,
  OWNER_CLAIM: false,
  INDEX_SHARDS: INDEX_SHARDS.default,
  TOKEN_ENCRYPTION_KEY: undefined,
  CONSOLE_ORIGIN: undefined,
  OIDC_ISSUER: 'https://idp.example.com',
  OIDC_CLIENT_ID: 'console',
  LOAD_BALANCER_ARN: 'arn:load-balancer',
  LOAD_BALANCER_PUBLIC_KEYS_URL: 'https://keys.example.com',
  OPERATOR_ROLES: USERINFO_ROLES,
  END_SESSION: undefined,
  CONSOLE_SESSION_SECONDS: 28_800,
  CONSOLE_IDLE_SECONDS: 1_800,
  SENDER_CLIENTS: undefined,
  FORM_KEY_ID: 'arn:form-key',
  RUNBOOK_URL: undefined,
  EGRESS: 'public',
  EVENT_BUS_NAME: 'bus',
  DEAD_LETTER_QUEUES: { publish: 'https://queue.example.com' },
  DEAD_LETTER_FUNCTIONS: { publish: 'arn:publish' },
  REDRIVE_FUNCTION: 'arn:redrive',
  DEAD_LETTER_QUEUE_URL: 'https://queue.example.com',
  RESUME_KEY_ID: 'arn:resume-key',
  OUTCOME_QUEUE_URL: 'https://queue.example.com/outcomes.fifo',
  DISPATCH_QUEUE_PREFIX: 'https://queue.example.com/',
  DISPATCH_FUNCTION: 'arn:aws:lambda:eu-west-1:111122223333:function:dispatch:live',
  LEASE_SECONDS: 90,
};

/** The rendered environment variables of a function. */
export const someVariables = <F extends FunctionName>(
  name: F,
  overrides: Partial<Variables<F>> = {},
): Record<string, string> => renderVariables(name, { ...VALUES, ...overrides } as Variables<F>);
