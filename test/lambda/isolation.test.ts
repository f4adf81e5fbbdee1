import { randomBytes } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { ROUTES, type RouteName } from '../../lambda/contract/routes.ts';
import type { TaskView } from '../../lambda/contract/task.ts';
import type { EventOverrides } from '../support/alb-event.ts';
import { anApplication, applicationsOf } from '../support/applications.ts';
import type { Delivered } from '../support/delivered.ts';
import { test as base } from '../support/fixtures.ts';
import '../support/matchers.ts';
import { countsOf } from '../support/receiver.ts';
import type { SenderFunction } from '../support/sender-api.ts';
import { aTaskBody, type Opened } from '../support/sender-world.ts';
import { NOW } from '../support/tokens.ts';

/** Routes of the sender API. */
type SenderRoute = {
  [N in RouteName]: (typeof ROUTES)[N]['access']['kind'] extends 'sender' ? N : never;
}[RouteName];

/** A task, and a delivery in its quarantine if it has one. */
interface Target {
  readonly taskId: string;
  readonly quarantineId: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const withBody = (path: string, body: object): EventOverrides => ({
  path,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
});

/** A request of each route for a task. A route without one does not compile, and `null` is a route that names no task. */
const REQUESTS: Readonly<Record<SenderRoute, ((target: Target) => EventOverrides) | null>> = {
  openTask: null,
  listTasks: null,
  getTask: ({ taskId }) => ({ method: 'GET', path: `/v1/tasks/${taskId}` }),
  getTaskResult: ({ taskId }) => ({ method: 'GET', path: `/v1/tasks/${taskId}/result` }),
  getTaskFailure: ({ taskId }) => ({ method: 'GET', path: `/v1/tasks/${taskId}/failure` }),
  cancelTask: ({ taskId }) => ({ method: 'DELETE', path: `/v1/tasks/${taskId}` }),
  reissueCallbacks: ({ taskId }) => withBody(`/v1/tasks/${taskId}/callbacks`, {}),
  reopenTask: ({ taskId }) => withBody(`/v1/tasks/${taskId}/reopen`, { reason: 'wrong' }),
  dispatchTask: ({ taskId }) => ({ path: `/v1/tasks/${taskId}/dispatch` }),
  listQuarantine: ({ taskId }) => ({ method: 'GET', path: `/v1/tasks/${taskId}/quarantine` }),
  acceptQuarantined: ({ taskId, quarantineId }) => ({ path: `/v1/tasks/${taskId}/quarantine/${quarantineId}/accept` }),
  discardQuarantined: ({ taskId, quarantineId }) => ({
    method: 'DELETE',
    path: `/v1/tasks/${taskId}/quarantine/${quarantineId}`,
  }),
};

const APPLICATIONS = applicationsOf(
  anApplication({ id: 'invoices', clients: ['invoices-1', 'invoices-2'] }),
  anApplication({ id: 'orders', clients: ['orders-1'], processors: ['header-ocr'] }),
);

/** An answer without what differs from request to request. */
const comparable = ({ body, headers, status }: Delivered) => {
  const { 'X-Request-Id': requestId = '', ...rest } = headers;
  return { status, headers: rest, body: body.toString('latin1').replaceAll(requestId, 'REQUEST') };
};

const test = base
  .extend('open', ({ sender }) => sender.opener({ applications: APPLICATIONS }))
  .extend('tasks', ({ sender }) => sender.tasks({ applications: APPLICATIONS }))
  .extend('send', ({ open, sender, tasks }) => async (client: string, event: EventOverrides): Promise<Delivered> => {
    const authorization = `Bearer ${await sender.idp.accessToken({ client_id: client, sub: client })}`;
    const name = Object.values(ROUTES).find(
      ({ function: owner, method, path }) =>
        owner === 'create-task' &&
        method === (event.method ?? 'POST') &&
        new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(event.path ?? ''),
    );
    const { send }: SenderFunction = name === undefined ? tasks : open;
    return send({ ...event, headers: { authorization, ...event.headers } });
  })
  .extend('openFor', ({ send }) => async (client: string, overrides: Record<string, unknown> = {}): Promise<Opened> => {
    const body = aTaskBody({ processor: 'header-ocr', ...overrides });
    const answer = await send(client, withBody('/v1/tasks', body));
    expect(answer.status).toBe(201);
    return answer.json as Opened;
  })
  .extend('deliver', ({ sender }) => async ({ callbacks }: Opened, capability: 'result' | 'failure', at: number) => {
    const receiver = await sender.receiver();
    receiver.at(at);
    const { token, url = '' } = callbacks[capability] ?? {};
    return receiver.deliver({
      path: new URL(url).pathname,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
      body: 'Total 42.00',
    });
  })
  /** Tasks of `invoices` in every state. */
  .extend('targets', ({ deliver, open, openFor, send, tasks }) => async (): Promise<readonly Target[]> => {
    const pending = await openFor('invoices-1');
    const succeeded = await openFor('invoices-1');
    await deliver(succeeded, 'result', NOW);
    const failed = await openFor('invoices-1');
    await deliver(failed, 'failure', NOW);
    const cancelled = await openFor('invoices-1');
    await send('invoices-1', { method: 'DELETE', path: `/v1/tasks/${cancelled.taskId}` });
    const reopened = await openFor('invoices-1');
    await deliver(reopened, 'result', NOW);
    await send('invoices-1', withBody(`/v1/tasks/${reopened.taskId}/reopen`, { reason: 'wrong' }));
    const expired = await openFor('invoices-1', { expiresIn: 60 });
    expect((await deliver(expired, 'result', NOW + 70)).status).toBe(401);
    for (const one of [open, tasks]) one.at((NOW + 80) * 1000);
    const all = await Promise.all(
      [pending, succeeded, failed, cancelled, reopened, expired].map(async ({ taskId }) => {
        const answer = await send('invoices-1', { method: 'GET', path: `/v1/tasks/${taskId}/quarantine` });
        const [entry] = (answer.json as { readonly quarantine: readonly { readonly id: string }[] }).quarantine;
        return { taskId, quarantineId: entry?.id ?? 'none' };
      }),
    );
    expect(all.filter(({ quarantineId }) => quarantineId !== 'none')).toHaveLength(2);
    return all;
  })
  .extend('readItem', ({ sender }) => async (taskId: string) => {
    const key = { TableName: sender.store.tasksTable, Key: { taskId: { S: taskId } }, ConsistentRead: true };
    return (await sender.store.client.send(new GetItemCommand(key))).Item;
  });

const senderRoutes = Object.entries(ROUTES).flatMap(([name, { access }]) =>
  access.kind === 'sender' ? [name as SenderRoute] : [],
);

test('every route of the sender API has a request here', () => {
  expect(Object.keys(REQUESTS).sort()).toEqual([...senderRoutes].sort());
  // The tests of `create-task` and of lists show the isolation of these two.
  const withoutTask = senderRoutes.filter((name) => !ROUTES[name].path.includes('{taskId}'));
  expect(senderRoutes.filter((name) => REQUESTS[name] === null)).toEqual(withoutTask);
});

describe('a task of another application', () => {
  test.for(senderRoutes.filter((name) => REQUESTS[name] !== null))(
    'is the same as an unknown one for %s, and stays as it is',
    async (name, { open, readItem, send, sender, targets, tasks }) => {
      const request = REQUESTS[name];
      for (const target of await targets()) {
        const before = await readItem(target.taskId);
        const lines = open.lines.length + tasks.lines.length;
        sender.clear();
        const foreign = await send('orders-1', request?.(target) ?? {});
        const requests = sender.dynamodb.requests.map(({ operation }) => operation);
        const unknown = { ...target, taskId: randomBytes(16).toString('base64url') };
        sender.clear();
        const missing = await send('orders-1', request?.(unknown) ?? {});

        expect(foreign).toBeRefusedWith('task_unknown');
        expect(comparable(foreign)).toEqual(comparable(missing));
        expect(sender.dynamodb.requests.map(({ operation }) => operation)).toEqual(requests);
        expect(requests.length).toBeGreaterThan(0);
        expect(await readItem(target.taskId)).toEqual(before);

        const written = [...open.lines, ...tasks.lines];
        expect(written).toHaveLength(lines + 2);
        const own = written.filter(({ foreignApplication, taskId }) => foreignApplication && taskId === target.taskId);
        expect(own).toMatchObject([
          { code: 'task_unknown', client: 'orders-1', application: 'orders', foreignApplication: 'invoices' },
        ]);
        expect(countsOf(own)).toEqual({ ForeignTaskRequested: 1 });
        expect(JSON.stringify(written)).not.toContain(unknown.taskId);
      }
    },
  );

  test.for(senderRoutes.filter((name) => REQUESTS[name] !== null))(
    'is answered for another client of its application by %s',
    async (name, { send, targets }) => {
      const request = REQUESTS[name];
      for (const target of await targets()) {
        const answer = await send('invoices-2', request?.(target) ?? {});
        expect((answer.json as { readonly code?: string } | undefined)?.code).not.toBe('task_unknown');
      }
    },
  );

  test('is in no list: neither by its processor, its resource nor its owner', async ({ openFor, send }) => {
    const given = { resource: 'shared-name', owner: 'shared-owner' };
    const foreign = await openFor('invoices-1', given);
    const own = await openFor('orders-1', given);
    for (const query of [
      {},
      { processor: ['header-ocr'] },
      { resource: ['shared-name'] },
      { owner: ['shared-owner'] },
    ]) {
      const page = await send('orders-1', { method: 'GET', path: '/v1/tasks', query });
      const ids = (page.json as { readonly tasks: readonly TaskView[] }).tasks.map(({ taskId }) => taskId);
      expect(ids).toContain(own.taskId);
      expect(ids).not.toContain(foreign.taskId);
    }
  });

  test('gives no cursor to another list', async ({ openFor, send }) => {
    await openFor('invoices-1');
    await openFor('invoices-1');
    const list = (client: string, query: Record<string, readonly string[]>) =>
      send(client, { method: 'GET', path: '/v1/tasks', query });
    const { cursor = '' } = (await list('invoices-1', { limit: ['1'] })).json as { readonly cursor?: string };
    expect((await list('invoices-2', { cursor: [cursor] })).status).toBe(200);
    const foreign = await list('orders-1', { cursor: [cursor] });
    expect(foreign).toBeRefusedWith('request_invalid');
    expect(comparable(foreign)).toEqual(comparable(await list('orders-1', { cursor: ['bWFkZSB1cA'] })));
  });
});

describe('the application of a request', () => {
  test('is that of its client, on the task, in answers and in the log', async ({ open, openFor, readItem }) => {
    const { taskId, ...opened } = await openFor('orders-1');
    expect(opened).toMatchObject({ application: 'orders' });
    expect(await readItem(taskId)).toMatchObject({ application: { S: 'orders' }, openedBy: { S: 'orders-1' } });
    expect(open.lines.at(-1)).toMatchObject({ client: 'orders-1', application: 'orders' });
    expect(countsOf(open.lines)).toEqual({ TaskOpened: 1, 'TaskOpened/orders': 1 });
  });

  test.for([
    ['POST', '/v1/tasks'],
    ['GET', '/v1/tasks'],
    ['GET', '/v1/tasks/some-task'],
  ])('of a client of none is refused before the tables are asked: %s %s', async ([method, path], { send, sender }) => {
    const answer = await send('stranger', { method: method ?? '', path: path ?? '' });
    expect(answer).toBeRefusedWith('application_unknown');
    expect(answer.headers['WWW-Authenticate']).toContain('error="insufficient_scope"');
    expect(sender.dynamodb.count()).toBe(0);
  });

  test('is asked for after scope and role', async ({ sender, tasks }) => {
    for (const overrides of [{ scope: 'task_write' }, { roles: [] }]) {
      const authorization = `Bearer ${await sender.idp.accessToken({ client_id: 'stranger', ...overrides })}`;
      const answer = await tasks.send({ method: 'GET', path: '/v1/tasks', headers: { authorization } });
      expect(answer).toBeRefusedWith('access_token_insufficient');
    }
  });

  test('is never read from the request', async ({ send }) => {
    const body = await send('orders-1', withBody('/v1/tasks', aTaskBody({ application: 'invoices' })));
    expect(body.json).toMatchObject({ code: 'request_invalid', errors: [{ pointer: '/application' }] });
    const list = await send('orders-1', { method: 'GET', path: '/v1/tasks', query: { application: ['invoices'] } });
    expect(list.json).toMatchObject({ code: 'request_invalid', errors: [{ parameter: 'application' }] });
  });
});

describe('a processor of another application', () => {
  test('does not exist: neither for a task nor for a list', async ({ send, sender }) => {
    const open = (processor: string) => send('orders-1', withBody('/v1/tasks', aTaskBody({ processor })));
    const list = (processor: string) =>
      send('orders-1', { method: 'GET', path: '/v1/tasks', query: { processor: [processor] } });
    for (const ask of [open, list]) {
      sender.clear();
      const [foreign, missing] = [await ask('acme-ocr'), await ask('some-ocr')];
      expect(foreign).toBeRefusedWith('processor_unknown');
      // The answer may quote the id of the request, and nothing else tells the two apart.
      const { body, ...rest } = comparable(foreign);
      expect({ ...rest, body: body.replaceAll('acme-ocr', 'some-ocr') }).toEqual(comparable(missing));
      expect(sender.dynamodb.count()).toBe(0);
    }
  });

  test('gets no new callbacks of a task that was opened for it before', async ({ openFor, sender }) => {
    const { taskId } = await openFor('invoices-1', { processor: 'acme-ocr' });
    const narrowed = sender.opener({
      applications: applicationsOf(anApplication({ id: 'invoices', processors: ['header-ocr'] })),
    });
    const answer = await narrowed.send(withBody(`/v1/tasks/${taskId}/callbacks`, {}));
    expect(answer).toBeRefusedWith('processor_unknown');
  });
});

describe('an Idempotency-Key', () => {
  test('belongs to the application', async ({ send }) => {
    const request = (client: string) => {
      const event = withBody('/v1/tasks', aTaskBody({ processor: 'header-ocr' }));
      return send(client, { ...event, headers: { ...event.headers, 'idempotency-key': 'the-same' } });
    };
    const [first, repeated, foreign] = [
      await request('invoices-1'),
      await request('invoices-2'),
      await request('orders-1'),
    ].map(({ json }) => json as Opened);
    expect(repeated?.taskId).toBe(first?.taskId);
    expect(foreign?.taskId).not.toBe(first?.taskId);
  });
});
