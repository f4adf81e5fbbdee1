import { expect, test } from 'vitest';
import * as callLimits from '../../../lambda/contract/call-limits.ts';
import {
  CALLBACK_TOKEN_ALGORITHMS,
  CALLBACK_TOKEN_TYPE,
  JTI_PATTERN,
  OWNER_PATTERN,
  REFUSED_HEADER_PARAMETERS,
  SHORT_CODE_PATTERN,
  TASK_ID_PATTERN,
} from '../../../lambda/contract/claims.ts';
import * as dispatchLimits from '../../../lambda/contract/dispatch-limits.ts';
import * as generalLimits from '../../../lambda/contract/limits.ts';
import * as operatorLimits from '../../../lambda/contract/operator-limits.ts';
import { OUTCOMES, type OutcomeCode, statusOf } from '../../../lambda/contract/outcomes.ts';
import * as proofLimits from '../../../lambda/contract/proof-limits.ts';
import { PROCESSOR_ID_PATTERN } from '../../../lambda/contract/registry.ts';
import * as workflowLimits from '../../../lambda/contract/workflow-limits.ts';

const limits = {
  ...generalLimits,
  ...callLimits,
  ...dispatchLimits,
  ...operatorLimits,
  ...proofLimits,
  ...workflowLimits,
};

/**
 * Every number that the contract promises, written down a second time. Other tests take these numbers from the same constants
 * as the code, and so go on when a constant is changed: this one does not.
 */
const NUMBERS = {
  // Bodies and payloads.
  MAX_BODY_BYTES: 1_048_576,
  INLINE_LIMIT_BYTES: { default: 4_096, max: 61_440 },
  MAX_UPLOAD_BYTES: 5_368_709_120,
  UPLOAD_URL_SECONDS: 900,
  RESULT_URL_SECONDS: 60,
  MAX_CONTENT_TYPE_CHARS: 255,
  MAX_SENDER_BODY_BYTES: 16_384,
  // Names of the processor's side.
  MAX_PROGRESS_NOTE_CHARS: 256,
  DEFAULT_USES: { progress: 1_000, upload: 3 },
  MAX_USES: 10_000,
  QUARANTINE_LIMIT: { default: 5, max: 20 },
  SETTLED_QUARANTINE_LIMIT: 100,
  // Tokens and codes.
  MAX_TOKEN_CHARS: 2_048,
  MAX_CALLBACK_URL_BYTES: 1_024,
  CLOCK_TOLERANCE_SECONDS: 5,
  JTI_RETENTION_AFTER_EXP_SECONDS: 86_400,
  ID_RANDOM_BYTES: 16,
  MAX_JTI_CHARS: 64,
  SHORT_CODE_CHARS: 22,
  // Names of the sender's side.
  EXPIRES_IN_SECONDS: { min: 60, max: 604_800 },
  HEARTBEAT_SECONDS: { min: 30 },
  MAX_RESOURCE_CHARS: 256,
  MAX_OWNER_CHARS: 64,
  MAX_METADATA_BYTES: 2_048,
  PROCESSOR_ID_CHARS: { min: 2, max: 32 },
  IDEMPOTENCY_KEY: { maxChars: 128, seconds: 86_400 },
  PAGE_SIZE: { min: 1, default: 50, max: 100 },
  RETENTION_SECONDS: 2_592_000,
  REOPEN_LIMIT: 5,
  MAX_REASON_CHARS: 256,
  JOURNAL: { entries: 100, bytes: 16_384 },
  // Waiting workflows.
  MAX_TASK_TOKEN_CHARS: 2_048,
  MAX_CALLBACK_ID_CHARS: 1_024,
  MAX_SUPERSEDES_CHARS: 256,
  MAX_RESUMES: 20,
  WORKFLOW_OUTPUT: { bytes: 262_144, causeChars: 32_768 },
  RESUME_DELIVERY: { giveUpAfterSeconds: 86_400, firstWaitSeconds: 2, longestWaitSeconds: 900 },
  WORKFLOW_WAIT: { marginSeconds: 900, heartbeats: 3 },
  WORKFLOW_HEARTBEAT_SECONDS: 10,
  WORKFLOW_CALLS: { attempts: 1, connectionTimeoutMilliseconds: 1_000, requestTimeoutMilliseconds: 5_000 },
  ROLE_CREDENTIALS_MARGIN_SECONDS: 600,
  // Work that is sent to processors.
  MAX_INPUT_BYTES: 16_384,
  MAX_OPENING_BODY_BYTES: 65_536,
  DISPATCH_TIMEOUT_SECONDS: { min: 1, default: 30, max: 60 },
  DISPATCH_ACCEPT: { default: [200, 201, 202], min: 200, max: 299, count: 20 },
  DISPATCH_LEASE_MARGIN_SECONDS: 30,
  MAX_DISPATCH_ANSWER_BYTES: 65_536,
  MAX_REMOTE_ID_CHARS: 256,
  DISPATCH_DELAYS: { default: [5, 30, 120, 600, 1_800, 7_200], min: 1, max: 86_400, count: 20 },
  LEAST_TIME_SECONDS: { min: 1, default: 300 },
  DISPATCH_CONCURRENCY: { min: 2, default: 20, max: 1_000 },
  DISPATCH_RATE: { min: 1, max: 1_000 },
  BREAKER: {
    window: { min: 1, default: 60, max: 3_600 },
    minimum: { min: 1, default: 20, max: 10_000 },
    failureRate: { min: 0.01, default: 0.5, max: 1 },
    pause: { min: 1, default: 120, max: 3_600 },
    tasks: 3,
  },
  GONE: { tasks: 3, seconds: 600 },
  MAX_DISPATCH_ISSUES: 20,
  MAX_DISPATCHED_PROCESSORS: 50,
  MAX_RETRY_AFTER_SECONDS: 3_600,
  MAX_UNCOUNTED_ATTEMPTS: 20,
  SWEEP_AFTER_SECONDS: 60,
  SWEEP_AHEAD_SECONDS: 120,
  MAX_TOKEN_ANSWER_BYTES: 65_536,
  MAX_DISPATCH_URL_BYTES: 8_000,
  MAX_DISPATCH_HEADER_CHARS: 4_096,
  MIN_ECHO_CHARS: 12,
  // Applications and operators.
  PENDING_LIMIT: { min: 1, max: 10_000_000 },
  MAX_APPLICATIONS: 100,
  MAX_APPLICATION_CLIENTS: 100,
  MAX_COGNITO_CLIENTS: 15,
  MAX_INVOKERS: 15,
  MAX_INVOCATION_TARGETS: 40,
  MAX_OPERATOR_BODY_BYTES: 4_096,
  AUDIT_RETENTION_SECONDS: { min: 2_592_000, default: 31_536_000, max: 315_360_000 },
  REVOCATION_PLAN: { seconds: 600, sample: 10 },
  BULK_PACE: 50,
  BULK_JOB: { keptSeconds: 2_592_000, listedTasks: 1_000, leaseMilliseconds: 30_000 },
  DEAD_LETTERS_SHOWN: 20,
  DEAD_LETTERS_SEARCHED: 1_000,
  DEAD_LETTER_LOOK_SECONDS: 15,
  REDRIVE_PACE: 10,
  PREVIEW_BYTES: { text: 4_096, hex: 256 },
  REVEAL_URL_SECONDS: 60,
  // Access tokens, and the keys that they are checked with.
  ACCESS_TOKEN_LIFETIME_SECONDS: 3_600,
  MAX_ACCESS_TOKEN_CHARS: 16_384,
  KEY_FETCH: { timeoutMilliseconds: 3_000, maxBytes: 153_600 },
  IDENTITY_PROVIDER_KEYS: { cacheMilliseconds: 600_000, cooldownMilliseconds: 30_000 },
  // Proofs.
  DPOP_WINDOW_SECONDS: 120,
  MAX_DPOP_PROOF_CHARS: 4_096,
  DPOP_NONCE: { goodMinutes: 5, secretMinutes: 60 },
  SIGNATURE_WINDOW_SECONDS: 300,
  MAX_SIGNATURES: 8,
  MAX_PROOF_KEYS: 8,
  MAX_WEBHOOK_ID_CHARS: 256,
  WEBHOOK_SECRET_BYTES: { min: 24, max: 64 },
  SECRET_CACHE_SECONDS: { fresh: 300, stale: 3_600 },
  HANDSHAKE: {
    timeoutMilliseconds: 3_000,
    maxAnswerBytes: 4_096,
    maxSecretBytes: 72,
    cost: { min: 4, max: 12 },
    ownCallSeconds: 600,
    rememberedSeconds: 86_400,
  },
  HANDSHAKE_WAIT_MILLISECONDS: 8_000,
  MAX_HANDSHAKE_URL_CHARS: 1_024,
  MAX_HANDSHAKE_BODY_BYTES: 4_096,
  // The console.
  MAX_FORM_BYTES: 4_096,
  CONSOLE_SESSION_SECONDS: { min: 300, default: 28_800, max: 604_800 },
  CONSOLE_IDLE_SECONDS: { min: 60, default: 1_800 },
  MAX_SHOWN_CHARS: 256,
  FORM_SECONDS: 600,
  NOTICE_SECONDS: 600,
  LIVE_SECONDS: { list: 10, task: 5 },
  ASSET_MAX_AGE_SECONDS: 31_536_000,
  WAITING_TASKS_PER_SHARD: 100,
  OVERVIEW_SECONDS: 60,
  // Answers.
  MAX_PROBLEM_ERRORS: 20,
  MAX_PROBLEM_POINTER_CHARS: 256,
  PUBLIC_DOCUMENT_MAX_AGE_SECONDS: 300,
  RETRY_AFTER_SECONDS: 2,
} as const;

test.each(Object.entries(NUMBERS))('the contract’s number %s is %j', (name, number) => {
  expect(limits).toHaveProperty(name);
  expect((limits as Readonly<Record<string, unknown>>)[name]).toEqual(number);
});

/** Names that no client sees: how the gateway itself asks AWS, and how it spreads and counts what it stores. */
const INTERNAL = [
  'ADMISSION',
  'AWS_CALLS',
  'AWS_RETRIES',
  'BREAKER_PERIODS',
  'CLOCK_SKEW_MILLISECONDS',
  'CONFLICT_RETRIES',
  'CREDENTIALS_WAIT_SECONDS',
  'DISPATCH_TOKEN_SECONDS',
  'DYNAMODB_CALLS',
  'EARLY_SECONDS',
  'INDEX_SHARDS',
  'LOOK_BACK_SECONDS',
  'MAX_CONNECTIONS',
  'MAX_MESSAGE_DELAY_SECONDS',
  'NEVER',
  'PENDING_COUNT',
  'RACE_RETRIES',
  'SENT_PROCESSORS',
  'SWEPT_PER_CONCURRENT_ATTEMPT',
];

test('a limit is written down here, or is one that no client can see', () => {
  const known = new Set([...Object.keys(NUMBERS), ...INTERNAL]);
  const unknown = Object.keys(limits).filter((name) => !known.has(name));
  expect(unknown, 'write a new limit down in NUMBERS, as a literal, or in INTERNAL').toEqual([]);
});

test.each<[string, RegExp, number, number, string]>([
  ['a jti', JTI_PATTERN, 1, 64, 'a'],
  ['a task id', TASK_ID_PATTERN, 1, 64, '-'],
  ['an owner', OWNER_PATTERN, 1, 64, '@'],
  ['a processor id', PROCESSOR_ID_PATTERN, 2, 32, 'a'],
  ['a short code', SHORT_CODE_PATTERN, 22, 22, '_'],
])('%s has the lengths and characters of the contract', (_name, pattern, min, max, character) => {
  for (const length of [min, max]) expect(character.repeat(length)).toMatch(pattern);
  for (const length of [min - 1, max + 1]) expect(character.repeat(length)).not.toMatch(pattern);
  for (const other of ['.', '/', '%', ' ', 'é', '\n']) {
    if (pattern === OWNER_PATTERN && other === '.') continue;
    expect(character.repeat(min) + other).not.toMatch(pattern);
  }
});

test('T1 T3 tokens are of ES256 or RS256 and one type, and bring neither keys nor rules', () => {
  expect(CALLBACK_TOKEN_ALGORITHMS).toEqual(['ES256', 'RS256']);
  expect(CALLBACK_TOKEN_TYPE).toBe('callback+jwt');
  expect([...REFUSED_HEADER_PARAMETERS].sort()).toEqual(['b64', 'crit', 'jku', 'jwk', 'x5c', 'x5u']);
});

/** Section 6 of the contract, row by row. */
const STATUSES = {
  token_missing: 401,
  token_ambiguous: 400,
  token_malformed: 401,
  token_unknown: 401,
  token_header_refused: 401,
  token_key_unknown: 401,
  token_signature_invalid: 401,
  token_issuer_invalid: 401,
  token_audience_invalid: 401,
  token_subject_invalid: 401,
  token_path_mismatch: 403,
  token_resource_mismatch: 403,
  token_scope_insufficient: 403,
  token_role_missing: 403,
  token_expired: 401,
  token_not_yet_valid: 401,
  token_issued_in_future: 401,
  token_lifetime_exceeded: 401,
  proof_missing: 401,
  proof_invalid: 401,
  source_refused: 403,
  policy_denied: 403,
  token_replayed: 401,
  token_revoked: 401,
  token_exhausted: 401,
  task_closed: 409,
  task_gone: 410,
  payload_too_large: 413,
  content_type_refused: 415,
  payload_invalid: 422,
  method_not_allowed: 405,
  not_found: 404,
  unavailable: 503,
  access_token_missing: 401,
  access_token_invalid: 401,
  access_token_insufficient: 403,
  operator_role_missing: 403,
  request_invalid: 400,
  processor_unknown: 400,
  idempotency_conflict: 422,
  quarantine_unknown: 404,
  task_unknown: 404,
  result_unavailable: 404,
  application_unknown: 403,
  too_many_pending: 429,
  task_dispatched: 409,
  dispatch_running: 409,
  dispatch_limit: 409,
  not_dispatched: 409,
} as const;

test('answers 404 for an unknown processor in the path, and changes no other code there', () => {
  const codes = Object.keys(OUTCOMES) as OutcomeCode[];
  const changed = codes.filter((code) => statusOf(code, true) !== statusOf(code));
  expect(changed.map((code) => [code, statusOf(code, true)])).toEqual([['processor_unknown', 404]]);
});

test.each(Object.entries(STATUSES))('the code %s is answered with status %i', (code, status) => {
  expect(OUTCOMES[code as keyof typeof STATUSES].status).toBe(status);
});
