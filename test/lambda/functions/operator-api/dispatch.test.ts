import { DeleteItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { SweepRequest } from '../../../../lambda/contract/dispatch.ts';
import type { OperatorTaskView, ProcessorDispatchView } from '../../../../lambda/contract/operator-api.ts';
import type { RouteName } from '../../../../lambda/contract/routes.ts';
import { breakerKey, inputKey } from '../../../../lambda/contract/tables.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import type { BreakerItem } from '../../../../lambda/shared/dispatch/breaker-item.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { readAudit } from '../../../support/bulk-revocations.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { describedBy } from '../../../support/described.ts';
import {
  aDispatchedProcessor,
  aDispatchedTask,
  aFailedDispatch,
  storeDispatched,
  storeLookup,
} from '../../../support/dispatched.ts';
import type { TestStore } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { deliverAfterFailedDispatch } from '../../../support/late-after-failed-dispatch.ts';
import '../../../support/matchers.ts';
import { anOperatorApi, operatorTokens } from '../../../support/operator-api.ts';
import { countsOf, readTask } from '../../../support/receiver.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const described = describedBy(describeApi({ origin: ORIGIN, abbreviations: false }));

const WITHOUT_INPUT = { body: { webhook: '{{callbacks.result.url}}' } };

const REGISTRY = registryOf(
  aDispatchedProcessor('sent-ocr'),
  aProcessor({ id: 'header-ocr' }),
  aDispatchedProcessor('other-ocr', WITHOUT_INPUT),
);

const test = base
  .extend('tokens', { scope: 'file' }, ({ openProvider }) => operatorTokens(openProvider))
  .extend('sweeps', () => [] as SweepRequest[])
  .extend('api', ({ identityProvider, ownStore: store, sweeps }) =>
    anOperatorApi({
      store,
      verifier: identityProvider.verifier(),
      registry: REGISTRY,
      startSweep: async (request) => {
        sweeps.push(request);
      },
    }),
  );

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const post = (path: string, body: unknown = { reason: 'asked by phone', revision: 0 }) => ({
  method: 'POST',
  path: `/v1/operator/${path}`,
  headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' },
  body: JSON.stringify(body),
});
const get = (path: string) => ({ method: 'GET', path: `/v1/operator/${path}`, body: '' });

/** The answer's body, after a comparison with the API description. */
const read = <T>(route: RouteName, status: number, answer: Delivered): T => {
  described.answer(route, answer);
  expect(answer.status).toBe(status);
  return answer.json as T;
};

const IDLE: ProcessorDispatchView = {
  processor: 'other-ocr',
  revision: 0,
  queued: 0,
  failed: 0,
  lastHour: { accepted: 0, retried: 0, failed: 0 },
  breaker: 'closed',
};

const storeBreaker = (store: TestStore, processor: string, item: Partial<Omit<BreakerItem, 'state'>>, state: object) =>
  storeLookup(store, {
    lookupKey: breakerKey(processor),
    revision: 0,
    ...item,
    state: { round: 1, ...state },
  });

/** Kinds and times of the part of the timeline that has to do with the dispatch. */
const timelineSince = ({ timeline }: OperatorTaskView, seconds: number): readonly string[] =>
  timeline
    .filter((entry) => entry.kind.startsWith('dispatch') && entry.at >= at(seconds))
    .map((entry) => `${entry.kind} ${entry.at}`);

const inputOf = async (store: TestStore, taskId: string) => {
  const { Item } = await store.client.send(
    new GetItemCommand({ TableName: store.lookupsTable, Key: { lookupKey: { S: inputKey(taskId) } } }),
  );
  return Item && unmarshall(Item);
};

describe('the list of dispatch', () => {
  test('has the processors that work is sent to, with what waits and what failed', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    await storeDispatched(store, [
      aDispatchedTask({}, { queuedAt: NOW - 50, dispatchAt: NOW + 30 }),
      aDispatchedTask({ attempts: 2 }, { queuedAt: NOW - 400, dispatchAt: NOW + 90 }),
      // Its callbacks have expired, and the dispatcher has not found that yet.
      aDispatchedTask({}, { queuedAt: NOW - 9_000, expiresAt: at(NOW - 10) }),
      aDispatchedTask({ state: 'accepted', attempts: 1 }),
      aFailedDispatch(),
    ]);
    const answer = await api.send(tokens.reading, get('dispatch'));
    expect(read('operatorListDispatch', 200, answer)).toEqual({
      processors: [
        {
          ...IDLE,
          processor: 'sent-ocr',
          queued: 2,
          oldestAt: at(NOW - 400),
          failed: 1,
          nextAttemptAt: at(NOW + 30),
        },
        IDLE,
      ],
    });
  });

  test('says of an open breaker when the next attempt is made', async ({ api, ownStore: store, tokens }) => {
    await storeDispatched(store, [aDispatchedTask({}, { dispatchAt: NOW - 5 })]);
    await storeBreaker(store, 'sent-ocr', {}, { openUntil: (NOW + 70) * 1000 });
    await storeBreaker(store, 'other-ocr', {}, { openUntil: (NOW - 1) * 1000 });
    const { processors } = read<{ processors: ProcessorDispatchView[] }>(
      'operatorListDispatch',
      200,
      await api.send(tokens.reading, get('dispatch')),
    );
    expect(processors).toMatchObject([{ breaker: 'open', nextAttemptAt: at(NOW + 70) }, { breaker: 'halfOpen' }]);
  });

  test('shows a pause by Postern itself, and no next attempt', async ({ api, ownStore: store, tokens }) => {
    await storeDispatched(store, [aDispatchedTask({})]);
    const paused = { by: 'postern', reason: 'It answered 410 to 3 tasks.', at: at(NOW - 20) } as const;
    await storeBreaker(store, 'sent-ocr', { revision: 1, paused }, {});
    const answer = await api.send(tokens.reading, get('dispatch'));
    const { processors } = read<{ processors: ProcessorDispatchView[] }>('operatorListDispatch', 200, answer);
    expect(processors[0]).toEqual({
      ...IDLE,
      processor: 'sent-ocr',
      revision: 1,
      queued: 1,
      oldestAt: at(NOW),
      paused,
    });
  });

  test('sums the attempts of the last hour by outcome', async ({ identityProvider, ownStore: store, tokens }) => {
    const asked: { readonly start: number; readonly end: number }[] = [];
    const api = anOperatorApi({
      store,
      verifier: identityProvider.verifier(),
      registry: REGISTRY,
      getMetricData: async ({ EndTime: end, MetricDataQueries: queries, StartTime: start }) => {
        asked.push({ start, end });
        const metric = ({ MetricStat }: (typeof queries)[number]) =>
          `${MetricStat.Metric.MetricName}/${MetricStat.Metric.Dimensions.at(-1)?.Value}`;
        const values: Readonly<Record<string, number[]>> = {
          'DispatchAccepted/sent-ocr': [7, 3],
          'DispatchRetried/sent-ocr': [2],
          'DispatchFailed/other-ocr': [1],
        };
        return { MetricDataResults: queries.map((query) => ({ Id: query.Id, Values: values[metric(query)] ?? [] })) };
      },
    });
    const answer = await api.send(tokens.reading, get('dispatch'));
    expect(read('operatorListDispatch', 200, answer)).toMatchObject({
      processors: [
        { lastHour: { accepted: 10, retried: 2, failed: 0 } },
        { lastHour: { accepted: 0, retried: 0, failed: 1 } },
      ],
    });
    expect(asked).toEqual([{ start: NOW - 3_600, end: NOW }]);
  });
});

describe('a pause of a processor', () => {
  test('is shown, audited and counted, and a second one changes nothing', async ({ api, ownStore: store, tokens }) => {
    const request = { reason: 'their maintenance', revision: 0 };
    expect(described.takes('operatorPauseProcessor', request)).toBe(true);
    const pause = () => api.send(tokens.acting, post('processors/sent-ocr/pause', request));
    const paused = {
      ...IDLE,
      processor: 'sent-ocr',
      revision: 1,
      paused: { by: { sub: 'ada', issuer: expect.any(String) }, reason: 'their maintenance', at: at(NOW) },
    };
    expect(read('operatorPauseProcessor', 200, await pause())).toEqual(paused);
    expect(read('operatorPauseProcessor', 200, await pause())).toEqual(paused);
    const entries = await readAudit(store);
    const common = { action: 'pause', target: 'sent-ocr', reason: 'their maintenance', outcome: 'done' };
    expect(entries).toMatchObject([common, common]);
    expect(entries.filter(({ isRepeated }) => isRepeated === true)).toHaveLength(1);
    expect(countsOf(api.lines)).toMatchObject({ 'OperatorActions/pause': 1 });
  });

  test('ends by a resumption, which closes the breaker and has what is due sent', async ({
    api,
    ownStore: store,
    sweeps,
    tokens,
  }) => {
    const paused = { by: 'postern', reason: 'It answered 410 to 3 tasks.', at: at(NOW - 20) } as const;
    await storeBreaker(store, 'sent-ocr', { revision: 4, paused }, { openUntil: (NOW + 70) * 1000 });
    await storeDispatched(store, [aDispatchedTask({})]);
    const resume = (revision: number) =>
      api.send(tokens.acting, post('processors/sent-ocr/resume', { reason: 'they are back', revision }));
    const resumed = {
      ...IDLE,
      processor: 'sent-ocr',
      revision: 5,
      queued: 1,
      oldestAt: at(NOW),
      nextAttemptAt: at(NOW),
    };
    expect(read('operatorResumeProcessor', 200, await resume(4))).toEqual(resumed);
    expect(read('operatorResumeProcessor', 200, await resume(5))).toEqual(resumed);
    expect(sweeps).toEqual([
      { sweep: true, processor: 'sent-ocr' },
      { sweep: true, processor: 'sent-ocr' },
    ]);
    expect(countsOf(api.lines)).toMatchObject({ 'OperatorActions/resume_dispatch': 1 });
    expect(await readAudit(store)).toMatchObject([{ action: 'resume_dispatch' }, { action: 'resume_dispatch' }]);
  });

  test('is resumed although Lambda does not take the call', async ({ identityProvider, ownStore: store, tokens }) => {
    const startSweep = () => Promise.reject(new Error('away'));
    const api = anOperatorApi({ store, verifier: identityProvider.verifier(), registry: REGISTRY, startSweep });
    expect((await api.send(tokens.acting, post('processors/sent-ocr/resume'))).status).toBe(200);
  });

  test('is refused for another revision, an unknown processor and one that no work is sent to', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const stale = await api.send(tokens.acting, post('processors/sent-ocr/pause', { reason: 'r', revision: 3 }));
    described.answer('operatorPauseProcessor', stale);
    expect(stale).toBeRefusedWith('task_changed');
    expect(stale.json).toMatchObject({ revision: 0 });
    for (const processor of ['header-ocr', 'nobody', 'constructor']) {
      for (const action of ['pause', 'resume']) {
        const refused = await api.send(tokens.acting, post(`processors/${processor}/${action}`));
        expect(refused.status).toBe(404);
        expect(refused.json).toMatchObject({ code: 'processor_unknown' });
      }
    }
    const outcomes = (await readAudit(store)).map(({ outcome }) => outcome);
    expect(outcomes.sort()).toEqual([...Array(6).fill('processor_unknown'), 'task_changed']);
  });

  test('needs the role that may act, and the policies that allow it', async ({
    api,
    identityProvider,
    ownStore: store,
    tokens,
  }) => {
    const viewer = await api.send(tokens.reading, post('processors/sent-ocr/pause'));
    expect(viewer).toBeRefusedWith('operator_role_missing');
    const policy = createPolicy({
      onlyThis: `permit (principal, action == Action::"pause", resource)
        when { resource == Target::"sent-ocr" && resource.kind == "processor" && context.reason like "INC-*" };`,
    });
    const strict = anOperatorApi({
      store,
      verifier: identityProvider.verifier(),
      registry: REGISTRY,
      policy: () => policy,
    });
    const pause = (processor: string, reason: string) =>
      strict.send(tokens.acting, post(`processors/${processor}/pause`, { reason, revision: 0 }));
    expect(await pause('sent-ocr', 'no reason')).toBeRefusedWith('action_disabled');
    expect(await pause('other-ocr', 'INC-9: away')).toBeRefusedWith('action_disabled');
    expect((await pause('sent-ocr', 'INC-9: away')).status).toBe(200);
  });
});

describe('sending the work of a task again', () => {
  const again = (taskId: string, revision = 1) => post(`tasks/${taskId}/dispatch`, { reason: 'INC-7', revision });

  test('makes the next attempt of a queued task now', async ({ api, ownStore: store, tokens }) => {
    const task = aDispatchedTask({ attempts: 2, used: 2 }, { dispatchAt: NOW + 7_200 });
    await storeDispatched(store, [task]);
    const view = read<OperatorTaskView>('operatorDispatchTask', 200, await api.send(tokens.acting, again(task.taskId)));
    expect(view).toMatchObject({
      revision: 1,
      dispatch: { state: 'queued', attempts: 2 },
      timeline: [{ kind: 'opened' }, { kind: 'dispatchQueued', reason: 'INC-7', operator: { sub: 'ada' } }],
    });
    expect(await readTask(store, task.taskId)).toMatchObject({
      dispatchAt: NOW,
      change: 'dispatchQueued',
      callbacks: task.callbacks,
    });
    expect(await readAudit(store)).toMatchObject([
      { action: 'dispatch', taskId: task.taskId, target: task.taskId, revision: { before: 1, after: 1 } },
    ]);
  });

  test('sends new callbacks of an accepted task, and the operator sees none', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const task = aDispatchedTask({ state: 'accepted', attempts: 1, remoteId: 'job-1', acceptedAt: at(NOW - 30) });
    await storeDispatched(store, [task]);
    const answer = await api.send(tokens.acting, again(task.taskId));
    const view = read<OperatorTaskView>('operatorDispatchTask', 200, answer);
    expect(view).toMatchObject({ revision: 2, dispatch: { state: 'queued', attempts: 1 } });
    expect(view.dispatch).not.toHaveProperty('remoteId');
    expect(timelineSince(view, NOW - 30)).toEqual([`dispatched ${at(NOW - 30)}`, `dispatchQueued ${at(NOW)}`]);
    const stored = await readTask(store, task.taskId);
    expect(stored?.dispatch).toMatchObject({ state: 'queued', issue: 2, attemptsBefore: 1, used: 0 });
    const { jti = '' } = stored?.callbacks.result ?? {};
    expect(jti).not.toBe(task.callbacks.result?.jti);
    expect(answer.body.toString()).not.toContain(jti);
    expect(await inputOf(store, task.taskId)).toMatchObject({ issue: 2, expiresAt: stored?.purgeAt });
    expect(countsOf(api.lines)).toMatchObject({ 'OperatorActions/dispatch': 1 });
  });

  test('keeps every acceptance in the timeline, also that of a callback alone', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const progress = { at: at(NOW - 10), percent: 40 };
    const task = aDispatchedTask(
      { attempts: 2, attemptsBefore: 1, issue: 2 },
      { queuedAt: NOW - 20, progress, journal: [{ at: at(NOW - 30), kind: 'dispatched' }] },
    );
    await storeDispatched(store, [task]);
    const view = read<OperatorTaskView>('operatorDispatchTask', 200, await api.send(tokens.acting, again(task.taskId)));
    expect(timelineSince(view, NOW - 30)).toEqual([
      `dispatched ${at(NOW - 30)}`,
      `dispatched ${at(NOW - 10)}`,
      `dispatchQueued ${at(NOW)}`,
    ]);
  });

  test('reopens a task that failed because its work could not be sent', async ({ api, ownStore: store, tokens }) => {
    const task = aFailedDispatch();
    await storeDispatched(store, [task]);
    const view = read<OperatorTaskView>('operatorDispatchTask', 200, await api.send(tokens.acting, again(task.taskId)));
    expect(view).toMatchObject({ status: 'pending', revision: 2, dispatch: { state: 'queued', attempts: 4 } });
    expect(view.timeline.filter(({ operator }) => operator !== undefined)).toMatchObject([
      { kind: 'dispatchQueued', reason: 'INC-7' },
    ]);
    expect(await readTask(store, task.taskId)).toMatchObject({ change: 'reopened', dispatchAt: NOW });
  });

  test('is refused without input, during an attempt, and in states that do not allow it', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const cases = [
      ['not_dispatched', aDispatchedTask({ state: 'accepted', attempts: 1 })],
      ['dispatch_running', aDispatchedTask({ attempts: 1, lease: NOW + 20 })],
      ['dispatch_limit', aDispatchedTask({ state: 'accepted', issue: 20 })],
      ['task_closed', aDispatchedTask({}, { status: 'cancelled', closedAt: at(NOW) })],
      ['not_dispatched', aDispatchedTask({}, { processor: 'header-ocr' })],
      ['not_dispatched', aDispatchedTask({}, { dispatch: undefined })],
    ] as const;
    await storeDispatched(
      store,
      cases.map(([, task]) => task),
    );
    const [[, gone]] = cases;
    await store.client.send(
      new DeleteItemCommand({ TableName: store.lookupsTable, Key: { lookupKey: { S: inputKey(gone.taskId) } } }),
    );
    for (const [code, task] of cases) {
      const refused = await api.send(tokens.acting, again(task.taskId));
      described.answer('operatorDispatchTask', refused);
      expect(refused).toBeRefusedWith(code);
      expect(await readTask(store, task.taskId)).toMatchObject({ revision: 1, callbacks: task.callbacks });
    }
    const outcomes = (await readAudit(store)).map(({ outcome }) => outcome);
    expect(outcomes.sort()).toEqual(cases.map(([code]) => code).sort());
  });

  test('needs no input if the template of the processor names none', async ({ api, ownStore: store, tokens }) => {
    const task = aDispatchedTask({ state: 'accepted', attempts: 1 }, { processor: 'other-ocr' });
    await storeDispatched(store, [task]);
    await store.client.send(
      new DeleteItemCommand({ TableName: store.lookupsTable, Key: { lookupKey: { S: inputKey(task.taskId) } } }),
    );
    expect((await api.send(tokens.acting, again(task.taskId))).status).toBe(200);
  });

  test('follows a reopening, which stops the dispatch by itself', async ({ api, ownStore: store, tokens }) => {
    const receivedAt = at(NOW - 5);
    const task = aDispatchedTask(
      { state: 'accepted', attempts: 1, acceptedAt: at(NOW - 30), kid: 'k1' },
      {
        status: 'succeeded',
        closedAt: receivedAt,
        result: { contentType: 'text/plain', size: 1, sha256: 'a'.repeat(64), receivedAt },
        payload: new Uint8Array([1]),
      },
    );
    await storeDispatched(store, [task]);
    const reopened = await api.send(
      tokens.acting,
      post(`tasks/${task.taskId}/reopen`, { reason: 'wrong', revision: 1 }),
    );
    const view = read<OperatorTaskView>('operatorReopenTask', 200, reopened);
    expect(view).toMatchObject({ status: 'pending', dispatch: { state: 'stopped', reason: 'Revoked', attempts: 1 } });
    expect(view.dispatch).not.toHaveProperty('acceptedAt');
    const sent = read<OperatorTaskView>(
      'operatorDispatchTask',
      200,
      await api.send(tokens.acting, again(task.taskId, 2)),
    );
    expect(sent).toMatchObject({ dispatch: { state: 'queued' }, revision: 3 });
    for (const { timeline } of [view, sent]) {
      expect(timeline.filter(({ kind }) => kind === 'dispatched')).toEqual([{ at: at(NOW - 30), kind: 'dispatched' }]);
    }
  });
});

describe('a late delivery of a task that failed because its work could not be sent', () => {
  test('is accepted by an operator, once, and the audit log has it', async ({ api, key, ownStore: store, tokens }) => {
    const { taskId } = await deliverAfterFailedDispatch(store, key);
    const failed = read<OperatorTaskView>(
      'operatorGetTask',
      200,
      await api.send(tokens.reading, get(`tasks/${taskId}`)),
    );
    expect(failed).toMatchObject({ status: 'failed', dispatch: { state: 'failed' }, quarantine: [{ size: 4 }] });
    const path = `tasks/${taskId}/quarantine/${failed.quarantine[0]?.id}/accept`;
    const accept = async ({ revision }: OperatorTaskView) =>
      api.send(tokens.acting, post(path, { reason: 'INC-7', revision }));
    const accepted = read<OperatorTaskView>('operatorAcceptQuarantined', 200, await accept(failed));
    expect(accepted).toMatchObject({ status: 'succeeded', result: { size: 4 }, quarantine: [] });
    expect(accepted.revision).toBe(failed.revision + 1);
    expect(accepted.timeline.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['late', 'accepted']));
    expect((await accept(accepted)).json).toMatchObject({ code: 'quarantine_unknown' });
    const audit = await readAudit(store);
    expect(audit.map(({ action, outcome }) => `${action} ${outcome}`).sort()).toEqual([
      'accept done',
      'accept quarantine_unknown',
    ]);
  });
});
