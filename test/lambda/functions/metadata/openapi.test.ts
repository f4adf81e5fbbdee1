import { createHash, randomUUID } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect } from 'vitest';
import { shortestNames } from '../../../../lambda/contract/abbreviations.ts';
import { DETAIL_TYPES, OPERATOR_ACTED } from '../../../../lambda/contract/events.ts';
import { OUTCOMES, type OutcomeCode, statusOf } from '../../../../lambda/contract/outcomes.ts';
import { isApiRoute, ROUTES, type Route, type RouteName } from '../../../../lambda/contract/routes.ts';
import { createMetadataEndpoint } from '../../../../lambda/functions/metadata/endpoint.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import { eventExample } from '../../../../lambda/functions/metadata/openapi/event-schemas.ts';
import type { Operation } from '../../../../lambda/functions/metadata/openapi/model.ts';
import { responseOf } from '../../../../lambda/functions/metadata/openapi/shared-responses.ts';
import { createS3PayloadStore } from '../../../../lambda/functions/receive/store/s3-payload-store.ts';
import { LIST_PARAMETERS } from '../../../../lambda/functions/tasks/list-request.ts';
import { fetchPublicKeys } from '../../../../lambda/shared/callback-token/public-keys.ts';
import { servePages } from '../../../../lambda/shared/http/serve-pages.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { createS3PayloadUrls } from '../../../../lambda/shared/tables/payload-urls.ts';
import { anAlbEvent, type EventOverrides } from '../../../support/alb-event.ts';
import { anApplication, applicationsOf } from '../../../support/applications.ts';
import { type Delivered, read } from '../../../support/delivered.ts';
import { describedBy } from '../../../support/described.ts';
import { aDispatchedProcessor, aFailedDispatch } from '../../../support/dispatched.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { checkEvent, eventErrors } from '../../../support/event-schemas.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aHandshakeFunction, openCaller } from '../../../support/handshake.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { storeTasks } from '../../../support/stored-task.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const DOCUMENT = describeApi({ origin: ORIGIN, abbreviations: false });
const ABBREVIATED = describeApi({ origin: ORIGIN, abbreviations: true });

/** Routes of the API. Pages for people and their forms are not described. */
const ALL = (Object.entries(ROUTES) as [RouteName, Route][]).filter(([name]) => isApiRoute(name));
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

const operationOf = (name: RouteName) => OPERATIONS.find(({ operation }) => operation.operationId === name)?.operation;

/** Codes that an operation says it can end with, by status. */
const refusalsOf = (operation: Operation): readonly (readonly [string, OutcomeCode])[] =>
  Object.keys(operation.responses).flatMap((status) => {
    const { content } = responseOf(DOCUMENT, operation, status);
    const schema = content?.['application/problem+json']?.schema as
      | { readonly properties: { readonly code: { readonly enum: readonly OutcomeCode[] } } }
      | undefined;
    return (schema?.properties.code.enum ?? []).map((code) => [status, code] as const);
  });

/** Cases under titles of bearable length. */
const titled = (cases: readonly Record<string, unknown>[]) =>
  cases.map((each) => [JSON.stringify(each).slice(0, 40), each] as const);

const test = base
  .extend('tasks', ({ s3, sender }) => sender.tasks({ payloadUrls: createS3PayloadUrls(s3.bucket, s3.client) }))
  .extend('receiver', ({ s3, sender }) =>
    sender.receiver({ payloads: createS3PayloadStore(s3.bucket, { ...LOCAL_CLIENT, endpoint: s3.endpoint }) }),
  )
  .extend(
    'openTask',
    ({ open }) =>
      async (overrides: Record<string, unknown> = {}, headers = {}) =>
        (await ask('openTask', open, sendJson('POST', '/v1/tasks', aTaskBody(overrides), headers), 201)).json as Opened,
  )
  .extend(
    'call',
    ({ receiver }) =>
      async (route: RouteName, event: EventOverrides, status?: number): Promise<Delivered> =>
        ask(route, { send: (each) => receiver.deliver({ method: 'POST', ...each }) }, event, status),
  );

describe('the description', () => {
  test.each([
    ['without', DOCUMENT],
    ['with', ABBREVIATED],
  ])('is valid OpenAPI 3.1 (%s abbreviations)', async (_, document) => {
    const validator = new Validator();
    // A copy as it is sent: the validator takes it apart.
    const { errors, valid } = await validator.validate(JSON.parse(JSON.stringify(document)));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('has every route of the API and no other, each under its name', () => {
    const routes = ALL.map(([name, { method, path }]) => `${name} ${method.toLowerCase()} ${path}`);
    const described = OPERATIONS.map(({ method, operation, path }) => `${operation.operationId} ${method} ${path}`);
    expect(described.sort()).toEqual(routes.sort());
  });

  test('has no page of the console except its first one, and no form except the one that signs out', () => {
    const pages = OPERATIONS.filter(({ path }) => path.startsWith('/console'));
    expect(pages.map(({ method, path }) => `${method} ${path}`)).toEqual(['get /console', 'post /console/sign-out']);
  });

  test('names what is in a path, and nothing that is not', () => {
    for (const { operation, path } of OPERATIONS) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    }
  });

  test('says for each route who may use it', () => {
    for (const [name, route] of ALL) {
      const security = operationOf(name)?.security ?? [];
      const schemes = security.flatMap((alternative) => Object.keys(alternative));
      switch (route.access.kind) {
        case 'sender':
          expect(security, name).toEqual([{ accessToken: [route.access.scope] }]);
          break;
        case 'operator-api':
          expect(security, name).toEqual([{ operatorAccessToken: [route.access.scope] }]);
          break;
        case 'callback':
          expect(schemes, name).toEqual(route.path.endsWith('{token}') ? [] : ['callbackToken', 'callbackTokenHeader']);
          break;
        case 'operator':
          expect(schemes, name).toEqual(['operatorSession']);
          break;
        default:
          expect(schemes, name).toEqual([]);
      }
      for (const scheme of schemes) expect(DOCUMENT.components.securitySchemes).toHaveProperty(scheme);
    }
  });

  test('has every error code, under its own status, where a route can give it', () => {
    const described = OPERATIONS.flatMap(({ operation }) => refusalsOf(operation));
    for (const [status, code] of described) {
      expect([statusOf(code), statusOf(code, true)], code).toContain(Number(status));
    }
    // Another method is no operation.
    const codes = new Set<string>([...described.map(([, code]) => code), 'method_not_allowed']);
    expect([...codes].sort()).toEqual(Object.keys(OUTCOMES).sort());
  });

  test('lists token refusals for callbacks only, and never for requests of senders', () => {
    const codesOf = (tag: string) =>
      new Set(
        OPERATIONS.filter(({ operation }) => operation.tags.includes(tag)).flatMap(({ operation }) =>
          refusalsOf(operation).map(([, code]) => code),
        ),
      );
    const counted = (Object.keys(OUTCOMES) as OutcomeCode[]).filter(
      (code) => OUTCOMES[code].metric !== null && code !== 'method_not_allowed',
    );
    expect([...codesOf('processor')].sort()).toEqual(counted.sort());
    expect([...codesOf('sender')].filter((code) => code.startsWith('token_'))).toEqual([]);
  });
});

describe('events', () => {
  test('are webhooks of the description, each with a schema and an example that satisfies it', () => {
    const ofTasks = Object.values(DETAIL_TYPES).filter((detailType) => detailType !== null);
    const published = [...ofTasks, OPERATOR_ACTED];
    expect(Object.keys(DOCUMENT.webhooks).sort()).toEqual(published.map((each) => each.replaceAll(' ', '')).sort());
    for (const [name, { post }] of Object.entries(DOCUMENT.webhooks)) {
      const { example, schema } = post.requestBody.content['application/json'] ?? {};
      expect(schema).toEqual({ $ref: `#/components/schemas/${name}Event` });
      checkEvent(example);
    }
  });

  test('have a schema that refuses another type, and an event without a required member', () => {
    const succeeded = eventExample('Task Succeeded');
    expect(eventErrors({ ...succeeded, 'detail-type': 'Task Failed' })).not.toEqual([]);
    expect(eventErrors({ ...succeeded, detail: { ...succeeded.detail, result: undefined } })).not.toEqual([]);
    expect(eventErrors({ ...succeeded, detail: { ...succeeded.detail, status: 'pending' } })).not.toEqual([]);
    expect(eventErrors({ ...succeeded, source: 'somebody.else' })).not.toEqual([]);
  });
});

describe('abbreviations', () => {
  test('are nowhere where the environment does not take them', () => {
    expect(JSON.stringify(DOCUMENT)).not.toMatch(/abbreviation/i);
  });

  test('are listed for each name of a query or body of the sender API, and for no other', () => {
    const listed = [...JSON.stringify(ABBREVIATED).matchAll(/"x-abbreviation":"(\w+)"/g)].map(([, short]) => short);
    const { OpenTask, ReissueCallbacks, ReopenTask } = ABBREVIATED.components.schemas;
    const names = (schema: unknown) => Object.keys((schema as { readonly properties: object }).properties);
    const query = (ABBREVIATED.paths['/v1/tasks']?.get?.parameters ?? []).map(({ name }) => name);
    expect(query).toEqual(LIST_PARAMETERS);
    const expected = [query, names(OpenTask), names(ReissueCallbacks), names(ReopenTask)].flatMap((all) =>
      Object.values(shortestNames(all)),
    );
    expect(listed.sort()).toEqual(expected.sort());
    expect(listed).toEqual(expect.arrayContaining(['cal', 'car']));
    expect(ABBREVIATED.info.description).toContain('x-abbreviation');
  });
});

const described = describedBy(DOCUMENT);
const bytes = Buffer.alloc(8_000, 'a large result ');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const sendJson = (method: string, path: string, body?: unknown, headers = {}): EventOverrides => ({
  method,
  path,
  ...(body !== undefined && {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  }),
});

/** Sends a request and checks the response against the description of its route. */
const ask = async (route: RouteName, from: Pick<SenderFunction, 'send'>, event: EventOverrides, status?: number) => {
  const answer = await from.send(event);
  described.answer(route, answer);
  if (status !== undefined) expect(answer.status, `${route} ${answer.body}`).toBe(status);
  return answer;
};

const pathOf = (opened: Opened, capability: string) => new URL(opened.callbacks[capability]?.url ?? '').pathname;
const text = (body: string | Buffer) => ({ headers: { 'content-type': 'text/plain' }, body: body.toString() });

const sentOften = { state: 'failed', attempts: 20, issue: 20, used: 1, reason: 'Refused' } as const;

const EVERYTHING = {
  owner: 'user-12',
  heartbeat: 300,
  callbacks: ['result', 'failure', 'progress', 'upload'],
  metadata: { invoice: { number: 77 } },
};

describe('what functions really take and answer', () => {
  test('a task’s whole life is described', async ({ call, open, openTask, tasks }) => {
    const opened = await openTask(EVERYTHING, { 'idempotency-key': 'a key' });
    await openTask(EVERYTHING, { 'idempotency-key': 'a key' });
    const taskPath = `/v1/tasks/${opened.taskId}`;
    await call(
      'reportProgressByPath',
      sendJson('POST', pathOf(opened, 'progress'), { percent: 12.5, note: 'page 1' }),
      200,
    );
    const offer = { contentType: 'application/pdf', size: 5_000_000, sha256: '0'.repeat(64) };
    await call('offerUploadByPath', sendJson('POST', pathOf(opened, 'upload'), offer), 200);
    await ask('getTask', tasks, { method: 'GET', path: taskPath }, 200);
    const again = (await ask('reissueCallbacks', open, sendJson('POST', `${taskPath}/callbacks`, {}), 201))
      .json as Opened;
    await call('deliverResultByPath', { path: pathOf(opened, 'result'), ...text('late') }, 401);
    await call('deliverResultByPath', { path: pathOf(again, 'result'), ...text('done') }, 200);
    await call('deliverResultByPath', { path: pathOf(again, 'result'), ...text('done') }, 200);
    await call('deliverResultByPath', { path: pathOf(again, 'result'), ...text('another') }, 401);
    await call('deliverFailureByPath', { path: pathOf(again, 'failure'), ...text('no') }, 409);
    await ask('getTask', tasks, { method: 'GET', path: taskPath }, 200);
    await ask('getTaskResult', tasks, { method: 'GET', path: `${taskPath}/result` }, 200);
    await ask('getTaskFailure', tasks, { method: 'GET', path: `${taskPath}/failure` }, 404);
    await ask('cancelTask', tasks, { method: 'DELETE', path: taskPath }, 409);
    await ask('reissueCallbacks', open, { method: 'POST', path: `${taskPath}/callbacks` }, 409);
    await ask('listTasks', tasks, { method: 'GET', path: '/v1/tasks' }, 200);
    await ask('listTasks', tasks, { method: 'GET', path: '/v1/tasks', query: { limit: ['1'] } }, 200);
  });

  test('reopening a task is', async ({ call, open, openTask, tasks }) => {
    const opened = await openTask();
    const taskPath = `/v1/tasks/${opened.taskId}`;
    const reopen = (body: object, status: number) =>
      ask('reopenTask', open, sendJson('POST', `${taskPath}/reopen`, body), status);
    await reopen({ reason: 'wrong' }, 409);
    await call('deliverResultByPath', { path: pathOf(opened, 'result'), ...text('wrong') }, 200);
    await reopen({}, 400);
    const again = (await reopen({ reason: 'wrong', expiresIn: 600, callbacks: ['result'], carrier: 'path' }, 201))
      .json as Opened;
    const kept = await ask('listQuarantine', tasks, { method: 'GET', path: `${taskPath}/quarantine` }, 200);
    const [entry] = (kept.json as { quarantine: { id: string; why: string }[] }).quarantine;
    expect(entry?.why).toBe('reopened');
    const accept = { method: 'POST', path: `${taskPath}/quarantine/${entry?.id}/accept` };
    expect((await ask('acceptQuarantined', tasks, accept, 409)).json).toMatchObject({ code: 'task_pending' });
    await call('deliverResultByPath', { path: pathOf(again, 'result'), ...text('right') }, 200);
    await ask('reopenTask', open, sendJson('POST', '/v1/tasks/no-such-task/reopen', { reason: 'wrong' }), 404);
    await ask('discardQuarantined', tasks, { method: 'DELETE', path: `${taskPath}/quarantine/${entry?.id}` }, 204);
  });

  test('a task whose work Postern sends is', async ({ sender, tasks }) => {
    const registry = registryOf(aDispatchedProcessor('sent-ocr'));
    const open = sender.opener({ registry });
    const body = aTaskBody({ processor: 'sent-ocr', input: { document: 77 } });
    expect([described.takes('openTask', body), described.takes('openTask', { ...body, dispatch: 'no' })]).toEqual([
      true,
      false,
    ]);
    const opened = (await ask('openTask', open, sendJson('POST', '/v1/tasks', body), 201)).json as Opened;
    const taskPath = `/v1/tasks/${opened.taskId}`;
    const shown = await ask('getTask', tasks, { method: 'GET', path: taskPath }, 200);
    expect(shown.json).toMatchObject({ dispatch: { state: 'queued', attempts: 0 } });
    await ask('dispatchTask', open, { method: 'POST', path: `${taskPath}/dispatch` }, 202);
    await ask('reissueCallbacks', open, { method: 'POST', path: `${taskPath}/callbacks` }, 409);

    await storeTasks(sender.store, [aFailedDispatch({ taskId: opened.taskId })]);
    await ask('getTask', tasks, { method: 'GET', path: taskPath }, 200);
    await ask('reopenTask', open, sendJson('POST', `${taskPath}/reopen`, { reason: 'again', input: 'x' }), 201);
    await storeTasks(sender.store, [aFailedDispatch({ taskId: opened.taskId, dispatch: sentOften })]);
    await ask('reopenTask', open, sendJson('POST', `${taskPath}/reopen`, { reason: 'again', input: 'x' }), 409);
    await ask('dispatchTask', open, { method: 'POST', path: `${taskPath}/dispatch` }, 409);
  });

  test.for(
    titled([
      {},
      { reason: '' },
      { reason: 'x'.repeat(256) },
      { reason: '😀'.repeat(256) },
      { reason: 'x'.repeat(257) },
      { reason: 7 },
      { reason: 'x', callbacks: [] },
      { reason: 'x', expiresIn: 59 },
      { reason: 'x', unknown: 1 },
    ]),
  )(
    'a request to reopen a task with %s is taken where the description takes it',
    async ([_, body], { call, open, openTask }) => {
      const opened = await openTask();
      await call('deliverResultByPath', { path: pathOf(opened, 'result'), ...text('wrong') }, 200);
      const answer = await ask('reopenTask', open, sendJson('POST', `/v1/tasks/${opened.taskId}/reopen`, body));
      expect(described.takes('reopenTask', body)).toBe(answer.status === 201);
    },
  );

  test('a large result, a failure and a cancelled task are', async ({ call, openTask, tasks }) => {
    const large = await openTask();
    await call('deliverResultByPath', { path: pathOf(large, 'result'), ...text(bytes) }, 200);
    const answer = await ask('getTaskResult', tasks, { method: 'GET', path: `/v1/tasks/${large.taskId}/result` }, 303);
    expect(await (await fetch(answer.headers.Location ?? '')).text()).toBe(bytes.toString());

    const failed = await openTask();
    await call('deliverFailureByPath', { path: pathOf(failed, 'failure'), ...text('it failed') }, 200);
    await ask('getTaskFailure', tasks, { method: 'GET', path: `/v1/tasks/${failed.taskId}/failure` }, 200);

    const cancelled = await openTask();
    await ask('cancelTask', tasks, { method: 'DELETE', path: `/v1/tasks/${cancelled.taskId}` }, 200);
  });

  test('tokens in headers are', async ({ call, openTask }) => {
    const deliver = async (route: RouteName, opened: Opened, capability: string, event: EventOverrides) => {
      const authorization = `Bearer ${opened.callbacks[capability]?.token}`;
      const headers = { ...event.headers, authorization };
      await call(route, { ...event, path: pathOf(opened, capability), headers }, 200);
    };
    const wanted = { processor: 'header-ocr', callbacks: EVERYTHING.callbacks };
    const [one, two] = [await openTask(wanted), await openTask(wanted)];
    await deliver('reportProgress', one, 'progress', sendJson('POST', '', { note: 'page 1' }));
    const offer = { contentType: 'text/plain', size: bytes.length, sha256 };
    await deliver('offerUpload', one, 'upload', sendJson('POST', '', offer));
    await deliver('deliverResult', one, 'result', text('done'));
    await deliver('deliverFailure', two, 'failure', text('it failed'));
  });

  test('abbreviations that are listed are taken', async ({ sender, tasks }) => {
    const { properties } = ABBREVIATED.components.schemas.OpenTask as {
      readonly properties: Record<string, Record<string, string>>;
    };
    const resume = { kind: 'stepFunctions', taskToken: 'AAAA' };
    const body: Record<string, unknown> = {
      ...aTaskBody(EVERYTHING),
      carrier: 'header',
      resume,
      supersedes: 'an abbreviated place',
      dispatch: false,
    };
    // Only work that Postern sends has an input.
    const { input: _input, ...taken } = properties;
    const short = Object.entries(taken).map(([name, schema]) => [schema['x-abbreviation'], body[name]]);
    expect(short).toHaveLength(Object.keys(body).length);
    const event = sendJson('POST', '/v1/tasks', Object.fromEntries(short));
    const workflow = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Invoices';
    const open = sender.opener({
      abbreviations: true,
      resumeKeyId: sender.kms.encryptionKey.arn,
      applications: applicationsOf(anApplication({ resumes: [workflow] })),
    });
    const opened = (await ask('openTask', open, event, 201)).json as Opened;
    const task = await ask('getTask', tasks, { method: 'GET', path: `/v1/tasks/${opened.taskId}` }, 200);
    expect(task.json).toMatchObject({
      owner: 'user-12',
      heartbeat: 300,
      metadata: EVERYTHING.metadata,
      resume: { kind: 'stepFunctions', state: 'pending' },
    });
  });

  test('short codes are, whatever they stand for', async ({ call, openTask }) => {
    const opened = await openTask({ processor: 'short-ocr', callbacks: EVERYTHING.callbacks });
    await call('callbackByCode', sendJson('POST', pathOf(opened, 'progress'), { percent: 1 }), 200);
    await call('callbackByCode', sendJson('POST', pathOf(opened, 'progress'), { percent: 101 }), 422);
    const offer = { contentType: 'text/plain', size: bytes.length, sha256 };
    await call('callbackByCode', sendJson('POST', pathOf(opened, 'upload'), offer), 200);
    await call('callbackByCode', { path: pathOf(opened, 'result'), ...text('short') }, 200);
    await call('callbackByCode', { path: `/c/${'x'.repeat(22)}`, ...text('short') }, 401);
  });

  test('quarantine is', async ({ call, openTask, receiver, tasks }) => {
    const opened = await openTask({ ...EVERYTHING, heartbeat: 30 });
    receiver.at(NOW + 31);
    for (const body of ['one', 'two'])
      await call('deliverResultByPath', { path: pathOf(opened, 'result'), ...text(body) }, 401);
    receiver.at(NOW);
    tasks.at((NOW + 60) * 1000);
    const path = `/v1/tasks/${opened.taskId}/quarantine`;
    const listed = (await ask('listQuarantine', tasks, { method: 'GET', path }, 200)).json as {
      readonly quarantine: readonly { readonly id: string }[];
    };
    const [one, two] = listed.quarantine;
    await ask('discardQuarantined', tasks, { method: 'DELETE', path: `${path}/${one?.id}` }, 204);
    await ask('discardQuarantined', tasks, { method: 'DELETE', path: `${path}/${one?.id}` }, 404);
    await ask('acceptQuarantined', tasks, { method: 'POST', path: `${path}/${one?.id}/accept` }, 404);
    await ask('acceptQuarantined', tasks, { method: 'POST', path: `${path}/${two?.id}/accept` }, 200);
    await ask('acceptQuarantined', tasks, { method: 'POST', path: `${path}/${two?.id}/accept` }, 409);
    tasks.at(NOW * 1000);
  });

  test('refusals are', async ({ call, open, openTask, sender, tasks }) => {
    const nobody = { headers: { authorization: 'Basic eDp5' } };
    const unknown = `/v1/tasks/${randomUUID()}`;
    for (const [route, method, path] of [
      ['getTask', 'GET', unknown],
      ['getTaskResult', 'GET', `${unknown}/result`],
      ['cancelTask', 'DELETE', unknown],
      ['listQuarantine', 'GET', `${unknown}/quarantine`],
      ['acceptQuarantined', 'POST', `${unknown}/quarantine/x/accept`],
    ] as const) {
      await ask(route, tasks, { method, path }, 404);
      await ask(route, tasks, { method, path, ...nobody }, 401);
      await ask(route, tasks, { method, path, query: { what: ['1'] } }, 400);
    }
    await ask('listTasks', tasks, { method: 'GET', path: '/v1/tasks', query: { limit: ['101'], what: ['x'] } }, 400);
    await ask('openTask', open, sendJson('POST', '/v1/tasks', { resource: 7, what: 1 }), 400);
    await ask('openTask', open, sendJson('POST', '/v1/tasks', aTaskBody({ processor: 'nobody' })), 400);
    await ask('openTask', open, { method: 'POST', path: '/v1/tasks', ...text('{}') }, 415);
    await ask('openTask', open, sendJson('POST', '/v1/tasks', aTaskBody({ resource: 'x'.repeat(70_000) })), 413);
    await openTask({}, { 'idempotency-key': 'taken' });
    const other = sendJson('POST', '/v1/tasks', aTaskBody({ resource: 'other' }), { 'idempotency-key': 'taken' });
    await ask('openTask', open, other, 422);
    const poor = await sender.idp.accessToken({ scope: 'task_read' });
    const asPoor = { authorization: `Bearer ${poor}` };
    await ask('cancelTask', tasks, { method: 'DELETE', path: unknown, headers: asPoor }, 403);

    const opened = await openTask({ callbacks: EVERYTHING.callbacks });
    const [result, progress] = [pathOf(opened, 'result'), pathOf(opened, 'progress')];
    const bare = result.slice(0, result.lastIndexOf('/'));
    await call('deliverResult', { path: bare, ...text('x') }, 401);
    await call('deliverResultByPath', { path: `${bare}/not-a-token`, ...text('x') }, 401);
    await call('deliverResultByPath', { path: result, headers: { 'content-type': 'image/png' }, body: 'x' }, 415);
    await call('deliverResultByPath', { path: result, headers: { 'callback-token': 'x' }, body: 'x' }, 400);
    await call('deliverResultByPath', { path: result.replace('/v1/results/', '/v1/results/x'), ...text('x') }, 403);
    await call('deliverFailureByPath', { path: result.replace('results', 'failures'), ...text('x') }, 401);
    await call('reportProgressByPath', sendJson('POST', progress, { percent: 'x', what: 1 }), 422);
    await call('reportProgressByPath', { path: progress, ...text('x') }, 415);
    await call('offerUploadByPath', sendJson('POST', pathOf(opened, 'upload'), {}), 422);
  });

  test('C7 and a dependency that is away is', async ({ open, openTask, sender, tasks }) => {
    const opened = await openTask();
    const failing = await sender.receiver({ endpoint: sender.dynamodb.endpoint });
    sender.dynamodb.inject(() => ({ kind: 'error', status: 500 }));
    const event = { method: 'POST', path: pathOf(opened, 'result'), ...text('x') };
    await ask('deliverResultByPath', { send: (each) => failing.deliver(each) }, event, 503);
    await ask('getTask', tasks, { method: 'GET', path: `/v1/tasks/${opened.taskId}` }, 503);
    await ask('openTask', open, sendJson('POST', '/v1/tasks', aTaskBody()), 503);
    sender.clear();
  });

  test('public documents are', async ({ sender }) => {
    const handler = servePages({
      owner: 'metadata',
      origin: ORIGIN,
      logger: createLogger('test', 'metadata', () => {}),
      handle: createMetadataEndpoint({
        origin: ORIGIN,
        keys: async () => (await fetchPublicKeys(sender.kms.getPublicKey, [sender.kms.key.arn])).map(({ jwk }) => jwk),
        abbreviations: false,
        style: () => 'body {}',
      }),
    });
    const send = async (event: EventOverrides) =>
      read(await handler(anAlbEvent({ method: 'GET', ...event }), { awsRequestId: randomUUID() }));
    await ask('jwks', { send }, { path: '/.well-known/jwks.json' }, 200);
    await ask('apiDescription', { send }, { path: '/openapi.json' }, 200);
    await ask('problem', { send }, { path: '/problems/task_gone' }, 200);
    await ask('problem', { send }, { path: '/problems/task_gone', headers: { accept: 'application/json' } }, 200);
    await ask('problem', { send }, { path: '/problems/nothing' }, 404);
    await ask('health', { send }, { path: '/healthz' }, 200);
  });

  test.for(
    titled([
      {},
      { owner: 'user-12@example.com' },
      { owner: 'user 12' },
      { owner: '' },
      { owner: 'x'.repeat(65) },
      { resource: '' },
      { resource: 'x'.repeat(256) },
      { resource: '😀'.repeat(256) },
      { resource: 'x'.repeat(257) },
      { resource: null },
      { processor: 'A' },
      { processor: 7 },
      { expiresIn: 59 },
      { expiresIn: 60 },
      { expiresIn: 604_800 },
      { expiresIn: 604_801 },
      { expiresIn: 60.5 },
      { expiresIn: '60' },
      { heartbeat: 29 },
      { heartbeat: 30 },
      { callbacks: [] },
      { callbacks: ['result'] },
      { callbacks: ['result', 'result'] },
      { callbacks: ['result', 'nothing'] },
      { callbacks: 'result' },
      { carrier: 'header' },
      { carrier: 'pigeon' },
      { metadata: {} },
      { metadata: [] },
      { metadata: 'x' },
      { unknown: 1 },
    ]),
  )('a request to open a task with %s is taken where the description takes it', async ([_, overrides], { open }) => {
    const body = aTaskBody(overrides);
    const answer = await ask('openTask', open, sendJson('POST', '/v1/tasks', body));
    expect(described.takes('openTask', body)).toBe(answer.status === 201);
  });

  test.for(
    titled([
      {},
      { percent: 0 },
      { percent: 100, note: '' },
      { percent: -1 },
      { percent: 100.1 },
      { percent: '1' },
      { note: 'x'.repeat(256) },
      { note: '😀'.repeat(256) },
      { note: 'x'.repeat(257) },
      { unknown: 1 },
    ]),
  )('a progress report %s is taken where the description takes it', async ([_, report], { call, openTask }) => {
    const opened = await openTask({ callbacks: ['progress'] });
    const answer = await call('reportProgressByPath', sendJson('POST', pathOf(opened, 'progress'), report));
    expect(described.takes('reportProgressByPath', report)).toBe(answer.status === 200);
  });

  test.for(
    titled([
      {},
      { size: 0 },
      { size: 1.5 },
      { size: 5_368_709_120 },
      { size: 5_368_709_121 },
      { sha256: 'A'.repeat(64) },
      { sha256: '0'.repeat(63) },
      { contentType: 'text/plain; charset=utf-8' },
      { contentType: 'text/pläin' },
      { contentType: undefined },
      { unknown: 1 },
    ]),
  )('an upload offer with %s is taken where the description takes it', async ([_, overrides], { call, openTask }) => {
    const opened = await openTask({ callbacks: ['upload'] });
    const offer = { contentType: 'text/plain', size: 5, sha256, ...overrides };
    const answer = await call('offerUploadByPath', sendJson('POST', pathOf(opened, 'upload'), offer));
    expect(described.takes('offerUploadByPath', JSON.parse(JSON.stringify(offer)))).toBe(answer.status === 200);
  });

  test('both sides of the handshake are described', async ({ sender }) => {
    const caller = await openCaller();
    const proof = { kind: 'webhook', origins: [caller.origin] } as const;
    const handshake = aHandshakeFunction(sender.store, registryOf(aProcessor({ id: 'webhook-ocr', proof })));
    const send = { send: handshake.ask };
    const prove = (hash: string) => ({
      method: 'GET',
      path: '/v1/handshake',
      headers: { authorization: `Webhook ${caller.confirmUrl} ${hash}` },
    });
    const hash = await caller.hashFor(`${ORIGIN}/v1/handshake`);
    await ask('handshake', send, prove(hash), 200);
    await ask('handshake', send, prove(hash), 401);
    await ask('handshake', send, prove('none'), 400);
    const to = 'https://processor.example.com/jobs';
    const [, , own = ''] = (await handshake.ownCalls.start(to)).authorization.split(' ');
    await ask('confirmHandshake', send, sendJson('POST', '/v1/handshake/confirm', { hash: own, url: to }), 200);
    await ask('confirmHandshake', send, sendJson('POST', '/v1/handshake/confirm', { hash: own, url: to }), 401);
    await ask('confirmHandshake', send, sendJson('POST', '/v1/handshake/confirm', {}), 400);
    await caller.close();
  });

  test('every successful answer of the API was held against it', () => {
    // Pages are HTML. The tests of the operator API check its answers.
    const missing = ALL.filter(([, { access }]) => !access.kind.startsWith('operator')).flatMap(
      ([name, { method, path }]) =>
        Object.keys(DOCUMENT.paths[path]?.[method.toLowerCase()]?.responses ?? {})
          .filter((status) => Number(status) < 300 && !described.seen.has(`${name} ${status}`))
          .map((status) => `${name} ${status}`),
    );
    expect(missing).toEqual([]);
  });
});
