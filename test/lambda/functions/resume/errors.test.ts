import { describe, expect } from 'vitest';
import type { ResumeKind } from '../../../../lambda/contract/resume.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { aServiceError, closedAs, closedWith, storeWaited, TASK_TOKEN } from '../../../support/resuming.ts';
import { test } from '../../../support/resuming-fixtures.ts';

/** What the function makes of an error: of the first call, and of one after a call whose outcome is not known. */
type Ends = readonly [first: End, later: End];
type End =
  | 'delivered'
  | 'refused'
  /** Repeated, and known that the workflow was not told. */
  | 'again'
  /** Repeated, and not known. */
  | 'uncertain';

const FINAL: Ends = ['refused', 'refused'];
const CLOSED: Ends = ['refused', 'delivered'];
const NOT_APPLIED: Ends = ['again', 'uncertain'];
const UNKNOWN: Ends = ['uncertain', 'uncertain'];

const EVERYWHERE: readonly (readonly [string, number, Ends])[] = [
  ['ThrottlingException', 400, NOT_APPLIED],
  ['AccessDeniedException', 403, NOT_APPLIED],
  ['ValidationException', 400, FINAL],
  ['InternalFailure', 500, UNKNOWN],
  ['ServiceUnavailable', 503, UNKNOWN],
  ['TimeoutError', 0, UNKNOWN],
];

const ERRORS: Readonly<Record<ResumeKind, readonly (readonly [string, number, Ends])[]>> = {
  stepFunctions: [
    ['InvalidToken', 400, FINAL],
    ['TaskDoesNotExist', 400, FINAL],
    ['TaskTimedOut', 400, CLOSED],
    ['KmsAccessDeniedException', 400, FINAL],
    ['KmsInvalidStateException', 400, FINAL],
    ['KmsThrottlingException', 400, NOT_APPLIED],
    ...EVERYWHERE,
  ],
  durableFunction: [
    ['InvalidParameterValueException', 400, FINAL],
    ['ResourceNotFoundException', 404, FINAL],
    ['CallbackTimeoutException', 400, CLOSED],
    ['KMSAccessDeniedException', 502, FINAL],
    ['KMSDisabledException', 502, FINAL],
    ['KMSInvalidStateException', 502, FINAL],
    ['KMSNotFoundException', 502, FINAL],
    ['TooManyRequestsException', 429, NOT_APPLIED],
    ['ServiceException', 500, UNKNOWN],
    ...EVERYWHERE,
  ],
};

const PAYLOAD = '{"code":"Unreadable","iban":"DE02"}';
const OUTCOMES: Readonly<Record<string, Partial<TaskItem>>> = {
  succeeded: closedWith('succeeded', PAYLOAD),
  failed: closedWith('failed', PAYLOAD),
  expired: closedAs('expired'),
  cancelled: closedAs('cancelled'),
};

const CASES = (Object.keys(ERRORS) as ResumeKind[]).flatMap((kind) =>
  ERRORS[kind].flatMap(([name, status, ends]) =>
    Object.keys(OUTCOMES).flatMap((outcome) =>
      (['first', 'later'] as const).map((call, i) => [kind, name, call, outcome, ends[i] as End, status] as const),
    ),
  ),
);

describe('an error of the service', () => {
  test.for(CASES)(
    '%s: %s of the %s call that tells “%s” ends %s',
    async ([kind, name, call, outcome, end, status], { world }) => {
      const before = call === 'first' ? {} : { isUncertain: true };
      const task = await storeWaited(world.tables, {
        ...OUTCOMES[outcome],
        resume: { kind, state: 'pending', ...before },
      });
      world.answer(aServiceError(name, status));
      const isDone = end === 'delivered' || end === 'refused';
      expect(await world.receive(task)).toBe(isDone);
      expect(world.calls).toHaveLength(1);

      const { resume, resumeToken, sequence } = await world.read(task);
      expect(resume).toEqual(
        {
          delivered: { kind, state: 'delivered', at: expect.any(String) },
          refused: { kind, state: 'refused', reason: name, at: expect.any(String) },
          again: { kind, state: 'pending' },
          uncertain: { kind, state: 'pending', isUncertain: true },
        }[end],
      );
      expect(resumeToken === undefined).toBe(isDone);
      expect(sequence).toBe(isDone ? task.sequence + 1 : task.sequence);
      // The wait before the next attempt, in seconds.
      expect(world.delays).toEqual(isDone ? [] : [1]);
      // Neither the token nor the payload, nor a text of the service that may repeat them.
      expect(JSON.stringify(world.lines)).not.toMatch(new RegExp(`${TASK_TOKEN}|DE02|repeats`));
      expect(world.lines).toHaveLength(1);
      if (!isDone) expect(world.lines).toMatchObject([{ level: 'ERROR', error: name, receives: 1 }]);
    },
  );
});

describe('an output that the service refuses', () => {
  const refused = aServiceError('InvalidOutput');

  test('is replaced by a reference in the same attempt', async ({ world }) => {
    const task = await storeWaited(world.tables, closedWith('succeeded', '"\\ud800"'));
    world.answer(refused);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toMatchObject([
      { output: expect.stringContaining('"result":"\\ud800"}') },
      { output: expect.stringContaining(`"location":"https://callbacks.example.com/v1/tasks/${task.taskId}/result"}`) },
    ]);
    expect((await world.read(task)).resume).toMatchObject({ state: 'delivered' });
  });

  test('is final if the service refuses the reference too', async ({ world }) => {
    const task = await storeWaited(world.tables, closedWith('succeeded', '[1]'));
    world.answer(refused, refused);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toHaveLength(2);
    expect((await world.read(task)).resume).toMatchObject({ state: 'refused', reason: 'InvalidOutput' });
  });

  test('is final if it is a reference', async ({ world }) => {
    const task = await storeWaited(world.tables, closedWith('succeeded', '[1]', 'text/plain'));
    world.answer(refused);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toHaveLength(1);
    expect((await world.read(task)).resume).toMatchObject({ state: 'refused', reason: 'InvalidOutput' });
  });

  test.for([
    ['throttled', 'ThrottlingException', 400, { kind: 'stepFunctions', state: 'pending' }],
    ['not answered', 'TimeoutError', 0, { kind: 'stepFunctions', state: 'pending', isUncertain: true }],
  ] as const)('is repeated if the call with the reference is %s', async ([, name, status, resume], { world }) => {
    const task = await storeWaited(world.tables, closedWith('succeeded', '[1]'));
    world.answer(refused, aServiceError(name, status));
    expect(await world.receive(task)).toBe(false);
    expect((await world.read(task)).resume).toEqual(resume);

    // The next attempt begins with the result again.
    world.answer(refused);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toHaveLength(4);
    expect((await world.read(task)).resume).toMatchObject({ state: 'delivered' });
  });
});
