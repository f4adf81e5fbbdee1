import { BY_QUARANTINE_INDEX, BY_REPLAY_INDEX, OF_APPLICATION_INDEX } from './tables.ts';
import type { TaskItem } from './task.ts';
import { VIEW_ATTRIBUTES } from './view-attributes.ts';

/** Attributes that are read to show a task to an operator. */
export const OPERATOR_VIEW_ATTRIBUTES = [
  ...VIEW_ATTRIBUTES,
  'revision',
  'carrier',
  'callbacks',
  'revoked',
  'quarantine',
  'reopened',
  'reopenings',
  'journal',
  'replays',
  'lastReplay',
] as const satisfies readonly (keyof TaskItem)[];

/** Attributes of a task that the operator API reads. IAM lets its function read no others, so none with bytes of a payload. */
export const OPERATOR_READ_ATTRIBUTES = [
  ...OPERATOR_VIEW_ATTRIBUTES,
  OF_APPLICATION_INDEX.sortKey,
  BY_QUARANTINE_INDEX.sortKey,
  BY_REPLAY_INDEX.sortKey,
  'expiresIn',
  'reissuedAt',
  'payloadKey',
  'shard',
] as const;
export type OperatorReadAttribute = (typeof OPERATOR_READ_ATTRIBUTES)[number];
