import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { startEventSource } from './dynamodb/event-source.ts';
import { EVENT_SOURCE_MAPPING_TYPE } from './dynamodb/event-source-mapping.ts';
import type { DefaultBus } from './events/default-bus.ts';
import { RULE_TYPE, readRule } from './events/rule.ts';
import { createAsynchronousCalls, EVENT_INVOKE_CONFIG_TYPE } from './functions/asynchronous-calls.ts';
import { type FunctionHost, POOL_SIZE } from './functions/function-host.ts';
import { readSchedule, runSchedule, SCHEDULE_TYPE } from './schedules/schedule.ts';
import { isQueueArn, startQueueEventSource } from './sqs/event-source.ts';
import type { Queues } from './stand-ins/sqs-queues.ts';
import { PSEUDO_PARAMETERS } from './template/physical-ids.ts';
import type { Resolver } from './template/resolve.ts';

/** Callers of functions other than the load balancer: streams, queues, schedules and the default bus. */
export interface Triggers {
  /** Calls a function without waiting for it. */
  enqueue(functionArn: string, event: unknown): void;
  /** Waits for the calls that run. */
  stop(): Promise<void>;
}

export interface TriggersOptions {
  readonly resolver: Resolver;
  readonly functions: FunctionHost;
  readonly bus: DefaultBus;
  readonly queues: Queues;
  readonly streams: DynamoDBStreamsClient;
  /** Keeps how far streams are read. */
  readonly dataDirectory: string;
}

/**
 * Lets streams, queues, events and schedules of the template reach their functions.
 * @throws {Error} naming what in the template is not done here; nothing is left running then.
 */
export const startTriggers = async (options: TriggersOptions): Promise<Triggers> => {
  const { resolver, functions, bus, queues } = options;
  const sendToDestination = (arn: string, message: string): void => {
    const queue = queues.find(arn);
    if (queue === undefined) throw new Error(`There is no queue ${arn}.`);
    queues.send(queue, message);
  };
  const calls = createAsynchronousCalls({
    configs: resolver.resources(EVENT_INVOKE_CONFIG_TYPE),
    invoke: functions.invoke,
    sendToDestination,
  });
  const rules = resolver.resources(RULE_TYPE).map(readRule);
  const schedules = resolver.resources(SCHEDULE_TYPE).map(readSchedule);
  const region = PSEUDO_PARAMETERS['AWS::Region'] ?? '';
  const accountId = PSEUDO_PARAMETERS['AWS::AccountId'] ?? '';

  const stopping = new AbortController();
  const enqueued = new Set<Promise<unknown>>();
  const enqueue = (functionArn: string, event: unknown): void => {
    const call = calls.call(functionArn, event, stopping.signal).finally(() => enqueued.delete(call));
    enqueued.add(call);
  };

  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    stopping.abort();
    await Promise.all(enqueued);
    await Promise.all(running.splice(0).map((each) => each.stop()));
  };
  try {
    for (const mapping of resolver.resources(EVENT_SOURCE_MAPPING_TYPE)) {
      const name = String(mapping.properties.FunctionName);
      const invoke = (event: unknown) => functions.invoke(name, event);
      if (isQueueArn(mapping.properties.EventSourceArn)) {
        const functionTimeoutMs = functions.timeoutMs(name);
        running.push(startQueueEventSource({ queues, mapping, functionTimeoutMs, mostInvocations: POOL_SIZE, invoke }));
        continue;
      }
      const { dataDirectory, streams: client } = options;
      running.push(await startEventSource({ client, mapping, dataDirectory, invoke, sendToDestination }));
    }
    bus.start(rules, calls);
    running.push(bus);
    running.push(...schedules.map((schedule) => runSchedule(schedule, { calls, region, accountId })));
    return { enqueue, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
