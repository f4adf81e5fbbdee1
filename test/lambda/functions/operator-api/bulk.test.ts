import { describe, expect } from 'vitest';
import type { RouteName } from '../../../../lambda/contract/routes.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { aBulkFixture, readAudit } from '../../../support/bulk-revocations.ts';
import { describedBy } from '../../../support/described.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { anOperatorApi, operatorTokens } from '../../../support/operator-api.ts';
import { countsOf } from '../../../support/receiver.ts';
import { aStoredTask, storePending, storeTasks } from '../../../support/stored-task.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const described = describedBy(describeApi({ origin: ORIGIN, abbreviations: false }));

const test = base
  .extend('tokens', { scope: 'file' }, ({ openProvider }) => operatorTokens(openProvider))
  .extend('api', ({ identityProvider, ownStore: store }) =>
    anOperatorApi({ store, verifier: identityProvider.verifier() }),
  );

const post = (path: string, body: unknown) => ({
  method: 'POST',
  path: `/v1/operator/${path}`,
  headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const get = (path: string) => ({ method: 'GET', path: `/v1/operator/${path}`, body: '' });
const revoke = (body: unknown, processor = 'acme-ocr') => post(`processors/${processor}/revoke`, body);

const REASON = 'their database leaked';
const UNKNOWN = 'AAAAAAAAAAAAAAAAAAAAAA';

/** The answer's body, after a comparison with the API description. */
const read = <T>(route: RouteName, status: number, answer: Delivered): T => {
  described.answer(route, answer);
  expect(answer.status).toBe(status);
  return answer.json as T;
};
interface Plan {
  readonly planId: string;
  readonly count: number;
}

describe('a bulk revocation', () => {
  test('is planned, confirmed, watched and aborted, and each action is audited', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const taskIds = await storePending(store, 3);
    const planned = await api.send(tokens.acting, revoke({ plan: true }));
    const plan = read<Plan>('operatorRevokeAll', 200, planned);
    expect(plan).toEqual({
      planId: expect.any(String),
      count: 3,
      sample: [...taskIds].sort(),
      expiresAt: new Date((NOW + 600) * 1000).toISOString(),
    });
    expect(await readAudit(store)).toEqual([]);

    const confirmation = { planId: plan.planId, confirm: 3, reason: REASON };
    expect(described.takes('operatorRevokeAll', confirmation)).toBe(true);
    const started = await api.send(tokens.acting, revoke(confirmation));
    const { jobId } = read<{ jobId: string }>('operatorRevokeAll', 202, started);
    const running = { jobId, state: 'running', count: 3, done: 0, skipped: 0, failed: [], pace: 50 };
    expect(read('operatorGetJob', 200, await api.send(tokens.reading, get(`jobs/${jobId}`)))).toEqual(running);

    const abort = () => api.send(tokens.acting, post(`jobs/${jobId}/abort`, { reason: 'a false alarm' }));
    expect(read('operatorAbortJob', 200, await abort())).toEqual({ ...running, state: 'aborted' });
    expect(read('operatorAbortJob', 200, await abort())).toEqual({ ...running, state: 'aborted' });

    const common = { operator: { sub: 'ada' }, from: '198.51.100.7', outcome: 'done', jobId };
    const entries = (await readAudit(store)).toSorted((one, other) => (one.action > other.action ? -1 : 1));
    expect(entries).toMatchObject([
      { ...common, action: 'revoke_all', target: 'acme-ocr', reason: REASON },
      { ...common, action: 'abort', target: jobId, reason: 'a false alarm' },
      { ...common, action: 'abort', target: jobId },
    ]);
    // The second abort changes nothing.
    expect(countsOf(api.lines)).toMatchObject({ 'OperatorActions/revoke_all': 1, 'OperatorActions/abort': 1 });
    expect(api.lines.at(-1)).toMatchObject({ operator: 'ada', action: 'abort', jobId });
  });

  test('revokes the tasks with the operator and reason of the confirmation', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const [taskId] = await storePending(store, 1);
    const { planId } = read<Plan>('operatorRevokeAll', 200, await api.send(tokens.acting, revoke({ plan: true })));
    const started = await api.send(tokens.acting, revoke({ planId, confirm: 1, reason: REASON }));
    const { jobId } = read<{ jobId: string }>('operatorRevokeAll', 202, started);
    await aBulkFixture(store).work();
    const view = await api.send(tokens.reading, get(`tasks/${taskId}`));
    expect(view.json).toMatchObject({
      status: 'pending',
      revision: 2,
      timeline: [{ kind: 'opened' }, { kind: 'revoked', reason: REASON, operator: { sub: 'ada' } }],
    });
    const audit = await api.send(tokens.reading, get('audit'));
    expect(read('operatorListAudit', 200, audit)).toMatchObject({
      audit: expect.arrayContaining([
        expect.objectContaining({ action: 'revoke', taskId, jobId, reason: REASON, revision: { before: 1, after: 2 } }),
        expect.objectContaining({ action: 'revoke_all', jobId }),
      ]),
    });
  });

  test('is started although Lambda does not take the call', async ({ identityProvider, ownStore: store, tokens }) => {
    const startWorker = () => Promise.reject(new Error('away'));
    const api = anOperatorApi({ store, verifier: identityProvider.verifier(), startWorker });
    const { planId } = read<Plan>('operatorRevokeAll', 200, await api.send(tokens.acting, revoke({ plan: true })));
    expect((await api.send(tokens.acting, revoke({ planId, confirm: 0, reason: REASON }))).status).toBe(202);
  });

  test('with another number is refused, and the plan stays good', async ({ api, ownStore: store, tokens }) => {
    await storePending(store, 2);
    const { planId } = read<Plan>('operatorRevokeAll', 200, await api.send(tokens.acting, revoke({ plan: true })));
    for (const confirm of [1, 3]) {
      const refused = await api.send(tokens.acting, revoke({ planId, confirm, reason: REASON }));
      described.answer('operatorRevokeAll', refused);
      expect(refused).toBeRefusedWith('plan_changed');
    }
    expect((await api.send(tokens.acting, revoke({ planId, confirm: 2, reason: REASON }))).status).toBe(202);
    const again = await api.send(tokens.acting, revoke({ planId, confirm: 2, reason: REASON }));
    expect(again).toBeRefusedWith('plan_unknown');
    const outcomes = (await readAudit(store)).map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual(['done', 'plan_changed', 'plan_changed', 'plan_unknown']);
  });

  test('after 600 s, of another processor or of no plan is refused alike, and audited', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const plan = async () =>
      read<Plan>('operatorRevokeAll', 200, await api.send(tokens.acting, revoke({ plan: true }))).planId;
    const confirm = (planId: string, processor?: string) =>
      api.send(tokens.acting, revoke({ planId, confirm: 0, reason: REASON }, processor));
    const planId = await plan();
    expect(await confirm(planId, 'header-ocr')).toBeRefusedWith('plan_unknown');
    expect(await confirm(UNKNOWN)).toBeRefusedWith('plan_unknown');
    expect(await confirm(`${planId}#0`)).toBeRefusedWith('plan_unknown');
    api.at((NOW + 600) * 1000);
    expect(await confirm(planId)).toBeRefusedWith('plan_unknown');
    const targets = (await readAudit(store)).map(({ action, outcome, target }) => `${action} ${target} ${outcome}`);
    expect(targets.sort()).toEqual([
      'revoke_all acme-ocr plan_unknown',
      'revoke_all acme-ocr plan_unknown',
      'revoke_all acme-ocr plan_unknown',
      'revoke_all header-ocr plan_unknown',
    ]);
  });

  test('of an unknown processor or job gets 404, and is audited', async ({ api, ownStore: store, tokens }) => {
    const unknown = await api.send(tokens.acting, revoke({ plan: true }, 'other-ocr'));
    described.answer('operatorRevokeAll', unknown);
    expect([unknown.status, unknown.json]).toEqual([
      404,
      expect.objectContaining({ status: 404, code: 'processor_unknown' }),
    ]);
    const job = await api.send(tokens.acting, post(`jobs/${UNKNOWN}/abort`, { reason: REASON }));
    described.answer('operatorAbortJob', job);
    expect(job).toBeRefusedWith('job_unknown');
    expect(await readAudit(store)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ action: 'revoke_all', target: 'other-ocr', outcome: 'processor_unknown' }),
        expect.objectContaining({ action: 'abort', target: UNKNOWN, outcome: 'job_unknown', reason: REASON }),
      ]),
    );
    expect(await api.send(tokens.reading, get(`jobs/${UNKNOWN}`))).toBeRefusedWith('job_unknown');
  });

  const faults: readonly (readonly [string, unknown, string])[] = [
    ['nothing', {}, '/planId'],
    ['plan that is not true', { plan: false }, '/plan'],
    ['a plan and a reason', { plan: true, reason: REASON }, '/reason'],
    ['no number', { planId: UNKNOWN, reason: REASON }, '/confirm'],
    ['a negative number', { planId: UNKNOWN, confirm: -1, reason: REASON }, '/confirm'],
    ['half a task', { planId: UNKNOWN, confirm: 0.5, reason: REASON }, '/confirm'],
    ['a number as text', { planId: UNKNOWN, confirm: '3', reason: REASON }, '/confirm'],
    ['no reason', { planId: UNKNOWN, confirm: 3 }, '/reason'],
    ['a reason of 257 characters', { planId: UNKNOWN, confirm: 3, reason: 'x'.repeat(257) }, '/reason'],
    ['a plan id that is no text', { planId: 7, confirm: 3, reason: REASON }, '/planId'],
    ['a list', [], ''],
    ['a member twice', `{"planId":"${UNKNOWN}","confirm":1,"confirm":2,"reason":"r"}`, ''],
  ];
  test.for(faults)(
    'with %s is not understood, and not audited',
    async ([, body, pointer], { api, ownStore, tokens }) => {
      const answer = await api.send(tokens.acting, revoke(body));
      expect(answer).toBeRefusedWith('request_invalid');
      const { errors } = answer.json as { readonly errors: readonly { readonly pointer: string }[] };
      expect(errors.map((error) => error.pointer)).toContain(pointer);
      expect(await readAudit(ownStore)).toEqual([]);
    },
  );

  test('needs the role to act and the scope to write', async ({ api, ownStore: store, tokens }) => {
    const { planId } = read<Plan>('operatorRevokeAll', 200, await api.send(tokens.acting, revoke({ plan: true })));
    for (const body of [{ plan: true }, { planId, confirm: 0, reason: REASON }]) {
      expect(await api.send(tokens.reading, revoke(body))).toBeRefusedWith('operator_role_missing');
      expect(await api.send(tokens.readScope, revoke(body))).toBeRefusedWith('access_token_insufficient');
      expect(await api.send(tokens.nobody, revoke(body))).toBeRefusedWith('operator_role_missing');
    }
    expect(await api.send(tokens.reading, post(`jobs/${UNKNOWN}/abort`, { reason: REASON }))).toBeRefusedWith(
      'operator_role_missing',
    );
    for (const path of ['processors', 'processors/acme-ocr', `jobs/${UNKNOWN}`]) {
      expect(await api.send(tokens.writeScope, get(path))).toBeRefusedWith('access_token_insufficient');
      expect(await api.send(tokens.nobody, get(path))).toBeRefusedWith('operator_role_missing');
    }
    // Only those with at least one role.
    expect((await readAudit(store)).map(({ outcome, operator }) => `${operator.sub} ${outcome}`)).toEqual([
      'rita operator_role_missing',
      'rita operator_role_missing',
      'rita operator_role_missing',
    ]);
  });

  test('can be switched off by a setting or a policy', async ({ identityProvider, ownStore: store, tokens }) => {
    const verifier = identityProvider.verifier();
    const off = anOperatorApi({ store, verifier, disabledActions: ['revoke_all', 'abort'] });
    expect(await off.send(tokens.acting, revoke({ plan: true }, 'other-ocr'))).toBeRefusedWith('action_disabled');
    expect(await off.send(tokens.acting, post(`jobs/${UNKNOWN}/abort`, { reason: REASON }))).toBeRefusedWith(
      'action_disabled',
    );
    const policies = createPolicy({
      all: 'permit(principal is Operator, action, resource);',
      ticket:
        'forbid(principal is Operator, action == Action::"revoke_all", resource) unless { context.reason like "INC-*" };',
    });
    const api = anOperatorApi({ store, verifier, policy: () => policies });
    const { planId } = read<Plan>('operatorRevokeAll', 200, await api.send(tokens.acting, revoke({ plan: true })));
    const refused = await api.send(tokens.acting, revoke({ planId, confirm: 0, reason: REASON }));
    expect(refused).toBeRefusedWith('action_disabled');
    const ticket = await api.send(tokens.acting, revoke({ planId, confirm: 0, reason: 'INC-88' }));
    expect(ticket.status).toBe(202);
  });
});

describe('the processors', () => {
  test('are listed and read as the API description says', async ({ api, ownStore: store, tokens }) => {
    await storePending(store, 2);
    await storeTasks(store, [aStoredTask({ processor: 'header-ocr' })]);
    const list = read<{ processors: readonly { id: string; pending: number }[] }>(
      'operatorListProcessors',
      200,
      await api.send(tokens.reading, get('processors')),
    );
    const pending = list.processors.filter((one) => one.pending > 0).map((one) => [one.id, one.pending]);
    expect(pending).toEqual([
      ['acme-ocr', 2],
      ['header-ocr', 1],
    ]);
    const one = read('operatorGetProcessor', 200, await api.send(tokens.reading, get('processors/acme-ocr')));
    expect(one).toEqual(list.processors.find(({ id }) => id === 'acme-ocr'));
  });

  test('of an unknown id get 404, and another parameter 400', async ({ api, tokens }) => {
    const answer = await api.send(tokens.reading, get('processors/other-ocr'));
    described.answer('operatorGetProcessor', answer);
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({ status: 404, code: 'processor_unknown' });
    const query = { ...get('processors'), query: { limit: ['3'] } };
    expect(await api.send(tokens.reading, query)).toBeRefusedWith('request_invalid');
  });

  test('are unavailable without CloudWatch', async ({ identityProvider, ownStore: store, tokens }) => {
    const getMetricData = () => Promise.reject(new Error('away'));
    const api = anOperatorApi({ store, verifier: identityProvider.verifier(), getMetricData });
    expect(await api.send(tokens.reading, get('processors'))).toBeRefusedWith('unavailable');
  });
});
