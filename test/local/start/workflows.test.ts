import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import type { ResumeKind, ResumeView } from '../../../lambda/contract/resume.ts';
import type { TaskView } from '../../../lambda/contract/task.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { anHttpVisitor } from '../../support/http-visitor.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { aRunningSender, type OpenedTask } from '../../support/running-sender.ts';
import { test as base } from './gateway-fixtures.ts';

/** A request that a stand-in got. */
interface Line {
  readonly action: string;
  readonly taskToken?: string;
  readonly callbackId?: string;
  readonly output?: string;
  readonly result?: string;
  readonly error?: unknown;
  readonly cause?: string;
  readonly answer: number | string;
}

/** The outcome that a stand-in got, the same for both kinds. */
interface Told {
  readonly action: string;
  /** Output or result, as it was sent. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly answer: number | string;
}

const ACTIONS: Readonly<Record<string, string>> = {
  SendTaskSuccess: 'success',
  SendTaskFailure: 'failure',
  SendTaskHeartbeat: 'heartbeat',
  SendDurableExecutionCallbackSuccess: 'success',
  SendDurableExecutionCallbackFailure: 'failure',
  SendDurableExecutionCallbackHeartbeat: 'heartbeat',
};

const readLines = <T>(file: string): readonly T[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as T)
    : [];

const toTold = (line: Line): Told => {
  const { action, answer } = line;
  const output = line.output ?? line.result;
  const error = line.error as string | { readonly ErrorType: string; readonly ErrorData: string } | undefined;
  return {
    action: ACTIONS[action] ?? action,
    ...(output !== undefined && { output }),
    ...(typeof error === 'string' && { error, cause: line.cause ?? '' }),
    ...(typeof error === 'object' && { error: error.ErrorType, cause: error.ErrorData }),
    answer,
  };
};

/** A unique token of this kind. A stand-in reads words in it. */
const makeToken = (kind: ResumeKind, words: string): string => {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('hex');
  return kind === 'stepFunctions' ? `AAAA-${words}-z${random}` : `AAAA${words.replaceAll('-', '')}z${random}=`;
};

const resumeOf = (kind: ResumeKind, token: string) =>
  kind === 'stepFunctions' ? { kind, taskToken: token } : { kind, callbackId: token };

interface WaitedTask extends OpenedTask {
  readonly token: string;
}

const test = base
  .extend('sender', { scope: 'file' }, ({ ready }) => aRunningSender(ready))
  /** The tokens of all workflows of this file. */
  .extend('tokens', { scope: 'file' }, (): string[] => [])
  .extend(
    'open',
    ({ sender, tokens }) =>
      async (kind: ResumeKind, words = '', more: Readonly<Record<string, unknown>> = {}): Promise<WaitedTask> => {
        const token = makeToken(kind, words);
        tokens.push(token);
        return { token, ...(await sender.open({ resume: resumeOf(kind, token), ...more })) };
      },
  )
  /** The outcomes that the workflow with this token got, in order. */
  .extend(
    'told',
    ({ ready }) =>
      ({ token }: Pick<WaitedTask, 'token'>): readonly Told[] =>
        readLines<Line>(ready.resumes.file)
          .filter(({ callbackId, taskToken }) => (taskToken ?? callbackId) === token)
          .map(toTold),
  )
  .extend('request', ({ accessToken, ready }) => async (method: string, path: string, body?: object) => {
    const response = await fetch(`${ready.gateway}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  })
  .extend(
    'view',
    ({ request }) =>
      async ({ taskId }: OpenedTask) =>
        (await request('GET', `/v1/tasks/${taskId}`)).json as unknown as TaskView,
  )
  /** Waits until the workflow of a task is in this state. */
  .extend(
    'end',
    ({ view }) =>
      async (task: OpenedTask, state: ResumeView['state'] = 'delivered'): Promise<TaskView> => {
        await expect.poll(async () => (await view(task)).resume?.state, EVENTUALLY).toBe(state);
        return view(task);
      },
  )
  .extend(
    'post',
    () =>
      async (task: OpenedTask, capability: string, body: string, contentType = 'application/json') => {
        const response = await fetch(task.callbacks[capability]?.url ?? '', {
          method: 'POST',
          headers: { 'content-type': contentType },
          body,
        });
        await response.arrayBuffer();
        return response.status;
      },
  )
  .extend(
    'eventsOf',
    ({ ready }) =>
      ({ taskId }: OpenedTask) =>
        readLines<{ 'detail-type': string; detail: { taskId: string; resume?: ResumeView } }>(ready.events.file).filter(
          ({ detail }) => detail.taskId === taskId,
        ),
  )
  .extend('dynamodb', { scope: 'file' }, ({ ready }, { onCleanup }) => {
    const client = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: ready.dynamodb.endpoint });
    onCleanup(() => client.destroy());
    return client;
  })
  /** Lets the time of a task be over. */
  .extend('passDeadline', ({ dynamodb, ready }) => async ({ taskId }: OpenedTask) => {
    const past = { N: `${Math.floor(Date.now() / 1000) - 10}` };
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: ready.dynamodb.tables.tasks,
        Key: { taskId: { S: taskId } },
        UpdateExpression: 'SET deadline = :past, due = :past',
        ExpressionAttributeValues: { ':past': past },
      }),
    );
  });

const KINDS = ['stepFunctions', 'durableFunction'] as const satisfies readonly ResumeKind[];

describe.for(KINDS)('R4 a workflow of kind %s', (kind) => {
  test('is told a JSON result in its own bytes', async ({ end, eventsOf, open, post, told }) => {
    const task = await open(kind);
    const result = '{ "text" : "\\u00e9 é",\n "total": 42.00, "big": 12345678901234567890 }';
    expect(await post(task, 'result', result, 'application/json; charset=utf-8')).toBe(200);
    const { resume, history } = await end(task);
    const contentType = 'application/json; charset=utf-8';
    const envelope = JSON.stringify({ taskId: task.taskId, status: 'succeeded', contentType });
    expect(told(task)).toEqual([
      { action: 'success', output: `${envelope.slice(0, -1)},"result":${result}}`, answer: 200 },
    ]);
    expect(resume).toEqual({ kind, state: 'delivered', at: expect.any(String) });
    expect(history.map(({ status }) => status)).toEqual(['pending', 'succeeded']);
    await expect
      .poll(() => eventsOf(task).map((event) => event['detail-type']), EVENTUALLY)
      .toEqual(['Task Opened', 'Task Succeeded', 'Workflow Resumed']);
    expect(eventsOf(task).at(-1)?.detail).toMatchObject({ sequence: 3, status: 'succeeded', resume });
  });

  test.for([
    ['text', 'text/plain', 'Total 42.00'],
    ['JSON that is too large', 'application/json', JSON.stringify('x'.repeat(262_144))],
  ] as const)('is told a reference to %s', async ([, contentType, result], { end, open, post, ready, told }) => {
    const task = await open(kind);
    expect(await post(task, 'result', result, contentType)).toBe(200);
    const view = await end(task);
    const { sha256, size } = view.result ?? {};
    const location = `${ready.gateway}/v1/tasks/${task.taskId}/result`;
    const output = JSON.stringify({ taskId: task.taskId, status: 'succeeded', contentType, size, sha256, location });
    expect(told(task)).toEqual([{ action: 'success', output, answer: 200 }]);
    expect(size).toBe(Buffer.byteLength(result));
  });

  test.for([
    ['its code', '{"code":"E-17","pages":[1]}', 'application/json', 'Processor.E-17'],
    ['no code', '{"pages":[1]}', 'application/json', 'Processor.Failed'],
    [
      'a code of Step Functions, as one of the processor',
      '{"code":"States.Timeout"}',
      'application/json',
      'Processor.States.Timeout',
    ],
    ['text', 'Postern.TaskExpired', 'text/plain', 'Processor.Failed'],
  ] as const)(
    'R5 is told a failure with %s',
    async ([, failure, contentType, error], { end, open, post, ready, told }) => {
      const task = await open(kind);
      expect(await post(task, 'failure', failure, contentType)).toBe(200);
      const view = await end(task);
      const { sha256, size } = view.failure ?? {};
      const location = `${ready.gateway}/v1/tasks/${task.taskId}/failure`;
      const reference = JSON.stringify({ taskId: task.taskId, status: 'failed', contentType, size, sha256, location });
      const cause = contentType === 'text/plain' ? reference : `${reference.slice(0, -1)},"failure":${failure}}`;
      expect(told(task)).toEqual([{ action: 'failure', error, cause, answer: 200 }]);
    },
  );

  test('is told that its task was cancelled: by the sender, or by a task that supersedes it', async ({
    end,
    open,
    sender,
    told,
  }) => {
    const cancelled = await open(kind);
    await sender.cancel(cancelled);
    const supersedes = `execution of ${kind}`;
    const first = await open(kind, '', { supersedes });
    const second = await open(kind, '', { supersedes });
    for (const task of [cancelled, first]) {
      await end(task);
      const cause = JSON.stringify({ taskId: task.taskId, status: 'cancelled' });
      expect(told(task)).toEqual([{ action: 'failure', error: 'Postern.TaskCancelled', cause, answer: 200 }]);
    }
    expect(told(second)).toEqual([]);
  });

  test('gets one heartbeat for many progress reports, and then the outcome', async ({ end, open, post, told }) => {
    const task = await open(kind, '', { heartbeat: 300 });
    for (const percent of [10, 20, 30]) expect(await post(task, 'progress', JSON.stringify({ percent }))).toBe(200);
    await expect.poll(() => told(task).length, EVENTUALLY).toBe(1);
    expect(await post(task, 'result', '{}')).toBe(200);
    await end(task);
    expect(told(task).map(({ action }) => action)).toEqual(['heartbeat', 'success']);
  });

  test('hears nothing of a repeat and of a replay', async ({ end, open, post, told }) => {
    const task = await open(kind);
    expect(await post(task, 'result', '{}')).toBe(200);
    await end(task);
    expect(await post(task, 'result', '{}')).toBe(200);
    expect(await post(task, 'result', '{"other":1}')).toBe(401);
    const after = await open(kind);
    await post(after, 'result', '{}');
    await end(after);
    expect(told(task)).toHaveLength(1);
  });

  test.for([
    ['timed-out', kind === 'stepFunctions' ? 'TaskTimedOut' : 'CallbackTimeoutException'],
    ['unknown', kind === 'stepFunctions' ? 'TaskDoesNotExist' : 'ResourceNotFoundException'],
    ['invalid', kind === 'stepFunctions' ? 'InvalidToken' : 'InvalidParameterValueException'],
  ] as const)(
    'with a token that is %s is refused, with a reason and an event',
    async ([words, reason], { end, eventsOf, open, post, request, told }) => {
      const task = await open(kind, words);
      expect(await post(task, 'result', '{}')).toBe(200);
      const { resume } = await end(task, 'refused');
      expect(resume).toEqual({ kind, state: 'refused', at: expect.any(String), reason });
      expect(told(task)).toEqual([expect.objectContaining({ action: 'success', answer: reason })]);
      await expect
        .poll(() => eventsOf(task).at(-1), EVENTUALLY)
        .toMatchObject({
          'detail-type': 'Resume Refused',
          detail: { resume },
        });
      const reopened = await request('POST', `/v1/tasks/${task.taskId}/reopen`, { reason: 'wrong' });
      expect(reopened.status).toBe(201);
    },
  );

  test('is told after three throttlings', async ({ end, open, post, told }) => {
    const task = await open(kind, 'throttle-3');
    expect(await post(task, 'result', '{}')).toBe(200);
    await end(task);
    const throttled = kind === 'stepFunctions' ? 'ThrottlingException' : 'TooManyRequestsException';
    expect(told(task).map(({ answer }) => answer)).toEqual([throttled, throttled, throttled, 200]);
  });

  test('gets only the delivery after a reopening, if it was not told the one before', async ({
    end,
    open,
    post,
    request,
    told,
  }) => {
    const task = await open(kind, 'throttle-3');
    expect(await post(task, 'result', '{"delivery":1}')).toBe(200);
    await expect.poll(() => told(task).length, EVENTUALLY).toBeGreaterThan(0);
    const reopen = () => request('POST', `/v1/tasks/${task.taskId}/reopen`, { reason: 'wrong' });
    let reopened = await reopen();
    // While a call is under way, the workflow may hear of the delivery.
    await expect
      .poll(async () => {
        if (reopened.status === 409) reopened = await reopen();
        return reopened.status;
      }, EVENTUALLY)
      .toBe(201);
    const again = { ...task, ...(reopened.json as unknown as OpenedTask) };
    expect(await post(again, 'result', '{"delivery":2}')).toBe(200);
    await end(task);
    const outputs = told(task).flatMap(({ action, answer, output }) =>
      action === 'success' && answer === 200 ? [output] : [],
    );
    expect(outputs).toEqual([expect.stringContaining('"result":{"delivery":2}}')]);
  });

  test('that was told keeps its task closed', async ({ end, open, post, request }) => {
    const task = await open(kind);
    await post(task, 'result', '{}');
    await end(task);
    const { json, status } = await request('POST', `/v1/tasks/${task.taskId}/reopen`, { reason: 'wrong' });
    expect([status, json.code]).toEqual([409, 'task_resumed']);
  });

  test('may not be resumed by an application that has no workflows', async ({ ready }) => {
    const token = await requestAccessToken(ready.idp, ready.clients.orders, 'task_write');
    const response = await fetch(`${ready.gateway}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        processor: 'acme-ocr',
        resource: 'order-1',
        expiresIn: 60,
        resume: resumeOf(kind, makeToken(kind, '')),
      }),
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([403, 'resume_not_allowed']);
  });
});

test('R4 both kinds hear that their task expired, and nothing of a late delivery', async ({
  end,
  open,
  passDeadline,
  post,
  request,
  told,
  view,
}) => {
  // `expire` runs once a minute, so both tasks wait for the same run.
  const tasks = await Promise.all(KINDS.map((kind) => open(kind)));
  for (const task of tasks) {
    await passDeadline(task);
    expect(await post(task, 'result', '{"late":true}')).toBe(401);
  }
  for (const task of tasks) {
    await end(task);
    const cause = JSON.stringify({ taskId: task.taskId, status: 'expired' });
    const expired = [{ action: 'failure', error: 'Postern.TaskExpired', cause, answer: 200 }];
    expect(told(task)).toEqual(expired);

    const { json } = await request('GET', `/v1/tasks/${task.taskId}/quarantine`);
    const [late] = (json as unknown as { quarantine: { id: string }[] }).quarantine;
    const accepted = await request('POST', `/v1/tasks/${task.taskId}/quarantine/${late?.id}/accept`);
    expect(accepted.status).toBe(200);
    const after = await open('stepFunctions');
    await post(after, 'result', '{}');
    await end(after);
    expect(told(task)).toEqual(expired);
    expect(await view(task)).toMatchObject({ status: 'succeeded', resume: { state: 'delivered' } });
  }
});

test('R4 both kinds get a delivery from quarantine, if they did not get the expiry', async ({
  end,
  open,
  passDeadline,
  post,
  request,
  told,
}) => {
  const tasks = await Promise.all(KINDS.map((kind) => open(kind, 'throttle-4')));
  for (const task of tasks) {
    await passDeadline(task);
    expect(await post(task, 'result', '{"late":true}')).toBe(401);
  }
  for (const task of tasks) {
    await expect.poll(() => told(task).length, EVENTUALLY).toBeGreaterThan(0);
    const { json } = await request('GET', `/v1/tasks/${task.taskId}/quarantine`);
    const [late] = (json as unknown as { quarantine: { id: string }[] }).quarantine;
    const accepted = await request('POST', `/v1/tasks/${task.taskId}/quarantine/${late?.id}/accept`);
    expect(accepted.status).toBe(200);
  }
  for (const task of tasks) {
    await end(task);
    const taken = told(task).filter(({ answer }) => answer === 200);
    expect(taken).toEqual([expect.objectContaining({ action: 'success' })]);
    expect(taken[0]?.output).toContain('"result":{"late":true}}');
  }
});

/** Files below a folder. */
const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('R2 no table, file of the gateway or page of the console has the token of a workflow', async ({
  dynamodb,
  folder,
  open,
  program,
  ready,
  request,
  tokens,
}) => {
  const pending = [await open('stepFunctions'), await open('durableFunction')];
  const { TableNames: tables = [] } = await dynamodb.send(new ListTablesCommand({}));
  const dumps = await Promise.all(
    tables.map(async (TableName) => JSON.stringify((await dynamodb.send(new ScanCommand({ TableName }))).Items)),
  );
  const written = filesOf(folder)
    .filter((file) => file !== ready.resumes.file)
    .map((file) => readFileSync(file).toString('latin1'));
  const visitor = anHttpVisitor(ready.gateway);
  await visitor.signIn('operator');
  const pages = await Promise.all(
    pending.map(async ({ taskId }) => {
      await visitor.open(`/console/tasks/${taskId}`);
      return JSON.stringify([(await visitor.look()).text, (await request('GET', `/v1/tasks/${taskId}`)).json]);
    }),
  );
  expect(tokens.length).toBeGreaterThan(20);
  expect(dumps.join('')).toContain('resumeToken');
  for (const token of tokens) {
    const forms = [token, Buffer.from(token).toString('base64').slice(0, 24), encodeURIComponent(token)];
    for (const text of [...dumps, ...written, ...pages, program.said()]) {
      for (const form of forms) expect(text.includes(form)).toBe(false);
    }
  }
});
