import type { Alias } from '../functions/aliases.ts';
import { POOL_SIZE } from '../functions/function-host.ts';
import type { ResolvedResource } from '../resource.ts';
import { isQueueArn } from './event-source.ts';

/**
 * Most processes of the functions that read queues, by name or ARN: `POOL_SIZE` for each queue, so that a queue whose calls
 * take long takes no process from the others. One more is for schedules and other callers.
 */
export const queuePoolSizes = (
  mappings: readonly ResolvedResource[],
  aliases: ReadonlyMap<string, Alias>,
): ReadonlyMap<string, number> => {
  const sizes = new Map<string, number>();
  for (const { properties } of mappings) {
    if (!isQueueArn(properties.EventSourceArn)) continue;
    const called = String(properties.FunctionName);
    const name = aliases.get(called)?.functionName ?? called;
    sizes.set(name, (sizes.get(name) ?? 1) + POOL_SIZE);
  }
  return sizes;
};
