import type { TaskItem } from './task.ts';

/** Attributes of a task from which its request to the processor is made. Never a payload. */
export const DISPATCH_READ_ATTRIBUTES = [
  'taskId',
  'application',
  'status',
  'processor',
  'resource',
  'owner',
  'carrier',
  'createdAt',
  'expiresAt',
  'deadline',
  'heartbeat',
  'heartbeatDeadline',
  'closedAt',
  'progress',
  'callbacks',
  'revokedAt',
  'revision',
  'journal',
  'shard',
  'queuedAt',
  'dispatchAt',
  'dispatch',
] as const satisfies readonly (keyof TaskItem)[];
