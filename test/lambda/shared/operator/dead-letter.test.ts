import { describe, expect, it } from 'vitest';
import { readLetter } from '../../../../lambda/shared/operator/dead-letter.ts';
import { aFailedCall, aLetter, anArrival } from '../../../support/dead-letters.ts';

const TASK = 'AAAAAAAAAAAAAAAAAAAAAA';

describe('readLetter', () => {
  it('reads the letter of publish about one change', () => {
    const letter = { taskId: TASK, sequence: 3, streamArn: 'arn:stream', sequenceNumber: '100', reason: 'TooLarge' };
    const { reason, ...change } = letter;
    expect(readLetter(aLetter(letter))).toEqual({ taskId: TASK, reason, work: { kind: 'change', ...change } });
  });

  it('reads a letter of publish that knows only the position', () => {
    expect(readLetter(aLetter({ sequenceNumber: '100', reason: 'NotATask', taskId: 'a b' }))).toEqual({
      reason: 'NotATask',
      work: { kind: 'change', sequenceNumber: '100' },
    });
  });

  it('reads the outcome of a task that a workflow was not told', () => {
    const outcome = { taskId: TASK, sequence: 3 };
    const work = { kind: 'outcome', outcome };
    expect(readLetter(aLetter({ ...outcome, more: 'x' }))).toEqual({ taskId: TASK, reason: 'GaveUp', work });
    for (const other of [{ taskId: 'a b', sequence: 3 }, { taskId: TASK, sequence: '3' }, { taskId: TASK }]) {
      expect(readLetter(aLetter(other)).work).toEqual({ kind: 'event', event: other });
    }
  });

  it('reads the position of records that the mapping of the stream gave up', () => {
    const letter = {
      requestContext: { condition: 'RecordAgeExceeded' },
      DDBStreamBatchInfo: {
        shardId: 'shard-1',
        startSequenceNumber: '100',
        endSequenceNumber: '300',
        batchSize: 3,
        streamArn: 'arn:stream',
      },
    };
    expect(readLetter(aLetter(letter))).toEqual({
      reason: 'RecordAgeExceeded',
      work: {
        kind: 'batch',
        streamArn: 'arn:stream',
        shardId: 'shard-1',
        firstSequenceNumber: '100',
        lastSequenceNumber: '300',
      },
    });
  });

  it('reads the record of a failed call: its event, and the type of the error without its text', () => {
    const event = anArrival(TASK);
    expect(readLetter(aLetter(aFailedCall(event)))).toEqual({
      taskId: TASK,
      reason: 'RetriesExhausted: TimeoutError',
      work: { kind: 'event', event },
    });
  });

  it('reads a failed call without a response', () => {
    const condition = { requestContext: { condition: 'EventAgeExceeded' }, responsePayload: undefined };
    expect(readLetter(aLetter(aFailedCall({ source: 'aws.scheduler' }, condition)))).toEqual({
      reason: 'EventAgeExceeded',
      work: { kind: 'event', event: { source: 'aws.scheduler' } },
    });
  });

  it('reads an event that a rule could not deliver, with the error beside it', () => {
    const event = anArrival(TASK);
    const work = { kind: 'event', event };
    expect(readLetter(aLetter(event, { errorCode: 'NO_PERMISSIONS' }))).toEqual({
      taskId: TASK,
      reason: 'NO_PERMISSIONS',
      work,
    });
    expect(readLetter(aLetter(event))).toEqual({ taskId: TASK, reason: 'NotDelivered', work });
  });

  it.each([
    ['no JSON', 'text'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['a position without a shard', { DDBStreamBatchInfo: { startSequenceNumber: '1' } }],
  ])('finds no work in %s', (_, body) => {
    expect(readLetter(aLetter(body))).toEqual({ reason: 'Unreadable' });
  });

  it.each([100, 101])('shows at most 100 characters of a reason with %i', (length) => {
    const { reason } = readLetter(aLetter({ sequenceNumber: '1', reason: 'r'.repeat(length) }));
    expect(reason).toBe('r'.repeat(100));
  });
});
