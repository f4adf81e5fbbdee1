import { describe, expect, test } from 'vitest';
import { DETAIL_TYPE_NAMES, eventExample } from '../../../lambda/functions/metadata/openapi/event-schemas.ts';
import { deduplicate, isNewer, PosternError, parseEvent } from '../../../sdk/client/index.ts';

const opened = eventExample('Task Opened');

/** An event of a task with this sequence. */
const anEvent = (sequence: number, taskId = 'task-1') =>
  parseEvent({ ...opened, detail: { ...opened.detail, taskId, sequence, id: `${taskId}-${sequence}` } });

describe('parseEvent', () => {
  test.each(DETAIL_TYPE_NAMES)('reads %s, as an object and as text', (detailType) => {
    const event = eventExample(detailType);
    expect(parseEvent(event)).toEqual(event);
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
  });

  test('leaves members that a later version adds', () => {
    expect(parseEvent({ ...opened, detail: { ...opened.detail, later: 1 } }).detail).toHaveProperty('later', 1);
  });

  test.each([
    [
      'a detail type that it does not know',
      { ...opened, 'detail-type': 'Task Frozen' },
      /its detail type "Task Frozen"/,
    ],
    ['no detail type', { ...opened, 'detail-type': undefined }, /its detail type absent/],
    ['a detail type that is no text', { ...opened, 'detail-type': null }, /its detail type null/],
    ['another source', { ...opened, source: 'aws.s3' }, /its source is "aws\.s3"; expected "postern"/],
    ['no detail', { ...opened, detail: undefined }, /the detail of "Task Opened" is not complete/],
    ['no sequence', { ...opened, detail: { ...opened.detail, sequence: undefined } }, /is not complete/],
    ['no task', { ...opened, detail: { ...opened.detail, taskId: undefined } }, /is not complete/],
    ['no id', { ...opened, detail: { ...opened.detail, id: undefined } }, /is not complete/],
    ['a list', [opened], /it is no JSON object/],
    ['other text', 'Task Opened', /it is no JSON object/],
    ['nothing', undefined, /it is no JSON object/],
  ])('throws answer_invalid for %s', (_, value, message) => {
    const parse = () => parseEvent(value);
    expect(parse).toThrow(PosternError);
    expect(parse).toThrow(expect.objectContaining({ code: 'answer_invalid', retryable: false }));
    expect(parse).toThrow(message);
  });

  test('narrows the detail by the detail type', () => {
    const event = parseEvent(eventExample('Task Succeeded'));
    const size = event['detail-type'] === 'Task Succeeded' ? event.detail.result.size : undefined;
    expect(size).toBe(22);
  });
});

describe('isNewer', () => {
  test('compares the sequences of two events of one task', () => {
    expect([isNewer(anEvent(2), anEvent(1)), isNewer(anEvent(1), anEvent(2)), isNewer(anEvent(1), anEvent(1))]).toEqual(
      [true, false, false],
    );
  });

  test('compares no events of two tasks', () => {
    expect(() => isNewer(anEvent(2), anEvent(1, 'task-2'))).toThrow(
      'The events are of tasks task-1 and task-2; expected two events of one task.',
    );
  });

  test('is false for an event of an operator, which has no place among the changes', () => {
    const acted = parseEvent(eventExample('Operator Acted'));
    const ofTask = parseEvent(eventExample('Task Succeeded'));
    const pairs = [
      [acted, ofTask],
      [ofTask, acted],
      [acted, acted],
    ] as const;
    expect(pairs.map(([a, b]) => isNewer(a, b))).toEqual([false, false, false]);
  });
});

describe('deduplicate', () => {
  test('is true for the first delivery of each event only', () => {
    const isFirst = deduplicate();
    const events = [anEvent(1), anEvent(2), anEvent(1), anEvent(1, 'task-2'), anEvent(2)];
    expect(events.map(isFirst)).toEqual([true, true, false, true, false]);
  });

  test('goes by the id of the change, not by that of EventBridge', () => {
    const isFirst = deduplicate();
    expect([isFirst(anEvent(1)), isFirst({ ...anEvent(1), id: 'another' })]).toEqual([true, false]);
  });

  test('works for events of operators', () => {
    const acted = parseEvent(eventExample('Operator Acted'));
    const isFirst = deduplicate();
    expect([isFirst(acted), isFirst(acted)]).toEqual([true, false]);
  });

  test('remembers as many events as its caller says, the latest', () => {
    const isFirst = deduplicate(2);
    expect([1, 2, 3, 2, 1].map((sequence) => isFirst(anEvent(sequence)))).toEqual([true, true, true, false, true]);
  });

  test('remembers 10,000 events otherwise', () => {
    const isFirst = deduplicate();
    for (let sequence = 1; sequence <= 10_000; sequence += 1) isFirst(anEvent(sequence));
    expect(isFirst(anEvent(1))).toBe(false);
    isFirst(anEvent(10_001));
    expect(isFirst(anEvent(1))).toBe(true);
  });
});
