import { describe, expect } from 'vitest';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { readPolicies } from '../../../../lib/config/policies.ts';
import { anApplication, applicationsOf } from '../../../support/applications.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { putTask, readTask } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const APPLICATIONS = applicationsOf(
  anApplication({ id: 'invoices', clients: ['local-sender'] }),
  anApplication({ id: 'orders', clients: ['orders-backend'] }),
);

const REQUESTS = {
  read: (id: string) => ({ method: 'GET', path: `/v1/tasks/${id}` }),
  'read, its result': (id: string) => ({ method: 'GET', path: `/v1/tasks/${id}/result` }),
  'read, its quarantine': (id: string) => ({ method: 'GET', path: `/v1/tasks/${id}/quarantine` }),
  list: () => ({ method: 'GET', path: '/v1/tasks' }),
  cancel: (id: string) => ({ method: 'DELETE', path: `/v1/tasks/${id}` }),
  'settle, accept': (id: string) => ({ path: `/v1/tasks/${id}/quarantine/late/accept` }),
  'settle, discard': (id: string) => ({ method: 'DELETE', path: `/v1/tasks/${id}/quarantine/late` }),
  reissue: (id: string) => ({ path: `/v1/tasks/${id}/callbacks` }),
} as const;

const test = base
  .extend('functionsWith', ({ sender }) => (policies: string) => {
    const options = { applications: APPLICATIONS, policy: () => createPolicy(readPolicies(policies)) };
    return { open: sender.opener(options), tasks: sender.tasks(options) };
  })
  .extend('send', ({ functionsWith }) => (policies: string, name: keyof typeof REQUESTS, taskId: string) => {
    const { open, tasks } = functionsWith(policies);
    return (name === 'reissue' ? open : tasks).send(REQUESTS[name](taskId));
  })
  .extend(
    'aTask',
    ({ key, sender }) =>
      async (overrides: Parameters<typeof putTask>[2] = {}) =>
        putTask(sender.store, key, { application: 'invoices', ...overrides }),
  );

describe('the policies of an environment', () => {
  test.for(Object.keys(REQUESTS) as (keyof typeof REQUESTS)[])(
    'are asked for the action of a sender: %s',
    async (name, { aTask, send, sender }) => {
      const { taskId } = await aTask();
      const before = await readTask(sender.store, taskId);
      const [action] = name.split(', ');
      const allOthers = `permit (principal, action, resource); forbid (principal, action == Action::"${action}", resource);`;
      expect(await send(allOthers, name, taskId)).toBeRefusedWith('policy_denied');
      expect(await readTask(sender.store, taskId)).toEqual(before);
      // New callbacks need `open` too.
      const needed = action === 'reissue' ? '[Action::"open", Action::"reissue"]' : `[Action::"${action}"]`;
      const onlyThis = `permit (principal is Sender, action in ${needed}, resource);`;
      const allowed = await send(onlyThis, name, taskId);
      expect((allowed.json as { readonly code?: string } | undefined)?.code).not.toBe('policy_denied');
    },
  );

  test('know the application of sender and task', async ({ aTask, send }) => {
    const { taskId } = await aTask();
    const within = (id: string) =>
      `permit (principal in Application::"${id}", action == Action::"read", resource in Application::"${id}");`;
    expect((await send(within('invoices'), 'read', taskId)).status).toBe(200);
    expect(await send(within('orders'), 'read', taskId)).toBeRefusedWith('policy_denied');
    const list = (id: string) => `permit (principal, action == Action::"list", resource == Application::"${id}");`;
    expect((await send(list('invoices'), 'list', taskId)).status).toBe(200);
    expect(await send(list('orders'), 'list', taskId)).toBeRefusedWith('policy_denied');
  });

  test('never open a task of another application', async ({ aTask, send, sender }) => {
    const { taskId } = await aTask({ application: 'orders' });
    for (const name of Object.keys(REQUESTS) as (keyof typeof REQUESTS)[]) {
      if (name === 'list') continue;
      sender.clear();
      const foreign = await send('permit (principal, action, resource);', name, taskId);
      const requests = sender.dynamodb.count();
      expect(foreign).toBeRefusedWith('task_unknown');
      sender.clear();
      await send('permit (principal, action, resource);', name, 'unknown');
      expect(sender.dynamodb.count()).toBe(requests);
    }
  });

  test('are named in the log line, with the task that was found', async ({ aTask, functionsWith }) => {
    const { taskId } = await aTask();
    const { tasks } = functionsWith('@id("readers") permit (principal, action == Action::"read", resource);');
    tasks.at(NOW * 1000);
    await tasks.send(REQUESTS.read(taskId));
    await tasks.send(REQUESTS.cancel(taskId));
    expect(tasks.lines).toMatchObject([
      { status: 200, taskId, application: 'invoices', policy: 'allow readers' },
      { status: 403, code: 'policy_denied', application: 'invoices', client: 'local-sender', policy: 'deny' },
    ]);
  });
});
