import { LocalDurableTestRunner, WaitingOperationStatus } from '@aws/durable-execution-sdk-js-testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { test as base, TASK } from '../../support/sender-services.ts';

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: false }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

/** An execution of the example's own code. The testing library of the SDK plays the service. */
const test = base.extend('execution', async ({ services: _services }) => {
  const { handler } = await import('../../../docs/send/examples/durable-function/recognise.ts');
  const runner = new LocalDurableTestRunner({ handlerFunction: handler });
  const end = runner.run({ payload: { invoice: 'invoice-77', document: 'https://scans.example.com/77' } });
  return { callback: runner.getOperation('recognise'), end };
});

test('opens a task with its callback id, and gives the callbacks to the processor', async ({ execution, services }) => {
  await execution.callback.waitForData(WaitingOperationStatus.SUBMITTED);
  const callbackId = execution.callback.getCallbackDetails()?.callbackId;
  expect(services.opened).toEqual([
    {
      processor: 'header-ocr',
      resource: 'invoice-77',
      expiresIn: 7200,
      heartbeat: 600,
      callbacks: ['result', 'failure', 'progress'],
      idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      resume: { kind: 'durableFunction', callbackId },
    },
  ]);
  expect(services.ordered).toEqual([{ document: 'https://scans.example.com/77', callbacks: TASK.callbacks }]);
  await execution.callback.sendCallbackSuccess(JSON.stringify({ taskId: 'task-1', result: { total: 42 } }));
  expect((await execution.end).getResult()).toEqual({
    next: 'book',
    recognition: { taskId: 'task-1', result: { total: 42 } },
  });
});

test.for([
  [{ status: 'failed', failure: { code: 'unreadable' } }, 'ask for a better scan'],
  [{ status: 'failed', failure: { code: 'other' } }, 'type it in'],
  [{ status: 'failed', location: 'https://callbacks.example.com/v1/tasks/task-1/failure' }, 'type it in'],
  [{ status: 'expired' }, 'ask the processor'],
  [{ status: 'cancelled' }, 'nothing'],
] as const)('goes on after a task that ended as %j: %s', async ([ending, next], { execution }) => {
  await execution.callback.waitForData(WaitingOperationStatus.SUBMITTED);
  const ErrorData = JSON.stringify({ taskId: 'task-1', ...ending });
  await execution.callback.sendCallbackFailure({ ErrorType: 'Processor.x', ErrorMessage: 'It ended.', ErrorData });
  expect((await execution.end).getResult()).toEqual({ next, ending: { taskId: 'task-1', ...ending } });
});

test('repeats a request that was refused for now, with the same key', async ({ execution, services }) => {
  services.refusals.push('unavailable');
  await execution.callback.waitForData(WaitingOperationStatus.SUBMITTED);
  expect(services.opened).toHaveLength(2);
  expect(services.opened[1]).toEqual(services.opened[0]);
  expect(services.ordered).toHaveLength(1);
  await execution.callback.sendCallbackSuccess('{}');
  await execution.end;
});

test('does not repeat a request that will be refused again', async ({ execution, services }) => {
  services.refusals.push('request_invalid');
  expect((await execution.end).getStatus()).toBe('FAILED');
  expect(services.opened).toHaveLength(1);
  expect(services.ordered).toEqual([]);
});
