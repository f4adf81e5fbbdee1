import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { describe, expect } from 'vitest';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from '../../support/fixtures.ts';

const anEntry = (entry: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  EventBusName: 'postern-local',
  Source: 'postern',
  DetailType: 'Task Opened',
  Detail: '{"taskId":"one"}',
  ...entry,
});

const test = base
  .extend('client', { scope: 'file' }, ({ kms }, { onCleanup }) => {
    kms.standIns.buses.add('postern-local');
    const client = new EventBridgeClient({ ...LOCAL_CLIENT, endpoint: kms.endpoint, maxAttempts: 1 });
    onCleanup(() => client.destroy());
    return client;
  })
  .extend(
    'put',
    ({ client }) =>
      (...Entries: PutEventsRequestEntry[]) =>
        client.send(new PutEventsCommand({ Entries })),
  )
  .extend('events', ({ kms }) => () => {
    try {
      const lines = readFileSync(kms.eventsFile, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  });

describe('PutEvents', () => {
  test('appends events as a rule’s target sees them, in order', async ({ events, put }) => {
    const time = new Date('2026-01-02T03:04:05.678Z');
    const { FailedEntryCount, Entries } = await put(
      anEntry({ Time: time, Resources: ['arn:aws:something'] }),
      anEntry({ DetailType: 'Task Succeeded', Detail: '{"taskId":"two"}' }),
    );

    expect(FailedEntryCount).toBe(0);
    expect(events()).toEqual([
      {
        version: '0',
        id: Entries?.[0]?.EventId,
        'detail-type': 'Task Opened',
        source: 'postern',
        account: '000000000000',
        time: '2026-01-02T03:04:05Z',
        region: 'eu-west-1',
        resources: ['arn:aws:something'],
        detail: { taskId: 'one' },
      },
      expect.objectContaining({ id: Entries?.[1]?.EventId, detail: { taskId: 'two' }, resources: [] }),
    ]);
  });

  test('takes a bus by its ARN, and the default bus', async ({ put }) => {
    const arn = 'arn:aws:events:eu-west-1:000000000000:event-bus/postern-local';
    expect(await put(anEntry({ EventBusName: arn }), anEntry({ EventBusName: undefined }))).toMatchObject({
      FailedEntryCount: 0,
    });
  });

  test.for<[string, Partial<PutEventsRequestEntry>, string]>([
    ['no Source', { Source: undefined }, 'InvalidArgument'],
    ['no DetailType', { DetailType: '' }, 'InvalidArgument'],
    ['no Detail', { Detail: undefined }, 'InvalidArgument'],
    ['Detail that is no JSON', { Detail: '{' }, 'MalformedDetail'],
    ['Detail that is no object', { Detail: '[1]' }, 'MalformedDetail'],
    ['a source of AWS', { Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
    ['a bus that does not exist', { EventBusName: 'nowhere' }, 'ResourceNotFoundException'],
    [
      'a bus of another region',
      { EventBusName: 'arn:aws:events:us-east-1:000000000000:event-bus/postern-local' },
      'ResourceNotFoundException',
    ],
  ])('fails an entry with %s, and publishes the other', async ([_, entry, ErrorCode], { events, put }) => {
    const before = events().length;
    const { FailedEntryCount, Entries } = await put(anEntry(entry), anEntry());
    expect(FailedEntryCount).toBe(1);
    expect(Entries).toEqual([{ ErrorCode, ErrorMessage: expect.any(String) }, { EventId: expect.any(String) }]);
    expect(events()).toHaveLength(before + 1);
  });

  test.for<[string, PutEventsRequestEntry[]]>([
    ['no entry', []],
    ['more than ten entries', Array.from({ length: 11 }, () => anEntry())],
    ['more than 1 MB in all', [anEntry({ Detail: JSON.stringify({ text: 'x'.repeat(1_048_576) }) })]],
    ['not one entry that is complete', [anEntry({ Source: undefined }), anEntry({ Detail: undefined })]],
  ])('refuses %s as a whole', async ([_, entries], { events, put }) => {
    const before = events().length;
    await expect(put(...entries)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(events()).toHaveLength(before);
  });
});

describe('a task with the metadata localFault', () => {
  const Detail = '{"taskId":"faulty","metadata":{"localFault":"publish"}}';

  test('is refused for good until the file faults-cleared exists', async ({ kms, put }) => {
    expect(await put(anEntry({ Detail }))).toMatchObject({ Entries: [{ ErrorCode: 'MalformedDetail' }] });
    writeFileSync(kms.faultsClearedFile, '');
    expect(await put(anEntry({ Detail }))).toMatchObject({ FailedEntryCount: 0 });
  });

  test.for(['{"metadata":{"localFault":"other"}}', '{"metadata":"localFault"}', '{"localFault":"publish"}'])(
    'is not every task with the word: %s',
    async (detail, { kms, put }) => {
      rmSync(kms.faultsClearedFile, { force: true });
      expect(await put(anEntry({ Detail: detail }))).toMatchObject({ FailedEntryCount: 0 });
    },
  );
});
