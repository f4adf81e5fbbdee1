import type { SQSEvent } from 'aws-lambda';
import { expect, vi } from 'vitest';
import { DefaultBus } from '../../local/events/default-bus.ts';
import { type Queue, Queues } from '../../local/stand-ins/sqs-queues.ts';
import type { Resolver } from '../../local/template/resolve.ts';
import { startTriggers } from '../../local/triggers.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { test as base } from '../support/unit-fixtures.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:resume:live';

const test = base.extend('work', ({ ownFolder }, { onCleanup }) => {
  const queues = new Queues(ownFolder, 'eu-west-1', '000000000000');
  const stops: (() => Promise<void>)[] = [];
  onCleanup(async () => {
    for (const stop of stops) await stop();
  });
  const ensure = (logicalId: string) =>
    queues.ensureQueue({ logicalId, type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 60 } });
  const aMapping = ({ arn, name }: Queue, properties: object) => ({
    stack: 'local',
    logicalId: `From${name}`,
    type: 'AWS::Lambda::EventSourceMapping',
    ref: `From${name}`,
    properties: { EventSourceArn: arn, FunctionName: FUNCTION, ...properties },
  });
  const start = async (
    invoke: (name: string, event: unknown) => Promise<unknown>,
    ...mappings: ReturnType<typeof aMapping>[]
  ) => {
    const resources = (type: string) => mappings.filter((mapping) => mapping.type === type);
    const triggers = await startTriggers({
      resolver: { resources } as Partial<Resolver> as Resolver,
      functions: { has: () => true, timeoutMs: () => 30_000, invoke, stop: async () => undefined },
      bus: new DefaultBus(`${ownFolder}/events`),
      queues,
      streams: {} as never,
      dataDirectory: ownFolder,
    });
    stops.push(triggers.stop);
  };
  return { queues, ensure, aMapping, start };
});

test('a mapping on a queue lets the messages of the queue reach the function', async ({ work }) => {
  const { aMapping, ensure, queues, start } = work;
  const queue = ensure('Work');
  queues.send(queue, 'one');
  const calls: unknown[] = [];
  await start(async (...call) => void calls.push(call), aMapping(queue, {}));
  await vi.waitFor(
    () => expect(calls).toEqual([[FUNCTION, { Records: [expect.objectContaining({ body: 'one' })] }]]),
    EVENTUALLY,
  );
});

test('a queue whose calls take long takes no call from another queue of the function', async ({ work }) => {
  const { aMapping, ensure, queues, start } = work;
  const [slow, quick, quickest] = [ensure('Slow'), ensure('Quick'), ensure('Quickest')];
  const one = { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } };
  const held: (() => void)[] = [];
  const done: string[] = [];
  for (let number = 0; number < 3; number += 1) queues.send(slow, 'slow');
  await start(
    async (_, event) => {
      const body = String((event as SQSEvent).Records[0]?.body);
      if (body === 'slow') await new Promise<void>((resolve) => held.push(resolve));
      done.push(body);
    },
    aMapping(slow, one),
    aMapping(quick, one),
    aMapping(quickest, one),
  );
  await vi.waitFor(() => expect(held).toHaveLength(2), EVENTUALLY);
  for (let number = 0; number < 3; number += 1) {
    queues.send(quick, 'quick');
    queues.send(quickest, 'quickest');
  }
  await vi.waitFor(
    () => expect(done.toSorted()).toEqual(['quick', 'quick', 'quick', 'quickest', 'quickest', 'quickest']),
    EVENTUALLY,
  );
  expect(queues.count(slow)).toEqual({ visible: 1, hidden: 2 });
  const releaseAll = () => {
    for (const release of held.splice(0)) release();
    expect(queues.count(slow)).toEqual({ visible: 0, hidden: 0 });
  };
  await vi.waitFor(releaseAll, EVENTUALLY);
});

test('a queue has at most four calls at a time on this machine', async ({ work }) => {
  const { aMapping, ensure, queues, start } = work;
  const queue = ensure('Work');
  for (let number = 0; number < 8; number += 1) queues.send(queue, 'one');
  const held: (() => void)[] = [];
  let running = 0;
  let highest = 0;
  await start(
    async () => {
      running += 1;
      highest = Math.max(highest, running);
      await new Promise<void>((resolve) => held.push(resolve));
      running -= 1;
    },
    aMapping(queue, { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 20 } }),
  );
  const releaseAll = () => {
    for (const release of held.splice(0)) release();
    expect(queues.count(queue)).toEqual({ visible: 0, hidden: 0 });
  };
  await vi.waitFor(releaseAll, EVENTUALLY);
  expect(highest).toBe(4);
});
