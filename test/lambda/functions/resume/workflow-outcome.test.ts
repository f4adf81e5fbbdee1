import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClosedTask } from '../../../../lambda/functions/resume/resume-store.ts';
import { needsBytes, outcomeOf } from '../../../../lambda/functions/resume/workflow-outcome.ts';
import { ORIGIN } from '../../../support/tokens.ts';
import { aClosedTask } from '../../../support/waited-task.ts';

const CHECKED = { checkJson: true };
const UNCHECKED = { checkJson: false };
const JSON_TYPE = 'application/json';

type Checks = Parameters<typeof needsBytes>[1];

/** What the workflow is told of a task whose bytes are all there. @param processor null: it is not in the registry */
const told = (task: ClosedTask, processor: Checks | null = CHECKED) =>
  outcomeOf(task, needsBytes(task, processor ?? undefined) ? task.payload : undefined, ORIGIN);

const outputOf = (...parameters: Parameters<typeof told>): string => {
  const outcome = told(...parameters);
  if (outcome.kind !== 'success') throw new Error('The workflow is told a failure.');
  return outcome.output;
};

const failureOf = (...parameters: Parameters<typeof told>) => {
  const outcome = told(...parameters);
  if (outcome.kind !== 'failure') throw new Error('The workflow is told a success.');
  return outcome;
};

const referenceTo = ({ failure, result, status, taskId }: ClosedTask) => {
  const { contentType, sha256, size } = (result ?? failure) as NonNullable<ClosedTask['result']>;
  const location = `${ORIGIN}/v1/tasks/${taskId}/${result === undefined ? 'failure' : 'result'}`;
  return { taskId, status, contentType, size, sha256, location };
};

describe('the output of a task that succeeded', () => {
  it('is the result as it came, in an envelope with four members', () => {
    const result = '{ "total": 1.0,\n "id": 12345678901234567890, "a": "\\u00e9", "a": 2 }';
    expect(outputOf(aClosedTask('succeeded', result))).toBe(
      `{"taskId":"task-1","status":"succeeded","contentType":"application/json","result":${result}}`,
    );
  });

  it.each([
    'application/json',
    'APPLICATION/JSON ; charset=utf-8',
    'application/hal+json',
    'application/vnd.acme.v1+json;profile="x"',
  ])('has the result with the type %s', (contentType) => {
    const output = JSON.parse(outputOf(aClosedTask('succeeded', '[1]', contentType)));
    expect(output).toEqual({ taskId: 'task-1', status: 'succeeded', contentType, result: [1] });
  });

  it.each(['text/plain', 'application/pdf', 'application/jsonl', 'text/json', 'application/json-seq'])(
    'is a reference with the type %s',
    (contentType) => {
      const task = aClosedTask('succeeded', '[1]', contentType);
      expect(outputOf(task)).toBe(JSON.stringify(referenceTo(task)));
    },
  );

  it.each([
    ['was not checked as JSON', aClosedTask('succeeded', '[1]'), UNCHECKED],
    ['is of a processor that the environment has no longer', aClosedTask('succeeded', '[1]'), null],
    ['has 0 bytes', aClosedTask('succeeded', ''), CHECKED],
    ['came by upload', aClosedTask('succeeded', '[1]', JSON_TYPE, { payloadKey: 'uploads/task-1/j/d' }), CHECKED],
  ] as const)('is a reference if the result %s', (_, task, processor) => {
    expect(needsBytes(task, processor ?? undefined)).toBe(false);
    expect(outputOf(task, processor)).toBe(JSON.stringify(referenceTo(task)));
  });

  it.each([
    ['is not JSON', Buffer.from('1,"status":"failed"')],
    ['ends early', Buffer.from('{"a":')],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['begins with a byte order mark', Buffer.from('\ufeff[1]')],
  ])('is a reference if a result that was to be checked %s', (_, bytes) => {
    const task = aClosedTask('succeeded', bytes);
    expect(outputOf(task)).toBe(JSON.stringify(referenceTo(task)));
  });

  it('is a reference if the object of the result does not exist any more', () => {
    const task = aClosedTask('succeeded', '[1]');
    expect(outcomeOf(task, undefined, ORIGIN)).toEqual({
      kind: 'success',
      output: JSON.stringify(referenceTo(task)),
    });
  });

  it('has the result of a processor whose schema checks it, also if other JSON is not checked', () => {
    expect(outputOf(aClosedTask('succeeded', '[1]'), { checkJson: false, schema: {} })).toContain('"result":[1]');
    expect(failureOf(aClosedTask('failed', '[1]'), { checkJson: false, schema: {} }).cause).not.toContain('"failure"');
  });

  it('has 262,144 bytes at most; a result that is one byte longer is a reference', () => {
    // Two bytes each, so that bytes and characters differ.
    const others = Buffer.byteLength(
      '{"taskId":"task-1","status":"succeeded","contentType":"application/json","result":""}',
    );
    const longest = `"${'é'.repeat((262_144 - others - 1) / 2)}a"`;
    const output = outputOf(aClosedTask('succeeded', longest));
    expect(Buffer.byteLength(output)).toBe(262_144);
    expect(output).toContain(longest);

    const longer = aClosedTask('succeeded', `${longest} `);
    expect(needsBytes(longer, CHECKED)).toBe(false);
    expect(outputOf(longer)).toBe(JSON.stringify(referenceTo(longer)));
    // The rule also holds if the bytes were read.
    expect(outcomeOf(longer, longer.payload, ORIGIN)).toMatchObject({ output: JSON.stringify(referenceTo(longer)) });
  });

  it('comes with a reference in its place, for a service that refuses the result', () => {
    const task = aClosedTask('succeeded', '"\\ud800"');
    expect(told(task)).toMatchObject({ reference: JSON.stringify(referenceTo(task)) });
  });

  it('parses to the value of the result and contains its bytes unchanged', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (text, blank) => {
        const result = `${blank}${text}${blank}`;
        const output = outputOf(aClosedTask('succeeded', result));
        expect(JSON.parse(output)).toEqual({
          taskId: 'task-1',
          status: 'succeeded',
          contentType: JSON_TYPE,
          result: JSON.parse(result),
        });
        expect(Buffer.from(output).includes(Buffer.from(`"result":${result}}`))).toBe(true);
      }),
    );
  });
});

describe('the error of a task that failed', () => {
  it.each([
    ['{"code":"Unreadable"}', 'Processor.Unreadable'],
    ['{"code":"a.b_c-9","more":{"code":"x"}}', 'Processor.a.b_c-9'],
    // Names that mean something to a workflow come with the prefix.
    ['{"code":"States.Timeout"}', 'Processor.States.Timeout'],
    ['{"code":"States.ALL"}', 'Processor.States.ALL'],
    ['{"code":"Postern.TaskExpired"}', 'Processor.Postern.TaskExpired'],
    ['{"c\\u006fde":"Escaped"}', 'Processor.Escaped'],
    [`{"code":"${'c'.repeat(100)}"}`, `Processor.${'c'.repeat(100)}`],
    [`{"code":"${'c'.repeat(101)}"}`, 'Processor.Failed'],
    ['{"code":""}', 'Processor.Failed'],
    ['{"code":"two words"}', 'Processor.Failed'],
    ['{"code":"line\\n"}', 'Processor.Failed'],
    ['{"code":"Ünlesbar"}', 'Processor.Failed'],
    ['{"code":7}', 'Processor.Failed'],
    ['{"code":null}', 'Processor.Failed'],
    ['{"code":["Unreadable"]}', 'Processor.Failed'],
    ['{"error":{"code":"Nested"}}', 'Processor.Failed'],
    ['[{"code":"InAnArray"}]', 'Processor.Failed'],
    ['"Unreadable"', 'Processor.Failed'],
    ['null', 'Processor.Failed'],
    ['{}', 'Processor.Failed'],
    ['{"__proto__":{"code":"Inherited"}}', 'Processor.Failed'],
    ['{"constructor":{"code":"Inherited"}}', 'Processor.Failed'],
    ['{"code":"First","code":"Second"}', 'Processor.Failed'],
    ['{"code":"First","c\\u006fde":"Second"}', 'Processor.Failed'],
  ])('of %s is %s', (failure, error) => {
    const outcome = failureOf(aClosedTask('failed', failure));
    expect(outcome).toMatchObject({ error, message: 'The processor reported a failure.' });
    expect(outcome.cause).toContain(`"failure":${failure}}`);
  });

  it.each([
    ['text', 'text/plain', CHECKED],
    ['JSON that was not checked', JSON_TYPE, UNCHECKED],
    ['JSON of a processor that the environment has no longer', JSON_TYPE, null],
  ])('of %s is Processor.Failed with a reference', (_, contentType, processor) => {
    const task = aClosedTask('failed', '{"code":"Unreadable"}', contentType);
    expect(failureOf(task, processor)).toMatchObject({
      error: 'Processor.Failed',
      cause: JSON.stringify(referenceTo(task)),
    });
  });

  it.each(['', '{"code":"Unreadable"', Buffer.from([0xff])])('of %j is Processor.Failed with a reference', (bytes) => {
    const task = aClosedTask('failed', bytes);
    expect(failureOf(task)).toMatchObject({ error: 'Processor.Failed', cause: JSON.stringify(referenceTo(task)) });
  });

  it('is never one of Step Functions or of Postern, whatever the processor sends', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.string().map((code) => JSON.stringify({ code })),
        ),
        (failure) => {
          expect(failureOf(aClosedTask('failed', failure)).error).toMatch(/^Processor\.[A-Za-z0-9._-]{1,100}$/);
        },
      ),
    );
  });
});

describe('the cause of a task that failed', () => {
  it('is a reference, with the failure at its end', () => {
    const task = aClosedTask('failed', '{ "code": "Unreadable" }');
    const reference = JSON.stringify(referenceTo(task));
    expect(failureOf(task).cause).toBe(`${reference.slice(0, -1)},"failure":{ "code": "Unreadable" }}`);
  });

  it('has 32,768 characters at most; with one more it is the reference, and the code stays', () => {
    const failureWith = (padding: string) => `{"code":"Unreadable","page":"${padding}"}`;
    const lengthOf = (padding: string) => failureOf(aClosedTask('failed', failureWith(padding))).cause.length;
    // Two UTF-16 units and four bytes each. The number of digits of `size` is that of the longest cause.
    const others = lengthOf('😀'.repeat(10_000)) - 20_000;
    const padding = (32_768 - others) % 2 === 0 ? '' : 'a';
    const longest = `${'😀'.repeat((32_768 - others - padding.length) / 2)}${padding}`;
    const task = aClosedTask('failed', failureWith(longest));
    expect(failureOf(task).cause).toHaveLength(32_768);
    expect(JSON.parse(failureOf(task).cause).failure).toEqual(JSON.parse(failureWith(longest)));

    const longer = aClosedTask('failed', failureWith(`${longest}a`));
    expect(failureOf(longer)).toMatchObject({
      error: 'Processor.Unreadable',
      cause: JSON.stringify(referenceTo(longer)),
    });
  });

  it('needs the bytes also if they are longer than a cause, because of the code', () => {
    const task = aClosedTask('failed', `{"code":"Unreadable","page":"${'x'.repeat(1_000_000)}"}`);
    expect(needsBytes(task, CHECKED)).toBe(true);
    expect(failureOf(task).error).toBe('Processor.Unreadable');
  });
});

describe('a task without a result', () => {
  it.each([
    ['expired', 'Postern.TaskExpired', 'The task expired without a result.'],
    ['cancelled', 'Postern.TaskCancelled', 'The task was cancelled.'],
  ] as const)('that is %s has the error %s', (status, error, message) => {
    const task = aClosedTask(status);
    expect(needsBytes(task, CHECKED)).toBe(false);
    expect(told(task)).toEqual({ kind: 'failure', error, message, cause: `{"taskId":"task-1","status":"${status}"}` });
  });
});

describe('a task that failed because its work could not be sent', () => {
  const dispatch = {
    state: 'failed',
    attempts: 7,
    issue: 2,
    used: 7,
    reason: 'AttemptsUsed',
    lastStatus: 503,
  } as const;
  const { failure: _failure, payload: _payload, ...task } = aClosedTask('failed', '', 'text/plain', { dispatch });

  it('is the error Postern.DispatchFailed, with the reason and the number of attempts', () => {
    const { cause, error, message } = failureOf(task);
    expect([error, message]).toEqual(['Postern.DispatchFailed', 'The work could not be sent to the processor.']);
    expect(JSON.parse(cause)).toEqual({
      taskId: 'task-1',
      status: 'failed',
      dispatch: { reason: 'AttemptsUsed', attempts: 7, lastStatus: 503 },
    });
  });

  it.each([undefined, 'AnswerUnknown'] as const)('has no reason if a late answer accepted the work: %s', (reason) => {
    const { reason: _reason, ...accepted } = { ...dispatch, state: 'accepted' as const };
    const { cause, error } = failureOf({ ...task, dispatch: { ...accepted, ...(reason !== undefined && { reason }) } });
    expect(error).toBe('Postern.DispatchFailed');
    expect(JSON.parse(cause)).toEqual({
      taskId: 'task-1',
      status: 'failed',
      dispatch: { attempts: 7, lastStatus: 503 },
    });
  });

  it('is no error of a dispatch if a processor reported the failure of accepted work', () => {
    const accepted = { ...dispatch, state: 'accepted' as const };
    expect(failureOf(aClosedTask('failed', '', 'text/plain', { dispatch: accepted })).error).toBe('Processor.Failed');
  });
});
