import { expect, vi } from 'vitest';
import { DefaultBus } from '../../local/events/default-bus.ts';
import { Queues } from '../../local/stand-ins/sqs-queues.ts';
import type { Resolver } from '../../local/template/resolve.ts';
import { startTriggers } from '../../local/triggers.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { test } from '../support/unit-fixtures.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:resume:live';

test('a mapping on a queue lets the messages of the queue reach the function', async ({
  onTestFinished,
  ownFolder,
}) => {
  const queues = new Queues(ownFolder, 'eu-west-1', '000000000000');
  const queue = queues.ensureQueue({ logicalId: 'Work', type: 'AWS::SQS::Queue', properties: {} });
  queues.send(queue, 'one');
  const mapping = {
    stack: 'local',
    logicalId: 'Resumes',
    type: 'AWS::Lambda::EventSourceMapping',
    ref: 'Resumes',
    properties: { EventSourceArn: queue.arn, FunctionName: FUNCTION },
  };
  const calls: unknown[] = [];
  const triggers = await startTriggers({
    resolver: { resources: (type) => (type === mapping.type ? [mapping] : []) } as Partial<Resolver> as Resolver,
    functions: {
      has: () => true,
      timeoutMs: () => 30_000,
      invoke: async (...call) => void calls.push(call),
      stop: async () => undefined,
    },
    bus: new DefaultBus(`${ownFolder}/events`),
    queues,
    streams: {} as never,
    dataDirectory: ownFolder,
  });
  onTestFinished(triggers.stop);
  await vi.waitFor(
    () => expect(calls).toEqual([[FUNCTION, { Records: [expect.objectContaining({ body: 'one' })] }]]),
    EVENTUALLY,
  );
});
