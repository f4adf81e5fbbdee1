import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CLOCK_TOLERANCE_SECONDS, INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { TaskItem, TaskLayout } from '../../lambda/contract/task.ts';
import { createDynamoDBDueTaskStore } from '../../lambda/functions/expire/dynamodb-due-task-store.ts';
import { createExpirer } from '../../lambda/functions/expire/expire-tasks.ts';
import { DYNAMODB_CONFIGURATION } from '../../lambda/shared/aws/client-configuration.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { openFaultProxy } from './fault-proxy.ts';
import { test as base } from './fixtures.ts';
import { patiently } from './patience.ts';
import { countsOf, type OpenTask, putTask, readTask } from './receiver.ts';
import { NOW } from './tokens.ts';

export const EXP = NOW + 3_600;
export const DEADLINE = EXP + CLOCK_TOLERANCE_SECONDS;
export const HEARTBEAT = 300;
export const at = (seconds: number) => new Date(seconds * 1000).toISOString();

export type Client = Pick<DynamoDBClient, 'send'>;

interface Run {
  /** @default one minute */
  readonly remaining?: () => number;
  readonly client?: Client;
  readonly pageSize?: number;
  /** @default 'current' */
  readonly layout?: TaskLayout;
  /** @default 16 */
  readonly indexShards?: number;
}

/** Sum of a run that found nothing to do. */
export const QUIET = { expired: 0, rescheduled: 0, missing: 0, failures: 0, complete: true };

/** The function `expire` on tables of its own, because a run expires every due task. */
export const test = base
  .extend('ownProxy', async ({ ownStore }, { onCleanup }) => {
    const proxy = await openFaultProxy(ownStore.endpoint);
    onCleanup(proxy.close);
    return proxy;
  })
  /** One run as the handler composes it. */
  .extend(
    'runAt',
    ({ ownProxy, ownStore }) =>
      async (
        seconds: number,
        {
          client,
          indexShards = INDEX_SHARDS.default,
          layout = 'current',
          pageSize,
          remaining = () => 60_000,
        }: Run = {},
      ) => {
        const lines: Record<string, unknown>[] = [];
        const expire = createExpirer({
          store: createDynamoDBDueTaskStore({
            client: client ?? ownStore.connect({ ...patiently(DYNAMODB_CONFIGURATION), endpoint: ownProxy.endpoint }),
            tasksTable: ownStore.tasksTable,
            lookupsTable: ownStore.lookupsTable,
            layout,
            wait: async () => {},
            random: () => 0,
            ...(pageSize !== undefined && { pageSize }),
          }),
          indexShards,
          logger: createLogger('test', 'expire', (line) => lines.push(JSON.parse(line))),
          now: () => seconds * 1000,
        });
        const error = await expire(remaining).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        const { complete, entries, expired, failures, missing, rescheduled } = lines.at(-1) ?? {};
        return {
          error,
          lines,
          entries,
          sum: { expired, rescheduled, missing, failures, complete },
          counts: countsOf(lines),
        };
      },
  )
  .extend('taskNow', ({ ownStore }) => async ({ taskId }: Pick<OpenTask, 'taskId'>): Promise<TaskItem> => {
    const task = await readTask(ownStore, taskId);
    if (task === undefined) throw new Error('The task is gone.');
    return task;
  })
  /** A task with a heartbeat, first due after it. */
  .extend(
    'withHeartbeat',
    ({ key, ownStore }) =>
      (overrides: Partial<TaskItem> = {}) =>
        putTask(ownStore, key, {
          heartbeat: HEARTBEAT,
          heartbeatDeadline: NOW + HEARTBEAT,
          due: NOW + HEARTBEAT,
          ...overrides,
        }),
  );
