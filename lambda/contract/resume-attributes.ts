import type { TaskItem } from './task.ts';

/** Attributes of a task that decide about the outcome for its workflow. IAM lets the function `resume` read no others. */
export const RESUME_READ_ATTRIBUTES = [
  'taskId',
  'application',
  'status',
  'processor',
  'deadline',
  'heartbeat',
  'heartbeatDeadline',
  'closedAt',
  'result',
  'failure',
  'payload',
  'payloadKey',
  'resume',
  'resumeToken',
  'dispatch',
] as const satisfies readonly (keyof TaskItem)[];
