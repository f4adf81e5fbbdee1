import type { TaskItem } from '../../contract/task.ts';

/** Attributes of a task that every issue of callbacks sets: the callbacks, and the times that follow from them. */
export type IssueAttributes = Required<
  Pick<
    TaskItem,
    | 'callbacks'
    | 'uploads'
    | 'carrier'
    | 'expiresIn'
    | 'reissuedAt'
    | 'expiresAt'
    | 'deadline'
    | 'heartbeatDeadline'
    | 'due'
    | 'purgeAt'
  >
>;
