import type { DynamoDBRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { readMapping } from '../../../local/dynamodb/event-source-mapping.ts';

const read = (...patterns: readonly unknown[]) =>
  readMapping({
    logicalId: 'Outcomes',
    type: 'AWS::Lambda::EventSourceMapping',
    properties: {
      EventSourceArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/tasks/stream/1',
      FunctionName: 'resume',
      StartingPosition: 'TRIM_HORIZON',
      FilterCriteria: {
        Filters: patterns.map((pattern) => ({
          Pattern: typeof pattern === 'string' ? pattern : JSON.stringify(pattern),
        })),
      },
    },
  });

const A_RECORD: DynamoDBRecord = {
  eventName: 'MODIFY',
  dynamodb: {
    NewImage: {
      change: { S: 'succeeded' },
      sequence: { N: '3' },
      open: { BOOL: false },
      resume: { M: { kind: { S: 'stepFunctions' } } },
      list: { L: [{ S: 'one' }, { S: 'two' }] },
    },
  },
};

test.each<[string, object]>([
  ['a text', { eventName: ['MODIFY'] }],
  ['one of several texts', { dynamodb: { NewImage: { change: { S: ['failed', 'succeeded'] } } } }],
  ['a number, which is a text in a record', { dynamodb: { NewImage: { sequence: { N: ['3'] } } } }],
  ['a boolean', { dynamodb: { NewImage: { open: { BOOL: [false] } } } }],
  ['the beginning of a text', { dynamodb: { NewImage: { change: { S: [{ prefix: 'succ' }] } } } }],
  ['a nested text', { dynamodb: { NewImage: { resume: { M: { kind: { S: ['stepFunctions'] } } } } } }],
  ['one of a list', { dynamodb: { NewImage: { list: { L: { S: ['two'] } } } } }],
  ['that a value is there', { dynamodb: { NewImage: { resume: { M: { kind: { S: [{ exists: true }] } } } } } }],
  ['that a value is not there', { dynamodb: { NewImage: { expired: { N: [{ exists: false }] } } } }],
  ['that a value of an absent image is not there', { dynamodb: { OldImage: { change: { S: [{ exists: false }] } } } }],
  [
    'that a value is not there, or one',
    { dynamodb: { NewImage: { change: { S: [{ exists: false }, 'succeeded'] } } } },
  ],
])('a pattern matches by %s', (_, pattern) => {
  expect(read(pattern).matches(A_RECORD)).toBe(true);
});

test.each<[string, object]>([
  ['another text', { eventName: ['INSERT', 'REMOVE'] }],
  ['a number as a number', { dynamodb: { NewImage: { sequence: { N: [3] } } } }],
  ['one member of two', { eventName: ['MODIFY'], dynamodb: { NewImage: { change: { S: ['failed'] } } } }],
  ['a value that is not there', { dynamodb: { OldImage: { change: { S: ['succeeded'] } } } }],
  ['the presence of what is absent', { dynamodb: { NewImage: { expired: { N: [{ exists: true }] } } } }],
  ['the presence of what has members of its own', { dynamodb: { NewImage: { resume: { M: [{ exists: true }] } } } }],
  ['the absence of what is there', { dynamodb: { NewImage: { change: { S: [{ exists: false }] } } } }],
])('a pattern does not match by %s', (_, pattern) => {
  expect(read(pattern).matches(A_RECORD)).toBe(false);
});

test('one of several patterns is enough', () => {
  expect(read({ eventName: ['INSERT'] }, { eventName: ['MODIFY'] }).matches(A_RECORD)).toBe(true);
});

test('takes 5 filters of 4,096 characters', () => {
  const pattern = JSON.stringify({ eventName: ['x'.repeat(4_096 - '{"eventName":[""]}'.length)] });
  expect(pattern).toHaveLength(4_096);
  const patterns = Array.from({ length: 5 }, () => pattern);
  expect(() => read(...patterns)).not.toThrow();
  expect(() => read(...patterns, pattern)).toThrow('Event source mapping Outcomes: FilterCriteria.Filters');
  expect(() => read(`${pattern} `)).toThrow('Event source mapping Outcomes: FilterCriteria.Filters.0.Pattern');
});

test.each<[unknown, string]>([
  ['{', 'FilterCriteria.Filters.0.Pattern is not a JSON object'],
  ['[]', 'FilterCriteria.Filters.0.Pattern is not a JSON object'],
  [{ eventName: 'INSERT' }, 'FilterCriteria.Filters.0.Pattern.eventName'],
  [{ eventName: [] }, 'FilterCriteria.Filters.0.Pattern.eventName'],
  [{ eventName: [{ 'anything-but': ['REMOVE'] }] }, 'FilterCriteria.Filters.0.Pattern.eventName'],
  [{ dynamodb: { NewImage: { n: { N: [{ numeric: ['>', 1] }] } } } }, 'Pattern.dynamodb.NewImage.n.N'],
  [{ dynamodb: {} }, 'FilterCriteria.Filters.0.Pattern.dynamodb'],
])('refuses the pattern %j by name', (pattern, message) => {
  expect(() => read(pattern)).toThrow(message);
  expect(() => read(pattern)).toThrow('Event source mapping Outcomes: ');
});
