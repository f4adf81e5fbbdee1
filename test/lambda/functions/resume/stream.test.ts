import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { expect, vi } from 'vitest';
import type { OutcomeMessage } from '../../../../lambda/contract/resume.ts';
import { toTaskEvents } from '../../../../lambda/functions/publish/task-event.ts';
import { createOutcomeQueuer } from '../../../../lambda/functions/queue-outcomes/queue-outcomes.ts';
import { readRecords } from '../../../../lambda/shared/tables/stream-records.ts';
import { startEventSource } from '../../../../local/dynamodb/event-source.ts';
import { LOCAL_CLIENT, type TestStore } from '../../../support/engine.ts';
import { test } from '../../../support/fixtures.ts';
import { EVENTUALLY } from '../../../support/patience.ts';
import { aResuming, aServiceError, closedWith, storeWaited } from '../../../support/resuming.ts';
import { ORIGIN } from '../../../support/tokens.ts';

/** Reads the stream of a table from its beginning until it has published a number of events. */
const followStream = async (store: TestStore, folder: string, events: number) => {
  const published: { detailType: string; detail: Record<string, unknown> }[] = [];
  const queued: OutcomeMessage[] = [];
  const nothing = () => {};
  const queueOutcomes = createOutcomeQueuer({
    queue: {
      send: async (messages) => {
        queued.push(...messages);
        return messages.map(() => undefined);
      },
    },
    logger: { info: nothing, error: nothing },
  });
  const client = new DynamoDBStreamsClient({ ...LOCAL_CLIENT, endpoint: store.endpoint });
  const source = await startEventSource({
    client,
    mapping: {
      logicalId: 'Changes',
      type: 'AWS::Lambda::EventSourceMapping',
      properties: {
        EventSourceArn: store.streamArn,
        FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:both',
        StartingPosition: 'TRIM_HORIZON',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    },
    dataDirectory: folder,
    invoke: async (event: DynamoDBStreamEvent) => {
      const records = readRecords(event);
      for (const { image } of records) {
        const made = toTaskEvents(image, ORIGIN)[0];
        if (made) published.push({ detailType: made.detailType, detail: made.detail as never });
      }
      await queueOutcomes(records);
      return { batchItemFailures: [] };
    },
    sendToDestination: nothing,
  });
  await vi.waitFor(() => expect(published).toHaveLength(events), EVENTUALLY);
  await source.stop();
  client.destroy();
  return { published, queued };
};

test('each change is published once and queued once, whatever attempts there were', async ({ ownStore, ownFolder }) => {
  const world = aResuming(ownStore);
  const task = await storeWaited(ownStore, closedWith('succeeded', '[1]'));
  // Throttled, then not answered, then closed by that call: marks are set and removed.
  world.answer(aServiceError('ThrottlingException'), aServiceError('TimeoutError', 0), aServiceError('TaskTimedOut'));
  expect([await world.receive(task), await world.receive(task), await world.receive(task)]).toEqual([
    false,
    false,
    true,
  ]);
  const refused = await storeWaited(ownStore, closedWith('failed', '[1]'));
  world.answer(aServiceError('InvalidToken'));
  await world.receive(refused);

  const { published, queued } = await followStream(ownStore, ownFolder, 4);
  const of = ({ taskId }: { readonly taskId: string }) =>
    published
      .filter(({ detail }) => detail.taskId === taskId)
      .map(({ detail, detailType }) => [detailType, detail.sequence, detail.status, detail.resume]);
  const kind = 'stepFunctions';
  const at = expect.any(String);
  expect(of(task)).toEqual([
    ['Task Succeeded', 2, 'succeeded', undefined],
    ['Workflow Resumed', 3, 'succeeded', { kind, state: 'delivered', at }],
  ]);
  expect(of(refused)).toEqual([
    ['Task Failed', 2, 'failed', undefined],
    ['Resume Refused', 3, 'failed', { kind, state: 'refused', at, reason: 'InvalidToken' }],
  ]);
  expect(queued).toHaveLength(2);
  expect(queued).toEqual(
    expect.arrayContaining([
      { taskId: task.taskId, sequence: 2 },
      { taskId: refused.taskId, sequence: 2 },
    ]),
  );
});
