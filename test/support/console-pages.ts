import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { createConsoleEndpoint } from '../../lambda/functions/console/endpoint.ts';
import { assetsOf, type ConsoleFrameOptions } from '../../lambda/shared/console/frame.ts';
import { createDynamoDBPendingTasks } from '../../lambda/shared/operator/dynamodb-pending-tasks.ts';
import { createSumMetrics } from '../../lambda/shared/operator/metric-sums.ts';
import { createReadOverview, type ReadOverview } from '../../lambda/shared/operator/overview.ts';
import { aBrowserAt } from './console.ts';
import { type OperatorServicesFixtureOptions, operatorServicesOf } from './operator-services.ts';

const textOf = (file: string) => readFileSync(new URL(`../../lambda/shared/console/${file}`, import.meta.url), 'utf8');

/** Style sheet and script, as they are in the repository. */
const CONSOLE_FILES = { style: textOf('console.css'), script: textOf('console.js') };

/** A browser at the console, on the tables of the engine. */
export const aConsole = (services: OperatorServicesFixtureOptions, options: Partial<ConsoleFrameOptions> = {}) =>
  aBrowserAt(
    (frame) =>
      createConsoleEndpoint({
        ...frame,
        files: CONSOLE_FILES,
        services: operatorServicesOf(services, frame.now),
        readOverview: overviewOf(services, frame.now),
      }),
    { assets: assetsOf(CONSOLE_FILES), ...options },
  );

/** The overview, in an environment without queues and alarms. */
const overviewOf = (options: OperatorServicesFixtureOptions, now: () => number): ReadOverview => {
  const { indexShards = INDEX_SHARDS.default, store } = options;
  const { registry, taskLists } = operatorServicesOf(options, now);
  const { tasksTable, lookupsTable } = store;
  const client = options.dynamodb ?? store.client;
  return createReadOverview({
    registry,
    pending: createDynamoDBPendingTasks({ client, tasksTable, lookupsTable, indexShards, wait, random: Math.random }),
    sumMetrics: createSumMetrics(options.getMetricData ?? (async () => ({})), 'test'),
    index: taskLists.index,
    indexShards,
    queues: [],
    countLetters: async () => 0,
    readRaisedAlarms: async () => [],
    onUnavailable: () => {},
    now,
  });
};
