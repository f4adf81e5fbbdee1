import { BY_APPLICATION_INDEX, BY_QUARANTINE_INDEX, BY_REPLAY_INDEX, TASKS_TABLE } from './tables.ts';

/** Attributes of a task that the operator API reads. IAM lets its function read no others, so none with bytes of a payload. */
export const OPERATOR_READ_ATTRIBUTES = [
  TASKS_TABLE.partitionKey,
  ...BY_APPLICATION_INDEX.projected,
  BY_APPLICATION_INDEX.sortKey,
  BY_QUARANTINE_INDEX.sortKey,
  BY_REPLAY_INDEX.sortKey,
  'revision',
  'carrier',
  'callbacks',
  'revoked',
  'revokedAt',
  'quarantine',
  'reopened',
  'reopenings',
  'journal',
  'replays',
  'lastReplay',
  'expiresIn',
  'reissuedAt',
  'payloadKey',
] as const;
export type OperatorReadAttribute = (typeof OPERATOR_READ_ATTRIBUTES)[number];
