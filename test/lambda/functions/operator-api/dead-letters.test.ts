import { randomUUID } from 'node:crypto';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { createInvokeLater } from '../../../../lambda/shared/aws/invoke-later.ts';
import { createDeadLetters } from '../../../../lambda/shared/operator/dead-letters.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../../../local/stand-ins/lambda.ts';
import { openQueues } from '../../../support/dead-letters.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { type OperatorApiFixtureOptions, operatorApiOf, operatorTokens } from '../../../support/operator-api.ts';
import { NOW } from '../../../support/tokens.ts';

const REDRIVE = 'arn:aws:lambda:eu-west-1:000000000000:function:redrive:live';
const LETTER = { taskId: 'task-1', sequence: 2, sequenceNumber: '100', reason: 'MalformedDetail' };

const test = base
  .extend('tokens', { scope: 'file' }, ({ openSender }) => operatorTokens(openSender.idp))
  /** Queues and the function `redrive` in the stand-ins of AWS. `events` are those that the function was called with. */
  .extend('world', ({ sender }, { onCleanup }) => {
    const queues = openQueues(sender.kms, ['publish', 'expire']);
    const events: unknown[] = [];
    const enqueue = (name: string, event: unknown) => name === REDRIVE && events.push(event) > 0;
    sender.kms.standIns.route(
      INVOKE_PREFIX,
      serveInvoke(async () => null, enqueue),
    );
    const lambda = new LambdaClient({ ...LOCAL_CLIENT, endpoint: sender.kms.endpoint, maxAttempts: 1 });
    onCleanup(() => {
      queues.close();
      lambda.destroy();
    });
    return { queues, events, lambda };
  })
  .extend(
    'apiOf',
    ({ sender, world }) =>
      (more: Partial<OperatorApiFixtureOptions> = {}) =>
        operatorApiOf(sender, {
          deadLetters: createDeadLetters(world.queues),
          startRedrive: createInvokeLater(world.lambda, REDRIVE),
          ...more,
        }),
  )
  .extend('api', ({ apiOf }) => apiOf())
  /** Outcomes and reasons of the audit items of one request. */
  .extend('auditOf', ({ sender: { store } }) => async (reason: string) => {
    const { Items: items = [] } = await store.client.send(
      new QueryCommand({
        TableName: store.auditTable,
        KeyConditionExpression: '#month = :month',
        FilterExpression: 'reason = :reason',
        ExpressionAttributeNames: { '#month': 'month' },
        ExpressionAttributeValues: {
          ':month': { S: new Date(NOW * 1_000).toISOString().slice(0, 7) },
          ':reason': { S: reason },
        },
      }),
    );
    return items.map((item) => unmarshall(item));
  });

const LIST = { method: 'GET', path: '/v1/operator/dead-letters' };
const aRedrive = (queue: string, body: unknown) => ({
  method: 'POST',
  path: `/v1/operator/dead-letters/${queue}/redrive`,
  headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' },
  body: JSON.stringify(body),
});
const aReason = () => `bus is back ${randomUUID()}`;

describe('GET /v1/operator/dead-letters', () => {
  test('shows the queues of all functions to a reading operator', async ({ api, tokens, world }) => {
    const id = await world.queues.send('publish', LETTER);
    const { json, status } = await api.send(tokens.reading, LIST);
    expect(status).toBe(200);
    const at = expect.stringMatching(/^20.+Z$/);
    expect(json).toEqual({
      queues: [
        { queue: 'publish', count: 1, oldestAt: at, items: [{ id, at, taskId: 'task-1', reason: 'MalformedDetail' }] },
        { queue: 'expire', count: 0, items: [] },
      ],
    });
  });

  test('refuses query parameters, and a person without a role', async ({ api, tokens }) => {
    expect(await api.send(tokens.reading, { ...LIST, query: { limit: ['1'] } })).toBeRefusedWith('request_invalid');
    expect(await api.send(tokens.nobody, LIST)).toBeRefusedWith('operator_role_missing');
    expect(await api.send(tokens.payloadOnly, LIST)).toBeRefusedWith('operator_role_missing');
  });
});

describe('POST /v1/operator/dead-letters/{queue}/redrive', () => {
  test('starts the function for all letters, and writes one audit item', async ({ api, auditOf, tokens, world }) => {
    const reason = aReason();
    const answer = await api.send(tokens.acting, aRedrive('expire', { reason }));
    expect([answer.status, answer.json]).toEqual([202, { queue: 'expire' }]);
    expect(world.events).toEqual([{ queue: 'expire' }]);
    const [item, ...more] = await auditOf(reason);
    expect(item).toMatchObject({
      action: 'redrive',
      target: 'expire',
      outcome: 'done',
      operator: { sub: 'ada' },
      from: '198.51.100.7',
    });
    expect(item).not.toHaveProperty('taskId');
    expect(more).toEqual([]);
    expect(api.lines[0]).toMatchObject({
      status: 202,
      queue: 'expire',
      operator: 'ada',
      OperatorActions: 1,
      Action: 'redrive',
    });
  });

  test('starts the function for one letter', async ({ api, tokens, world }) => {
    const id = await world.queues.send('publish', LETTER);
    const answer = await api.send(tokens.acting, aRedrive('publish', { reason: 'r', id }));
    expect([answer.status, answer.json]).toEqual([202, { queue: 'publish', id }]);
    expect(world.events).toEqual([{ queue: 'publish', id }]);
    expect(world.queues.lettersOf('publish')).toEqual({ visible: 1, hidden: 0 });
  });

  test.for([
    ['receive', undefined, 'queue_unknown'],
    ['publish', randomUUID(), 'letter_unknown'],
  ] as const)(
    'refuses queue %s with letter %s as %s, and audits it',
    async ([queue, id, code], { api, auditOf, tokens, world }) => {
      const reason = aReason();
      expect(await api.send(tokens.acting, aRedrive(queue, { reason, ...(id && { id }) }))).toBeRefusedWith(code);
      expect(world.events).toEqual([]);
      expect(await auditOf(reason)).toEqual([expect.objectContaining({ target: queue, outcome: code })]);
    },
  );

  test('is refused where settings or policies switch it off', async ({ apiOf, auditOf, tokens, world }) => {
    const reason = aReason();
    const policy = createPolicy({ never: 'forbid (principal, action, resource);' });
    for (const api of [apiOf({ disabledActions: ['redrive'] }), apiOf({ policy: () => policy })]) {
      expect(await api.send(tokens.acting, aRedrive('publish', { reason }))).toBeRefusedWith('action_disabled');
    }
    expect(world.events).toEqual([]);
    expect((await auditOf(reason)).map(({ outcome }) => outcome)).toEqual(['action_disabled', 'action_disabled']);
  });

  test('is refused to an operator who may only read', async ({ api, tokens, world }) => {
    expect(await api.send(tokens.reading, aRedrive('publish', { reason: 'r' }))).toBeRefusedWith(
      'operator_role_missing',
    );
    expect(world.events).toEqual([]);
  });

  test.for([
    [{}, ['/reason']],
    [{ reason: 'r', id: '' }, ['/id']],
    [{ reason: 'r', id: 'a b' }, ['/id']],
    [{ reason: 'r', id: 'a'.repeat(101) }, ['/id']],
    [{ reason: 'r', revision: 1 }, ['/revision']],
  ] as const)('names what is wrong in the body %j', async ([body, pointers], { api, tokens }) => {
    const answer = await api.send(tokens.acting, aRedrive('publish', body));
    expect(answer).toBeRefusedWith('request_invalid');
    expect((answer.json as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test('starts nothing if the audit item cannot be written', async ({ api, sender, tokens, world }) => {
    sender.dynamodb.inject(({ operation }) => (operation === 'PutItem' ? { kind: 'error', status: 500 } : undefined));
    expect(await api.send(tokens.acting, aRedrive('publish', { reason: 'r' }))).toBeRefusedWith('unavailable');
    expect(world.events).toEqual([]);
  });

  test('is unavailable if Lambda is', async ({ apiOf, tokens }) => {
    const api = apiOf({ startRedrive: () => Promise.reject(new Error('down')) });
    expect(await api.send(tokens.acting, aRedrive('publish', { reason: 'r' }))).toBeRefusedWith('unavailable');
  });
});
