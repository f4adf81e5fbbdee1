import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { Webhook } from 'standardwebhooks';
import { describe, expect } from 'vitest';
import type { DispatchView } from '../../../lambda/contract/dispatch.ts';
import type { TaskView } from '../../../lambda/contract/task.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { type Attempt, answerJson, startProgrammedProcessor } from '../../support/programmed-processor.ts';
import { test as base } from './gateway-fixtures.ts';

/** Words of inputs and of answers that must stay where they belong. */
const INPUT_WORD = 'words-of-an-input';
const ANSWER_WORD = 'words-of-an-answer';

interface Opened {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, { readonly url: string }>>;
  readonly dispatch?: DispatchView;
}

interface Event {
  readonly 'detail-type': string;
  readonly detail: { readonly taskId: string; readonly sequence: number } & Readonly<Record<string, unknown>>;
}

const tokenOf = ({ body }: Attempt): string => body.webhook.slice(body.webhook.lastIndexOf('/') + 1);

const deliver = async (attempt: Attempt | undefined, result: unknown): Promise<number> => {
  const response = await fetch(attempt?.body.webhook ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(result),
  });
  await response.arrayBuffer();
  return response.status;
};

const test = base
  .extend('processor', { scope: 'file' }, async ({}, { onCleanup }) => {
    const processor = await startProgrammedProcessor('job-1');
    onCleanup(processor.close);
    return processor;
  })
  .extend(
    'variables',
    { scope: 'file' },
    ({ processor }): Readonly<Record<string, string>> => ({
      POSTERN_PROCESSOR_ORIGIN: processor.origin,
    }),
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
  /** Opens a task whose input is this text. */
  .extend('open', ({ request }) => async (input: string, more: Readonly<Record<string, unknown>> = {}) => {
    const task = { processor: 'sent-ocr', resource: 'invoice-80', expiresIn: 3_600, input, ...more };
    const { json, status } = await request('POST', '/v1/tasks', task);
    expect([status, json]).toEqual([201, expect.anything()]);
    return json as unknown as Opened;
  })
  .extend('view', ({ request }) => async ({ taskId }: Opened) => {
    const { json } = await request('GET', `/v1/tasks/${taskId}`);
    return json as unknown as TaskView & { readonly dispatch?: DispatchView };
  })
  /** Waits until the dispatch of a task is in this state, and returns the task. */
  .extend('reach', ({ view }) => async (task: Opened, state: DispatchView['state']) => {
    await expect.poll(async () => (await view(task)).dispatch?.state, { ...EVENTUALLY, timeout: 30_000 }).toBe(state);
    return view(task);
  })
  .extend(
    'eventsOf',
    ({ ready }) =>
      ({ taskId }: Opened): readonly Event[] =>
        (existsSync(ready.events.file) ? readFileSync(ready.events.file, 'utf8') : '')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Event)
          .filter(({ detail }) => detail.taskId === taskId),
  )
  .extend(
    'typesOf',
    ({ eventsOf }) =>
      (task: Opened) =>
        eventsOf(task).map((event) => event['detail-type']),
  )
  .extend('operate', ({ ready }) => async (method: string, path: string, body?: object) => {
    const token = await requestAccessToken(ready.idp, ready.clients.operator, 'operator_read operator_write');
    const response = await fetch(`${ready.gateway}/v1/operator${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  });

describe('a task whose work Postern sends', () => {
  test('is sent, accepted, called back and read', async ({
    eventsOf,
    open,
    processor,
    reach,
    ready,
    typesOf,
    view,
  }) => {
    const { apiKey, secret } = ready.clients.dispatch;
    const task = await open('the whole circle');
    expect(task).toMatchObject({ callbacks: {}, dispatch: { state: 'queued' } });

    const accepted = await reach(task, 'accepted');
    expect(accepted.status).toBe('pending');
    expect(accepted.dispatch).toEqual({
      state: 'accepted',
      attempts: 1,
      lastAttemptAt: expect.any(String),
      lastStatus: 202,
      acceptedAt: expect.any(String),
      remoteId: 'job-1',
    });
    expect(accepted).not.toHaveProperty('input');

    const [attempt, ...others] = processor.attempts('"the whole circle"');
    expect(others).toEqual([]);
    expect(attempt?.path).toBe('/jobs');
    expect(attempt?.headers).toMatchObject({ 'x-api-key': apiKey, 'idempotency-key': task.taskId });
    expect(attempt?.headers['webhook-id']).toBe(task.taskId);
    expect(attempt?.body).toEqual({ input: 'the whole circle', webhook: expect.any(String), task: task.taskId });
    expect(attempt?.body.webhook).toContain(`${ready.gateway}/v1/results/${task.taskId}/`);
    const headers = attempt?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(attempt?.raw ?? '', headers)).toEqual(attempt?.body);

    expect(await deliver(attempt, { total: 42 })).toBe(200);
    expect(await view(task)).toMatchObject({ status: 'succeeded', dispatch: { state: 'accepted', attempts: 1 } });
    const types = ['Task Opened', 'Task Dispatched', 'Task Succeeded'];
    await expect.poll(() => typesOf(task), EVENTUALLY).toEqual(types);
    expect(eventsOf(task).map(({ detail }) => detail.sequence)).toEqual([1, 2, 3]);
    expect(eventsOf(task)[1]?.detail.dispatch).toEqual({ attempts: 1, remoteId: 'job-1' });
  });

  test('is tried again with the same key and the same token id, until it is accepted', async ({
    open,
    processor,
    reach,
    typesOf,
  }) => {
    processor.program('"two failures"', (_, response, number) =>
      answerJson(response, number < 3 ? 503 : 201, { id: 7, note: ANSWER_WORD }),
    );
    const task = await open('two failures');
    expect((await reach(task, 'accepted')).dispatch).toMatchObject({ attempts: 3, lastStatus: 201, remoteId: '7' });
    const attempts = processor.attempts('"two failures"');
    expect(new Set(attempts.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set([task.taskId]));
    expect(new Set(attempts.map((attempt) => decodeJwt(tokenOf(attempt)).jti)).size).toBe(1);
    expect(await deliver(attempts[0], 'early copy')).toBe(200);
    await expect.poll(() => typesOf(task), EVENTUALLY).toEqual(['Task Opened', 'Task Dispatched', 'Task Succeeded']);
  });

  test('fails with two events when the processor refuses it', async ({ eventsOf, open, processor, reach, typesOf }) => {
    processor.program('"refused"', (_, response) => answerJson(response, 422, { error: ANSWER_WORD }));
    const task = await open('refused');
    const failed = await reach(task, 'failed');
    expect(failed).toMatchObject({
      status: 'failed',
      dispatch: { state: 'failed', reason: 'Refused', attempts: 1, lastStatus: 422 },
    });
    expect(failed).not.toHaveProperty('failure');
    await expect.poll(() => typesOf(task), EVENTUALLY).toEqual(['Task Opened', 'Dispatch Failed', 'Task Failed']);
    const [, first, second] = eventsOf(task);
    expect(second?.detail.sequence).toBe(Number(first?.detail.sequence) + 1);
    expect(second?.detail).toMatchObject({ dispatch: { reason: 'Refused', attempts: 1, lastStatus: 422 } });
    expect(second?.detail).not.toHaveProperty('failure');
  });

  test('fails after five attempts without success', async ({ open, processor, reach }) => {
    // 429 does not count for the breaker, which would make this test slow.
    processor.program('"always 429"', (_, response) => answerJson(response, 429));
    const { dispatch } = await reach(await open('always 429'), 'failed');
    expect(dispatch).toMatchObject({ reason: 'AttemptsUsed', attempts: 5, lastStatus: 429 });
    expect(processor.attempts('"always 429"')).toHaveLength(5);
  });

  test('counts as accepted when a refusal follows an attempt without an answer', async ({ open, processor, reach }) => {
    processor.program('"no answer"', (_, response, number) => {
      if (number === 1) response.destroy();
      else answerJson(response, 409);
    });
    const task = await open('no answer');
    expect((await reach(task, 'accepted')).dispatch).toMatchObject({ reason: 'AnswerUnknown', attempts: 2 });
  });

  test('is settled by a callback that comes before the answer', async ({ open, processor, reach }) => {
    processor.program('"callback first"', async (attempt, response) => {
      await deliver(attempt, 'early');
      answerJson(response, 500);
    });
    const task = await open('callback first');
    expect(await reach(task, 'accepted')).toMatchObject({ status: 'succeeded' });
    expect((await reach(task, 'accepted')).status).toBe('succeeded');
    expect(processor.attempts('"callback first"')).toHaveLength(1);
  });

  test('is sent again with other callbacks', async ({ open, processor, reach, request }) => {
    const task = await open('once more');
    await reach(task, 'accepted');
    expect(await request('POST', `/v1/tasks/${task.taskId}/dispatch`)).toMatchObject({ status: 202 });
    await expect.poll(() => processor.attempts('"once more"'), EVENTUALLY).toHaveLength(2);
    const [first, second] = processor.attempts('"once more"');
    expect(second?.headers['idempotency-key']).toBe(`${task.taskId}-2`);
    expect(await deliver(first, 'old')).toBe(401);
    expect(await deliver(second, 'new')).toBe(200);
  });
});

test('a task with dispatch: false has its callback URLs, and is sent nowhere', async ({ open, processor, request }) => {
  const task = { processor: 'sent-ocr', resource: 'invoice-81', expiresIn: 3_600, dispatch: false };
  const { json, status } = await request('POST', '/v1/tasks', task);
  expect(status).toBe(201);
  const { callbacks, taskId } = json as unknown as Opened;
  expect(Object.keys(callbacks)).toContain('result');
  expect(json).not.toHaveProperty('dispatch');
  // A later task has gone the whole way, and this one has not.
  await open('after it');
  await expect.poll(() => processor.attempts('"after it"'), EVENTUALLY).toHaveLength(1);
  expect(processor.attempts('undefined').filter(({ body }) => body.task === taskId)).toEqual([]);
  expect(await request('POST', `/v1/tasks/${taskId}/dispatch`)).toMatchObject({
    status: 409,
    json: { code: 'not_dispatched' },
  });
});

test('an operator pauses the processor, and resumes it', async ({ open, operate, processor, reach, view }) => {
  const processorNow = async () => {
    const { json } = await operate('GET', '/dispatch');
    const { processors } = json as { readonly processors: readonly { processor: string; revision: number }[] };
    return processors.find((one) => one.processor === 'sent-ocr');
  };
  const act = async (action: 'pause' | 'resume') =>
    operate('POST', `/processors/sent-ocr/${action}`, {
      reason: `a test of ${action}`,
      revision: (await processorNow())?.revision,
    });
  expect(await act('pause')).toMatchObject({ status: 200, json: { paused: { reason: 'a test of pause' } } });
  const task = await open('while it is paused');
  await expect.poll(async () => (await processorNow()) as unknown, EVENTUALLY).toMatchObject({ queued: 1 });
  expect(processor.attempts('"while it is paused"')).toEqual([]);
  expect(await view(task)).toMatchObject({ dispatch: { state: 'queued', attempts: 0 } });
  expect(await act('resume')).toMatchObject({ status: 200 });
  expect((await reach(task, 'accepted')).dispatch).toMatchObject({ attempts: 1 });
});

test('a whole run leaves no token, secret or answer behind, and no input outside its item', async ({
  folder,
  open,
  processor,
  reach,
  ready,
}) => {
  processor.program(`"${INPUT_WORD}"`, (_, response) => answerJson(response, 202, { id: 'job-2', note: ANSWER_WORD }));
  const task = await open(INPUT_WORD);
  await reach(task, 'accepted');

  const client = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: ready.dynamodb.endpoint });
  const { TableNames: tables = [] } = await client.send(new ListTablesCommand({}));
  const items: string[] = [];
  for (const TableName of tables) {
    const { Items = [] } = await client.send(new ScanCommand({ TableName }));
    items.push(...Items.map((item) => JSON.stringify(item)));
  }
  client.destroy();
  const files = ['stand-ins', 'events'].flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const { events, logs, metrics, resumes } = ready;
  const written = [...files, ...[events, logs, metrics, resumes].map(({ file }) => file)]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
  const everything = [...items, ...written].join('\n');

  const { apiKey, secret } = ready.clients.dispatch;
  const tokens = processor.all().map(tokenOf);
  expect(tokens.length).toBeGreaterThan(0);
  const signatures = tokens.map((token) => token.slice(token.lastIndexOf('.') + 1));
  const forbidden = [apiKey, secret, secret.slice('whsec_'.length), ANSWER_WORD, ...tokens, ...signatures];
  expect(forbidden.filter((word) => everything.includes(word))).toEqual([]);
  expect(written.filter((text) => text.includes(INPUT_WORD))).toEqual([]);
  const withInput = items.filter((item) => item.includes(INPUT_WORD));
  expect(withInput).toHaveLength(1);
  expect(withInput[0]).toContain(`input#${task.taskId}`);
});
