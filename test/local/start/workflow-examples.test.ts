import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { LocalDurableTestRunner, WaitingOperationStatus } from '@aws/durable-execution-sdk-js-testing';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { StateMachineExample } from '../../../docs/send/examples/state-machine/stack.ts';
import { InvocationTarget } from '../../../sender/invocation-target.ts';
import { LOCAL_CLIENT, LOCAL_ENVIRONMENT } from '../../support/engine.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { catcherOf, choose, definitionIn, evaluate } from '../../support/states-language.ts';
import { anAppWithoutBundles } from '../../support/synthesize.ts';
import { test as base } from './gateway-fixtures.ts';

/** Work that the processor got. */
interface Job {
  readonly taskId: string;
  readonly document: string;
  readonly callbacks: Readonly<Record<string, { readonly url: string; readonly token?: string }>>;
}

/** A request that Step Functions or Lambda got. */
interface Told {
  readonly action: string;
  readonly taskToken?: string;
  readonly callbackId?: string;
  readonly output?: string;
  readonly result?: string;
  readonly error?: unknown;
  readonly cause?: string;
}

const definition = definitionIn(
  new StateMachineExample(anAppWithoutBundles(), 'Example', {
    target: InvocationTarget.fromArn('arn:aws:lambda:eu-west-1:000000000000:function:open:open-invoices'),
    processorUrl: 'https://ocr.example.com/jobs',
  }),
);
const { Recognise } = definition.States;
const INVOICE = { invoice: 'invoice-77', document: 'https://scans.example.com/77' };

const aTaskToken = (): string => `AAAA-${randomBytes(24).toString('hex')}`;

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: false }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

const test = base
  /** An outside system: it takes work, and knows nothing but the callbacks. */
  .extend('processor', { scope: 'file' }, async ({}, { onCleanup }) => {
    const jobs: Job[] = [];
    const server = createServer(async (request, response) => {
      const body = (await json(request)) as Omit<Job, 'taskId'>;
      jobs.push({ ...body, taskId: String(request.headers['idempotency-key']) });
      response.writeHead(202).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => {
      server.close();
      server.closeAllConnections();
    });
    return { jobs, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs` };
  })
  /** The functions of both examples, with the variables that their stacks give them. */
  .extend('functions', { scope: 'file' }, async ({ processor, ready }) => {
    const variables = {
      ...LOCAL_ENVIRONMENT,
      AWS_ENDPOINT_URL_LAMBDA: ready.lambda.endpoint,
      INVOCATION_TARGET: ready.lambda.targets.invoices,
      PROCESSOR_URL: processor.url,
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const { handler: opener } = await import('../../../docs/send/examples/state-machine/opener.ts');
    const { handler: recognise } = await import('../../../docs/send/examples/durable-function/recognise.ts');
    return { opener, recognise };
  })
  /** Runs one attempt of the state that waits, as Step Functions does: it calls the opener with a new task token. */
  .extend('attempt', ({ functions, processor }) => async (execution: string, retries = 0, token = aTaskToken()) => {
    const context = {
      Execution: { Id: `arn:aws:states:eu-west-1:000000000000:execution:Invoices:${execution}` },
      State: { Name: 'Recognise', RetryCount: retries },
      Task: { Token: token },
    };
    const payload = await evaluate(Recognise?.Arguments?.Payload, { input: INVOICE, context });
    expect(await functions.opener(payload as Parameters<typeof functions.opener>[0])).toBeUndefined();
    return { token, job: processor.jobs.at(-1) as Job };
  })
  /** Runs the durable function until it waits. */
  .extend('execute', ({ functions, processor }) => async () => {
    const runner = new LocalDurableTestRunner({ handlerFunction: functions.recognise });
    const end = runner.run({ payload: INVOICE });
    const callback = runner.getOperation('recognise');
    await callback.waitForData(WaitingOperationStatus.SUBMITTED);
    const token = callback.getCallbackDetails()?.callbackId ?? '';
    return { callback, end, token, job: processor.jobs.at(-1) as Job };
  })
  .extend('told', ({ ready }) => (token: string): readonly Told[] => {
    const { file } = ready.resumes;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    return lines
      .map((line) => JSON.parse(line) as Told)
      .filter(({ callbackId, taskToken }) => (taskToken ?? callbackId) === token);
  })
  /** Waits until the workflow with a token was told something. */
  .extend('hear', ({ told }) => async (token: string): Promise<Told> => {
    await expect.poll(() => told(token).length, EVENTUALLY).toBe(1);
    return told(token)[0] as Told;
  })
  /** Lets the time of a task be over. */
  .extend('passDeadline', ({ ready }) => async ({ taskId }: Job) => {
    const client = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: ready.dynamodb.endpoint });
    await client.send(
      new UpdateItemCommand({
        TableName: ready.dynamodb.tables.tasks,
        Key: { taskId: { S: taskId } },
        UpdateExpression: 'SET deadline = :past, due = :past',
        ExpressionAttributeValues: { ':past': { N: `${Math.floor(Date.now() / 1000) - 10}` } },
      }),
    );
    client.destroy();
  });

/** Sends a callback as the processor does. Returns the status. */
const deliver = async ({ callbacks }: Job, capability: string, body: object): Promise<number> => {
  const { token, url = '' } = callbacks[capability] ?? {};
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
};

/** Returns the state after the error that the workflow was told. */
const afterError = async ({ action, cause, error }: Told): Promise<string | undefined> => {
  expect(action).toBe('SendTaskFailure');
  const caught = catcherOf(Recognise, String(error));
  const errorOutput = { Error: error, Cause: cause };
  return choose(definition, caught?.Next, await evaluate(caught?.Output, { input: INVOICE, errorOutput }));
};

describe('the example of a state machine', () => {
  test('goes on with the result of the processor', async ({ attempt, hear }) => {
    const { job, token } = await attempt('succeeds');
    expect(job.document).toBe(INVOICE.document);
    expect(await deliver(job, 'result', { total: 42 })).toBe(200);
    const { action, output = '' } = await hear(token);
    expect(action).toBe('SendTaskSuccess');
    const input = await evaluate(Recognise?.Output, { input: INVOICE, result: JSON.parse(output) });
    const { taskId } = job;
    const recognition = { taskId, status: 'succeeded', contentType: 'application/json', result: { total: 42 } };
    expect(input).toEqual({ ...INVOICE, recognition });
    expect(await choose(definition, Recognise?.Next, input)).toBe('Book it');
  });

  test('catches the code of a failure', async ({ attempt, hear }) => {
    const { job, token } = await attempt('fails');
    expect(await deliver(job, 'failure', { code: 'unreadable', page: 3 })).toBe(200);
    const told = await hear(token);
    expect(told.error).toBe('Processor.unreadable');
    expect(JSON.parse(told.cause ?? '')).toMatchObject({ failure: { code: 'unreadable', page: 3 } });
    expect(await afterError(told)).toBe('Ask for a better scan');
  });

  test('gets a heartbeat for progress', async ({ attempt, hear }) => {
    const { job, token } = await attempt('makes progress');
    expect(await deliver(job, 'progress', { percent: 50 })).toBe(200);
    expect((await hear(token)).action).toBe('SendTaskHeartbeat');
  });

  test('that retries has one task: the earlier one is cancelled, and its callbacks stop working', async ({
    attempt,
    hear,
    told,
  }) => {
    const [first, second] = [await attempt('retries', 0), await attempt('retries', 1)];
    expect(second.job.taskId).not.toBe(first.job.taskId);
    expect(await hear(first.token)).toMatchObject({ action: 'SendTaskFailure', error: 'Postern.TaskCancelled' });
    expect(await deliver(first.job, 'result', { total: 41 })).toBe(401);
    expect(await deliver(second.job, 'result', { total: 42 })).toBe(200);
    expect(JSON.parse((await hear(second.token)).output ?? '')).toMatchObject({ result: { total: 42 } });
    expect(told(first.token)).toHaveLength(1);
  });

  test('has one task if the opener is called again within an attempt', async ({ attempt, hear }) => {
    const first = await attempt('repeats');
    const repeat = await attempt('repeats', 0, first.token);
    expect(repeat.job.taskId).toBe(first.job.taskId);
    expect(await deliver(repeat.job, 'result', { total: 42 })).toBe(200);
    expect((await hear(first.token)).action).toBe('SendTaskSuccess');
  });

  test('has a task for each execution', async ({ attempt, hear }) => {
    const [one, other] = [await attempt('one'), await attempt('other')];
    for (const { job, token } of [other, one]) {
      expect(await deliver(job, 'result', { total: 42 })).toBe(200);
      expect(JSON.parse((await hear(token)).output ?? '')).toMatchObject({ taskId: job.taskId });
    }
  });
});

describe('the example of a durable function', () => {
  test('goes on with the result of the processor', async ({ execute, hear }) => {
    const { callback, end, job, token } = await execute();
    expect(await deliver(job, 'result', { total: 42 })).toBe(200);
    const { action, result } = await hear(token);
    expect(action).toBe('SendDurableExecutionCallbackSuccess');
    await callback.sendCallbackSuccess(result);
    expect((await end).getResult()).toMatchObject({ next: 'book', recognition: { result: { total: 42 } } });
  });

  test('goes on after a failure, with its code', async ({ execute, hear }) => {
    const { callback, end, job, token } = await execute();
    expect(await deliver(job, 'failure', { code: 'unreadable' })).toBe(200);
    const { action, error } = await hear(token);
    expect([action, error]).toEqual([
      'SendDurableExecutionCallbackFailure',
      expect.objectContaining({ ErrorType: 'Processor.unreadable' }),
    ]);
    await callback.sendCallbackFailure(error as object);
    expect((await end).getResult()).toMatchObject({
      next: 'ask for a better scan',
      ending: { taskId: job.taskId, status: 'failed', failure: { code: 'unreadable' } },
    });
  });
});

// One test, because the function that ends overdue tasks runs once a minute.
test('both examples go on after their tasks expired', async ({ attempt, execute, hear, passDeadline }) => {
  const [waiting, execution] = [await attempt('expires'), await execute()];
  await passDeadline(waiting.job);
  await passDeadline(execution.job);
  const told = await hear(waiting.token);
  expect(told.error).toBe('Postern.TaskExpired');
  expect(await afterError(told)).toBe('Ask the processor');
  const { error } = await hear(execution.token);
  expect(error).toMatchObject({ ErrorType: 'Postern.TaskExpired' });
  await execution.callback.sendCallbackFailure(error as object);
  expect((await execution.end).getResult()).toMatchObject({ next: 'ask the processor', ending: { status: 'expired' } });
});

test('an application that may resume nothing is refused, and the error has the name of the code', async ({
  functions: _functions,
  ready,
}) => {
  const { openTask } = await import('../../../docs/send/examples/open-task.ts');
  const resume = { kind: 'stepFunctions', taskToken: 'AAAA-of-nobody' };
  const request = { processor: 'header-ocr', resource: 'order-1', expiresIn: 60, resume };
  const refused = openTask(new LambdaClient(), ready.lambda.targets.orders ?? '', request);
  await expect(refused).rejects.toMatchObject({ name: 'resume_not_allowed' });
  await expect(refused).rejects.not.toThrow('AAAA-of-nobody');
});
