import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPolicy } from '../../../lambda/policy/cedar.ts';
import { readPolicies } from '../../../lib/environment/check-policies.ts';
import { InvalidEnvironment } from '../../../lib/environment/problem.ts';
import { readEnvironment } from '../../../lib/environment/read.ts';
import { openStore, type TestStore } from '../../support/engine.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import '../../support/matchers.ts';
import { expectUntouched } from '../../support/proofs.ts';
import { aReceiver, type OpenTask, putCode, putTask, readTask } from '../../support/receiver.ts';
import { aTaskBody, openSenderWorld, type SenderWorld } from '../../support/sender-world.ts';
import { aSigningKey, NOW } from '../../support/tokens.ts';

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

const key = await aSigningKey();
let store: TestStore;
let world: SenderWorld;
beforeAll(async () => {
  [store, world] = await Promise.all([openStore(), openSenderWorld()]);
});
afterAll(() => Promise.all([store.close(), world.close()]));

const receiver = (more: { readonly policies?: string } = {}) =>
  aReceiver({
    store,
    keys: [key],
    policy: () => (more.policies === undefined ? policy : createPolicy(readPolicies(more.policies))),
  });
const byPath = (task: OpenTask, body = '{}', headers: Record<string, string> = {}) => ({
  path: `${task.path('result')}/${task.tokens.result}`,
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

describe('a callback in an environment with policies', () => {
  test('that one permits is recorded, and the log line names it', async () => {
    const gateway = receiver();
    const task = await putTask(store, key);
    expect((await gateway.deliver(byPath(task))).status).toBe(200);
    expect(gateway.lines[0]).toMatchObject({ policy: 'allow results-from-the-office' });
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test('that one forbids is refused, whatever permits it; nothing is consumed, and it is counted', async () => {
    const gateway = receiver();
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

  test('that nothing permits is refused: what is not allowed is denied', async () => {
    const gateway = receiver();
    const task = await putTask(store, key);
    const elsewhere = byPath(task, '{}', { 'x-forwarded-for': '198.51.100.1' });
    expect(await gateway.deliver(elsewhere)).toBeRefusedWith('policy_denied');
    expect(gateway.lines[0]).toMatchObject({ policy: 'deny' });
    const upload = { ...byPath(task), path: `${task.path('upload')}/${task.tokens.upload}` };
    expect(await gateway.deliver(upload)).toBeRefusedWith('policy_denied');
    await expectUntouched(store, task);
  });

  test('is asked about before its payload is looked at, and after its token and source', async () => {
    const gateway = receiver();
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

  test('is known by owner and age as its token has them', async () => {
    const gateway = receiver();
    const theirs = await putTask(store, key, {}, { owner: 'guest-1' });
    expect(await gateway.deliver(byPath(theirs))).toBeRefusedWith('policy_denied');
    const ours = await putTask(store, key, {}, { owner: 'user-1' });
    expect((await gateway.deliver(byPath(ours))).status).toBe(200);

    const brief = await putTask(store, key, { processor: 'acme-ocr' });
    gateway.at(NOW + 1_801);
    expect((await gateway.deliver(byPath(brief))).status).toBe(200);
    const old = receiver({ policies: `permit (principal, action, resource) when { context.age <= 1800 };` });
    old.at(NOW + 1_801);
    expect(await old.deliver(byPath(await putTask(store, key)))).toBeRefusedWith('policy_denied');
  });

  test('by a short code is asked about too', async () => {
    const gateway = receiver({ policies: 'permit (principal, action, resource) when { context.carrier == "short" };' });
    const task = await putTask(store, key, { processor: 'short-ocr' });
    const path = `/c/${await putCode(store, task, 'result')}`;
    expect((await gateway.deliver({ ...byPath(task), path })).status).toBe(200);
  });

  test('is refused where a policy cannot be evaluated: it may have been the one that forbids', async () => {
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

  test('C7 is 503 where the policies cannot be asked', async () => {
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

describe('opening a task in an environment with policies', () => {
  test.each([
    ['acme-ocr', 201],
    ['strict-ocr', 403],
  ])('for %s is answered with %i', async (processor, status) => {
    const open = world.opener({ policy: () => policy });
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

describe('the policies of an environment file', () => {
  const problemsOf = (policies: unknown) => {
    try {
      readEnvironment('test', anAwsEnvironment({ policies: policies as string }));
      return [];
    } catch (error) {
      if (error instanceof InvalidEnvironment) return error.problems;
      throw error;
    }
  };

  test('are told apart by their ids, or where they stand', () => {
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
      /two policies of one id/,
    ],
    ['a template', 'permit (principal == ?principal, action, resource);', /template/],
    ['more than can be read', `// ${'x'.repeat(65_536)}\npermit (principal, action, resource);`, /characters/],
  ])('are refused with %s', (_, policies, words) => {
    const [problem] = problemsOf(policies);
    expect(problem).toMatchObject({ at: 'policies', value: expect.anything() });
    expect(String(problem?.value)).toMatch(words);
  });

  test('the example of the guide is one', () => {
    const guide = readFileSync(fileURLToPath(new URL('../../../docs/policies.md', import.meta.url)), 'utf8');
    const [, example = ''] = /^```cedar\n(.*?)^```$/ms.exec(guide) ?? [];
    expect(problemsOf(example)).toEqual([]);
  });
});
