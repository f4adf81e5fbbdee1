import type { TaskChange } from './task.ts';

/** Changes after which the dispatcher looks at a task that is stored as queued: it is to be sent, or it has ended before. */
export const DISPATCH_QUEUED_CHANGES = [
  'opened',
  'reopened',
  'dispatchQueued',
  'succeeded',
  'failed',
  'expired',
  'cancelled',
  'revoked',
  'progressed',
] as const satisfies readonly TaskChange[];

/** Changes after which the input of a task is deleted. A task that failed can be sent again. */
export const INPUT_ENDS = ['succeeded', 'expired', 'cancelled'] as const satisfies readonly TaskChange[];
