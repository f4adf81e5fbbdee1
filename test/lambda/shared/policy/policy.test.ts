import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { createS3PayloadStore } from '../../../../lambda/functions/receive/store/s3-payload-store.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { InvalidEnvironment } from '../../../../lib/config/errors.ts';
import { readPolicies } from '../../../../lib/config/policies.ts';
import { readEnvironment } from '../../../../lib/config/read.ts';
import { Description } from '../../../../lib/config/show.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { anAwsEnvironment } from '../../../support/environments.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { expectUntouched } from '../../../support/proofs.ts';
import { aReceiver, type OpenTask, putCode, putTask, readTask } from '../../../support/receiver.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW } from '../../../support/tokens.ts';

const POLICIES = `
@id("results-from-the-office")
permit (principal, action in [Action::"result", Action::"failure"], resource)
when { context has source && context.source.isInRange(ip("203.0.113.0/24")) };

@id("reports-of-anyone")
permit (principal, action == Action::"progress", resource);

@id("no-large-results-in-a-url")
forbid (principal is Processor, action, resource)
when { context.carrier == "path" && context.size > 100 };

@id("no-token-older-than-half-an-hour")
forbid (principal == Processor::"brief-ocr", action, resource)
when { context.age > 1800 };

@id("owners-of-ours")
forbid (principal, action, resource)
when { resource has owner && !(resource.owner like "user-*") };

@id("opening")
permit (principal == Sender::"local-sender", action == Action::"open", resource)
unless { resource.processor == "strict-ocr" };
`;
const policy = createPolicy(readPolicies(POLICIES));

const byPath = (task: OpenTask, body = '{}', headers: Record<string, string> = {}) => ({
  path: `${task.path('result')}/${task.tokens.result}`,
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

const test = base
  .extend(
    'receiverWith',
    ({ key, store }) =>
      (more: { readonly policies?: string } = {}) =>
        aReceiver({
          store,
          keys: [key],
          // A URL is signed without a request.
          payloads: createS3PayloadStore('payloads', LOCAL_CLIENT),
          policy: () => (more.policies === undefined ? policy : createPolicy(readPolicies(more.policies))),
        }),
  )
  .extend('offer', ({ key, receiverWith, store }) => async (policies: string, body: unknown) => {
    const gateway = receiverWith({ policies });
    const task = await putTask(store, key);
    const answer = await gateway.deliver({
      path: `${task.path('upload')}/${task.tokens.upload}`,
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { answer, task, lines: gateway.lines };
  });

describe('a callback in an environment with policies', () => {
  test('is recorded if a policy permits it, and the log line names the policy', async ({
    key,
    receiverWith,
    store,
  }) => {
    const gateway = receiverWith();
    const task = await putTask(store, key);
    expect((await gateway.deliver(byPath(task))).status).toBe(200);
    expect(gateway.lines[0]).toMatchObject({ policy: 'allow results-from-the-office' });
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test('is refused and counted if a policy forbids it, even if another permits it', async ({
    key,
    receiverWith,
    store,
  }) => {
    const gateway = receiverWith();
    const task = await putTask(store, key);
    expect(await gateway.deliver(byPath(task, JSON.stringify('x'.repeat(200))))).toBeRefusedWith('policy_denied');
    expect(gateway.lines[0]).toMatchObject({ policy: 'deny no-large-results-in-a-url', processor: 'acme-ocr' });
    expect(gateway.counts()).toMatchObject({ 'TokenRefused/policy_denied': 1 });
    await expectUntouched(store, task);
    expect(
      (
        await gateway.deliver({
          ...byPath(task, JSON.stringify('x'.repeat(200))),
          path: task.path('result'),
          headers: { 'content-type': 'application/json', authorization: `Bearer ${task.tokens.result}` },
        })
      ).status,
    ).toBe(200);
  });

  test('is refused if no policy permits it', async ({ key, receiverWith, store }) => {
    const gateway = receiverWith();
    const task = await putTask(store, key);
    const elsewhere = byPath(task, '{}', { 'x-forwarded-for': '198.51.100.1' });
    expect(await gateway.deliver(elsewhere)).toBeRefusedWith('policy_denied');
    expect(gateway.lines[0]).toMatchObject({ policy: 'deny' });
    const upload = { ...byPath(task), path: `${task.path('upload')}/${task.tokens.upload}` };
    expect(await gateway.deliver(upload)).toBeRefusedWith('policy_denied');
    await expectUntouched(store, task);
  });

  test('is checked after its token and source, and before its payload', async ({ key, receiverWith, store }) => {
    const gateway = receiverWith();
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    const event = {
      path: task.path('result'),
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${task.tokens.result}`,
        'x-forwarded-for': '198.51.100.1',
      },
      body: 'not JSON',
    };
    expect(await gateway.deliver(event)).toBeRefusedWith('policy_denied');
    const forged = { ...event, headers: { ...event.headers, authorization: 'Bearer a.b.c' } };
    expect(await gateway.deliver(forged)).toBeRefusedWith('token_malformed');
    const office = await putTask(store, key, { processor: 'office-ocr' });
    const outside = {
      ...event,
      path: office.path('result'),
      headers: { ...event.headers, authorization: `Bearer ${office.tokens.result}`, 'x-forwarded-for': '192.0.2.9' },
    };
    expect(await gateway.deliver(outside)).toBeRefusedWith('source_refused');
  });

  test('has the owner and age of its token', async ({ key, receiverWith, store }) => {
    const gateway = receiverWith();
    const theirs = await putTask(store, key, {}, { owner: 'guest-1' });
    expect(await gateway.deliver(byPath(theirs))).toBeRefusedWith('policy_denied');
    const ours = await putTask(store, key, {}, { owner: 'user-1' });
    expect((await gateway.deliver(byPath(ours))).status).toBe(200);

    const brief = await putTask(store, key, { processor: 'acme-ocr' });
    gateway.at(NOW + 1_801);
    expect((await gateway.deliver(byPath(brief))).status).toBe(200);
    const old = receiverWith({ policies: `permit (principal, action, resource) when { context.age <= 1800 };` });
    old.at(NOW + 1_801);
    expect(await old.deliver(byPath(await putTask(store, key)))).toBeRefusedWith('policy_denied');
  });

  test('is checked if it came by a short code', async ({ key, receiverWith, store }) => {
    const gateway = receiverWith({
      policies: 'permit (principal, action, resource) when { context.carrier == "short" };',
    });
    const task = await putTask(store, key, { processor: 'short-ocr' });
    const path = `/c/${await putCode(store, task, 'result')}`;
    expect((await gateway.deliver({ ...byPath(task), path })).status).toBe(200);
  });

  test('is refused if a policy cannot be evaluated, because it may be one that forbids', async ({ key, store }) => {
    const broken = createPolicy({
      all: 'permit (principal, action, resource);',
      broken: 'forbid (principal, action, resource) when { resource.owner == "x" };',
    });
    const gateway = aReceiver({ store, keys: [key], policy: () => broken });
    const task = await putTask(store, key);
    expect(await gateway.deliver(byPath(task))).toBeRefusedWith('policy_denied');
    expect(gateway.lines[0]).toMatchObject({ policy: 'deny all !broken' });
    await expectUntouched(store, task);
  });

  test('C7 gets 503 if the policies cannot be read', async ({ key, store }) => {
    const gateway = aReceiver({
      store,
      keys: [key],
      policy: () => {
        throw new Error('gone');
      },
    });
    const task = await putTask(store, key);
    expect(await gateway.deliver(byPath(task))).toBeRefusedWith('unavailable');
    await expectUntouched(store, task);
  });
});

describe('the context of a callback for policies', () => {
  const SMALL_ONLY = `permit (principal, action, resource);
    @id("small-only") forbid (principal, action, resource) when { context.size > 100000 };`;
  const NO_JSON = `permit (principal, action, resource);
    @id("no-json") forbid (principal, action, resource) when { context.contentType == "application/json" };`;
  const PDF_ONLY = 'permit (principal, action, resource) when { context.contentType == "application/pdf" };';
  const OFFER = { contentType: 'application/pdf', size: 100_000, sha256: 'a'.repeat(64) };

  test('has the offered size of an upload, not the size of the offer', async ({ offer, store }) => {
    expect((await offer(SMALL_ONLY, OFFER)).answer.status).toBe(200);
    const { answer, lines, task } = await offer(SMALL_ONLY, { ...OFFER, size: 100_001 });
    expect(answer).toBeRefusedWith('policy_denied');
    expect(lines[0]).toMatchObject({ policy: 'deny small-only' });
    await expectUntouched(store, task);
    expect((await offer(SMALL_ONLY, { ...OFFER, size: 5_000_000_000 })).answer).toBeRefusedWith('policy_denied');
  });

  test('has the offered content type of an upload, without parameters and in lower case', async ({ offer }) => {
    expect((await offer(PDF_ONLY, OFFER)).answer.status).toBe(200);
    expect((await offer(PDF_ONLY, { ...OFFER, contentType: 'Application/PDF; name="a.pdf"' })).answer.status).toBe(200);
    expect((await offer(PDF_ONLY, { ...OFFER, contentType: 'text/plain' })).answer).toBeRefusedWith('policy_denied');
    // The processor does not send it either; the policies come first.
    expect((await offer(PDF_ONLY, { ...OFFER, contentType: 'text/html' })).answer).toBeRefusedWith('policy_denied');
  });

  test.for<[string, unknown]>([
    ['is not JSON', '{'],
    ['is null', 'null'],
    ['is a list', '[]'],
    ['is empty', {}],
    ['has a size that is a text', { ...OFFER, size: '1' }],
    ['has a size above any integer', { ...OFFER, size: 1e300 }],
    ['has a size of 0', { ...OFFER, size: 0 }],
    ['has no content type', { ...OFFER, contentType: undefined }],
    ['has a malformed content type', { ...OFFER, contentType: 'pdf' }],
    ['has a content type that is a list', { ...OFFER, contentType: ['application/pdf'] }],
    ['has a malformed digest', { ...OFFER, sha256: 'a' }],
    ['has a member more', { ...OFFER, url: 'https://elsewhere.example' }],
  ])('does not prevent the refusal of an offer that %s', async ([_, body], { offer, store }) => {
    const allowed = await offer('permit (principal, action, resource);', body);
    expect(allowed.answer).toBeRefusedWith('payload_invalid');
    await expectUntouched(store, allowed.task);
    // Before the form is refused, the policies are.
    const denied = await offer('permit (principal, action == Action::"progress", resource);', body);
    expect(denied.answer).toBeRefusedWith('policy_denied');
    await expectUntouched(store, denied.task);
  });

  test.for(['application/json', 'application/json; a=b', 'Application/JSON;charset=utf-8', 'application/json ; a="b"'])(
    'has the type application/json for a result sent as %s',
    async (type, { key, receiverWith, store }) => {
      const gateway = receiverWith({ policies: NO_JSON });
      const task = await putTask(store, key);
      expect(await gateway.deliver(byPath(task, '{}', { 'content-type': type }))).toBeRefusedWith('policy_denied');
      await expectUntouched(store, task);
    },
  );

  test('has the size of a result’s body in bytes', async ({ key, receiverWith, store }) => {
    const gateway = receiverWith({
      policies:
        'permit (principal, action, resource) when { context.size <= 100 && context.contentType == "text/plain" };',
    });
    const deliver = async (bytes: number) =>
      gateway.deliver(byPath(await putTask(store, key), 'é'.repeat(bytes / 2), { 'content-type': 'Text/Plain; a=b' }));
    expect((await deliver(100)).status).toBe(200);
    expect(await deliver(102)).toBeRefusedWith('policy_denied');
  });
});

describe('a request to create a task in an environment with policies', () => {
  test.for([
    ['acme-ocr', 201],
    ['strict-ocr', 403],
  ] as const)('for %s gets %i', async ([processor, status], { sender }) => {
    const open = sender.opener({ policy: () => policy });
    const answer = await open.send({
      method: 'POST',
      path: '/v1/tasks',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(aTaskBody({ processor })),
    });
    expect(answer.status).toBe(status);
    expect(open.lines.at(-1)).toMatchObject({ policy: status === 201 ? 'allow opening' : 'deny' });
    if (status === 403) expect(answer).toBeRefusedWith('policy_denied');
  });
});

describe('every route that issues callbacks evaluates the policies', () => {
  const PERMITTED = `
@id("opening")
permit (principal == Sender::"local-sender", action in [Action::"open", Action::"reissue"], resource is Task)
when {
  resource.processor == "acme-ocr" &&
  resource has resource && resource.resource == "invoice-77" &&
  resource has owner && resource.owner == "user-12"
};
@id("no-tokens-in-urls") forbid (principal, action in [Action::"open", Action::"reissue"], resource) when { context.carrier == "path" };
@id("one-hour-at-most") forbid (principal, action in [Action::"open", Action::"reissue"], resource) when { context.expiresIn > 3600 };
@id("no-uploads")
forbid (principal, action in [Action::"open", Action::"reissue"], resource) when { context.callbacks.contains("upload") };
`;
  const ours = () => createPolicy(readPolicies(PERMITTED));
  /** Policies that permit this sender nothing. */
  const nothing = () => createPolicy(readPolicies('permit (principal is Processor, action, resource);'));
  const body = aTaskBody({ carrier: 'header', owner: 'user-12' });
  const post = (path: string, json: object, headers: Record<string, string> = {}) => ({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(json),
  });

  test.for<[string, object]>([
    ['no-tokens-in-urls', { carrier: 'path' }],
    ['one-hour-at-most', { expiresIn: 3_601 }],
    ['no-uploads', { callbacks: ['result', 'upload'] }],
  ])('re-issue does not give what %s forbids at the creation', async ([id, terms], { sender }) => {
    const open = sender.opener({ ...sender.signBy('kms'), policy: ours });
    const { taskId } = (await open.send(post('/v1/tasks', body))).json as Opened;
    const before = await readTask(sender.store, taskId);
    const signed = sender.keyService.count('Sign');
    expect(await open.send(post(`/v1/tasks/${taskId}/callbacks`, terms))).toBeRefusedWith('policy_denied');
    expect(open.lines.at(-1)).toMatchObject({ policy: `deny ${id}`, client: 'local-sender', taskId });
    expect(await readTask(sender.store, taskId)).toEqual(before);
    expect(sender.keyService.count('Sign')).toBe(signed);
    expect((await open.send(post(`/v1/tasks/${taskId}/callbacks`, { expiresIn: 3_600 }))).status).toBe(201);
    expect(open.lines.at(-1)).toMatchObject({ policy: 'allow opening' });
  });

  test('re-issue checks omitted members with their effective values', async ({ sender }) => {
    const permissive = () => createPolicy(readPolicies('permit (principal, action, resource);'));
    const { taskId } = (
      await sender.opener({ policy: permissive }).send(post('/v1/tasks', aTaskBody({ ...body, carrier: 'path' })))
    ).json as Opened;
    const open = sender.opener({ policy: ours });
    expect(await open.send({ path: `/v1/tasks/${taskId}/callbacks` })).toBeRefusedWith('policy_denied');
    expect((await open.send(post(`/v1/tasks/${taskId}/callbacks`, { carrier: 'header' }))).status).toBe(201);
  });

  test('re-issue gives no callbacks of others to a sender that no policy permits', async ({ sender }) => {
    const { taskId } = (await sender.opener({ policy: ours }).send(post('/v1/tasks', body))).json as Opened;
    const before = await readTask(sender.store, taskId);
    const other = sender.opener({ policy: nothing });
    expect(await other.send(post(`/v1/tasks/${taskId}/callbacks`, {}))).toBeRefusedWith('policy_denied');
    expect(await readTask(sender.store, taskId)).toEqual(before);
  });

  test.for(['pending', 'cancelled'])(
    'a repeated creation is checked again, also after the task is %s',
    async (status, { sender }) => {
      const again = { 'Idempotency-Key': `policies ${status}` };
      const first = await sender.opener({ policy: ours }).send(post('/v1/tasks', body, again));
      const { taskId } = first.json as Opened;
      if (status === 'cancelled') await sender.tasks().send({ method: 'DELETE', path: `/v1/tasks/${taskId}` });
      const signed = sender.keyService.count('Sign');
      const refusing = sender.opener({ ...sender.signBy('kms'), policy: nothing });
      expect(await refusing.send(post('/v1/tasks', body, again))).toBeRefusedWith('policy_denied');
      expect(sender.keyService.count('Sign')).toBe(signed);
      const open = sender.opener({ policy: ours });
      expect(await open.send(post('/v1/tasks', body, again))).toMatchObject({ status: 201, json: { taskId, status } });
      expect(open.lines.at(-1)).toMatchObject({ policy: 'allow opening', repeated: true });
    },
  );
});

describe('the policies of an environment file', () => {
  const problemsOf = (policies: unknown) => {
    try {
      readEnvironment('test', anAwsEnvironment({ policies: policies as string }));
      return [];
    } catch (error) {
      if (error instanceof InvalidEnvironment) return error.errors;
      throw error;
    }
  };

  test('are distinguished by their ids, or by their position', () => {
    const { policies = {} } = readEnvironment(
      'test',
      anAwsEnvironment({ policies: `${POLICIES}permit (principal, action == Action::"upload", resource);` }),
    );
    expect(Object.keys(policies)).toEqual([
      'results-from-the-office',
      'reports-of-anyone',
      'no-large-results-in-a-url',
      'no-token-older-than-half-an-hour',
      'owners-of-ours',
      'opening',
      'policy6',
    ]);
    expect(readEnvironment('test', anAwsEnvironment()).policies).toBeUndefined();
  });

  test.each<[string, unknown, RegExp]>([
    ['nothing', '', /characters/],
    ['a list', [], /^$/],
    ['what does not parse', 'permit (principal, action);', /./],
    [
      'an attribute that is not there',
      'permit (principal, action, resource) when { resource.colour == "red" };',
      /colour/,
    ],
    [
      'an optional attribute without asking',
      'permit (principal, action, resource) when { resource.owner == "x" };',
      /owner/,
    ],
    ['an action that is not there', 'permit (principal, action == Action::"delete", resource);', /delete/],
    ['another type', 'permit (principal, action, resource) when { context.size > "100" };', /./],
    ['a policy that can never hold', 'permit (principal is Sender, action == Action::"result", resource);', /./],
    [
      'two of one id',
      '@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);',
      /two policies have the @id "a"/,
    ],
    ['a template', 'permit (principal == ?principal, action, resource);', /template/],
    ['more than can be read', `// ${'x'.repeat(65_536)}\npermit (principal, action, resource);`, /characters/],
  ])('are refused with %s', (_, policies, words) => {
    const [problem] = problemsOf(policies);
    expect(problem?.at).toBe('policies');
    expect(problem?.value instanceof Description ? problem.value.words : String(problem?.value)).toMatch(words);
  });

  test('accept the example of the guide', () => {
    const guide = readFileSync(fileURLToPath(new URL('../../../../docs/operate/policies.md', import.meta.url)), 'utf8');
    const [, example = ''] = /^```cedar\n(.*?)^```$/ms.exec(guide) ?? [];
    expect(problemsOf(example)).toEqual([]);
  });
});
