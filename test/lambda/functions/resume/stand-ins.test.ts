import { existsSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { ResumeKind } from '../../../../lambda/contract/resume.ts';
import { createConnectWorkflow } from '../../../../lambda/functions/resume/connect-workflow.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { patiently } from '../../../support/patience.ts';
import { aResuming, closedAs, closedWith, storeWaited } from '../../../support/resuming.ts';

const test = base
  /** The function with the SDK's clients, and the stand-ins of both services. */
  .extend('world', ({ kms, store }) => {
    const connect = createConnectWorkflow(
      () => Promise.reject(new Error('There is one account.')),
      patiently({ ...LOCAL_CLIENT, endpoint: kms.endpoint }),
    );
    return aResuming(store, { wrap: (parts) => ({ ...parts, connect }) });
  })
  /** Requests with a token, as the services got them. */
  .extend('requestsOf', ({ kms }) => (token: string): readonly Record<string, unknown>[] => {
    const { file } = kms.standIns.resumes;
    const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    const lines = text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    return lines.filter(({ callbackId, taskToken }) => (callbackId ?? taskToken) === token);
  });

let count = 0;
/** A token of its own for each test. @param words choose the answer of the stand-in */
const aToken = (words = ''): string => {
  count += 1;
  return `${words}${'A'.repeat(count)}`;
};

/** Error and cause of a request, at both services. */
const failureIn = (request: Readonly<Record<string, unknown>> = {}) => {
  const { ErrorData, ErrorType } = Object(request.error) as Readonly<Record<string, string>>;
  const text = String(ErrorData ?? request.cause);
  return { name: ErrorType ?? request.error, text, cause: JSON.parse(text) as unknown };
};

const KINDS: readonly ResumeKind[] = ['stepFunctions', 'durableFunction'];
const ACTIONS = {
  stepFunctions: ['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat'],
  durableFunction: [
    'SendDurableExecutionCallbackSuccess',
    'SendDurableExecutionCallbackFailure',
    'SendDurableExecutionCallbackHeartbeat',
  ],
} as const;

describe.each(KINDS)('%s on the wire', (kind) => {
  const [succeed, fail, beat] = ACTIONS[kind];

  test('gets the result as it came', async ({ requestsOf, world }) => {
    const token = aToken();
    const result = '{ "total": 1.0,\n "note": "\\u00e9é😀", "a": 1, "a": 2 }';
    const task = await storeWaited(world.tables, closedWith('succeeded', result), { kind, token });
    expect(await world.receive(task)).toBe(true);
    const text = `{"taskId":"${task.taskId}","status":"succeeded","contentType":"application/json","result":${result}}`;
    expect(requestsOf(token)).toEqual([
      expect.objectContaining({
        action: succeed,
        answer: 200,
        [kind === 'stepFunctions' ? 'output' : 'result']: text,
      }),
    ]);
    expect((await world.read(task)).resume).toMatchObject({ state: 'delivered' });
  });

  test('takes the longest output and the longest cause', async ({ requestsOf, world }) => {
    const [first, second, third] = [aToken(), aToken(), aToken()];
    const envelope =
      '{"taskId":"1234567890123456789012","status":"succeeded","contentType":"application/json","result":""}';
    const result = `"${'x'.repeat(262_144 - envelope.length)}"`;
    const succeeded = await storeWaited(world.tables, closedWith('succeeded', result), { kind, token: first });
    await world.receive(succeeded);
    const [output] = requestsOf(first);
    expect(output).toMatchObject({ answer: 200 });
    expect(String(output?.output ?? output?.result)).toHaveLength(262_144);

    const failureOf = (characters: number) => `{"code":"Unreadable","page":"${'x'.repeat(characters)}"}`;
    const failed = async (token: string, characters: number): Promise<string> => {
      await world.receive(
        await storeWaited(world.tables, closedWith('failed', failureOf(characters)), { kind, token }),
      );
      expect(requestsOf(token)).toEqual([expect.objectContaining({ action: fail, answer: 200 })]);
      return failureIn(requestsOf(token)[0]).text;
    };
    const others = (await failed(second, 20_000)).length - 20_000;
    const longest = await failed(third, 32_768 - others);
    expect(longest).toHaveLength(32_768);
    expect(longest).toContain(failureOf(32_768 - others));
  });

  test('gets a failure, an expiry and a cancellation by their names', async ({ requestsOf, world }) => {
    const outcomes = [
      [closedWith('failed', '{"code":"States.Timeout"}'), 'Processor.States.Timeout'],
      [closedAs('expired'), 'Postern.TaskExpired'],
      [closedAs('cancelled'), 'Postern.TaskCancelled'],
    ] as const;
    for (const [closed, error] of outcomes) {
      const token = aToken();
      await world.receive(await storeWaited(world.tables, closed, { kind, token }));
      const [request] = requestsOf(token);
      expect(request).toMatchObject({ action: fail, answer: 200 });
      const { cause, name } = failureIn(request);
      expect(name).toBe(error);
      expect(cause).toMatchObject({ status: closed.status });
    }
  });

  test('gets a heartbeat', async ({ requestsOf, world }) => {
    const token = aToken();
    await world.receive(await storeWaited(world.tables, { change: 'progressed' }, { kind, token }));
    expect(requestsOf(token)).toEqual([expect.objectContaining({ action: beat, answer: 200 })]);
  });

  test.for([
    ['timedout', 'refused', kind === 'stepFunctions' ? 'TaskTimedOut' : 'CallbackTimeoutException'],
    ['unknown', 'refused', kind === 'stepFunctions' ? 'TaskDoesNotExist' : 'ResourceNotFoundException'],
    ['invalid', 'refused', kind === 'stepFunctions' ? 'InvalidToken' : 'InvalidParameterValueException'],
  ] as const)(
    'that answers as the token says (%s) is %s for %s',
    async ([word, state, reason], { requestsOf, world }) => {
      const token = aToken(word);
      const task = await storeWaited(world.tables, closedWith('succeeded', '[1]'), { kind, token });
      expect(await world.receive(task)).toBe(true);
      expect((await world.read(task)).resume).toMatchObject({ state, reason });
      expect(requestsOf(token)).toEqual([expect.objectContaining({ answer: reason })]);
    },
  );

  test('that throttles is called again, each time once', async ({ requestsOf, world }) => {
    const token = aToken('throttle3');
    const task = await storeWaited(world.tables, closedWith('succeeded', '[1]'), { kind, token });
    const ends: boolean[] = [];
    for (let receives = 1; receives <= 4; receives += 1) ends.push(await world.receive(task, { receives }));
    expect(ends).toEqual([false, false, false, true]);
    expect(requestsOf(token)).toHaveLength(4);
    expect((await world.read(task)).resume).toMatchObject({ state: 'delivered' });
  });
});

test('Step Functions gets a reference in the place of an output that it refuses', async ({ requestsOf, world }) => {
  const token = aToken('badresult');
  const task = await storeWaited(world.tables, closedWith('succeeded', '[1]'), { token });
  expect(await world.receive(task)).toBe(true);
  expect(requestsOf(token).map(({ answer }) => answer)).toEqual(['InvalidOutput', 200]);
  expect((await world.read(task)).resume).toMatchObject({ state: 'delivered' });
});
