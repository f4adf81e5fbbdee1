import { TASKS_TABLE } from './tables.ts';
import type { TaskItem } from './task.ts';

/** Attributes that are read to show a task. Never a payload. */
export const VIEW_ATTRIBUTES = [
  TASKS_TABLE.partitionKey,
  'status',
  'processor',
  'resource',
  'owner',
  'metadata',
  'createdAt',
  'expiresAt',
  'deadline',
  'heartbeat',
  'heartbeatDeadline',
  'closedAt',
  'result',
  'failure',
  'progress',
  'resume',
  'dispatch',
  'queuedAt',
  'revokedAt',
  'history',
  'purgeAt',
  'application',
] as const satisfies readonly (keyof TaskItem)[];
