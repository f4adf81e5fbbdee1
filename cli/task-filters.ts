import type { Task } from '@postern/client';
import { TASK_STATUSES, type TaskStatus } from '../lambda/contract/task.ts';
import { showTime } from './durations.ts';
import type { Column } from './io.ts';
import { sinceOrAfter } from './list-options.ts';

/** Filters that the lists of senders and of operators share. */
export const TASK_FILTER_OPTIONS = {
  status: { doc: 'only tasks with this status', value: 'STATUS', choices: TASK_STATUSES },
  processor: { doc: 'only tasks of this processor', value: 'ID' },
  resource: { doc: 'only tasks about this, exactly as it was given', value: 'NAME' },
  owner: { doc: 'only tasks of this owner', value: 'ID' },
  since: { doc: 'only tasks that were opened in this time, such as 2h', value: 'DURATION' },
  createdAfter: { doc: 'only tasks that were opened after this time, in RFC 3339', value: 'TIME' },
  createdBefore: { doc: 'only tasks that were opened before this time, in RFC 3339', value: 'TIME' },
} as const;

/**
 * The filters as the API takes them; a filter that nobody set is undefined.
 * @param now milliseconds since 1970
 */
export const readTaskFilters = (
  options: Readonly<Record<keyof typeof TASK_FILTER_OPTIONS, string | undefined>>,
  now: number,
) => ({
  status: options.status as TaskStatus | undefined,
  processor: options.processor,
  resource: options.resource,
  owner: options.owner,
  createdAfter: sinceOrAfter(options.since, options.createdAfter, now),
  createdBefore: options.createdBefore,
});

type TaskColumn =
  | 'task'
  | 'status'
  | 'application'
  | 'processor'
  | 'resource'
  | 'owner'
  | 'opened'
  | 'expires'
  | 'progress';

/** @param now milliseconds since 1970 */
export const taskColumns = (now: number): Readonly<Record<TaskColumn, Column<Task>>> => ({
  task: { title: 'TASK', value: ({ taskId }) => taskId },
  status: { title: 'STATUS', value: ({ status }) => status },
  application: { title: 'APPLICATION', value: ({ application }) => application },
  processor: { title: 'PROCESSOR', value: ({ processor }) => processor },
  resource: { title: 'RESOURCE', value: ({ resource }) => resource },
  owner: { title: 'OWNER', value: ({ owner }) => owner },
  opened: { title: 'OPENED', value: ({ createdAt }) => showTime(createdAt, now) },
  expires: {
    title: 'EXPIRES',
    value: ({ expiresAt, status }) => (status === 'pending' ? showTime(expiresAt, now) : ''),
  },
  progress: {
    title: 'PROGRESS',
    value: ({ progress }) => (progress?.percent === undefined ? '' : `${progress.percent} %`),
  },
});
