import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { clientNamed, type ReadyFile } from '../../../local/ready-file.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { run, untilReady } from './running-gateway.ts';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const APP = fileURLToPath(new URL('../../support/example-app.ts', import.meta.url));

const test = base
  /** Folder of an app with the example environments. */
  .extend('app', { scope: 'file' }, ({ folder }) => {
    const app = join(folder, 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'cdk.json'), JSON.stringify({ app: `node --import ${TSX} ${APP}` }));
    return app;
  })
  .extend('data', { scope: 'file' }, ({ folder }) => join(folder, 'data'))
  /** `npm start -- --environment rehearsal`, for the whole file. */
  .extend('program', { scope: 'file' }, ({ app, data }, { onCleanup }) => {
    const options = ['--no-story', '--environment', 'rehearsal'];
    const program = run('start', options, { POSTERN_DATA: data }, app);
    onCleanup(async () => {
      program.process.kill('SIGTERM');
      await program.ended;
    });
    return program;
  })
  .extend('ready', { scope: 'file' }, ({ data, program }) => untilReady(program, data));

/** Opens a task as a client of the environment. */
const open = async (ready: ReadyFile, clientName: string, processor: string): Promise<Response> => {
  const client = clientNamed(ready.clients, clientName) ?? expect.fail(`no client ${clientName}`);
  const token = await requestAccessToken(ready.idp, client, 'task_read task_write');
  return await fetch(`${ready.gateway}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ processor, resource: 'invoice-77', expiresIn: 3_600 }),
  });
};

interface Opened {
  readonly taskId: string;
  readonly callbacks: { readonly result: { readonly url: string; readonly token: string } };
}

describe('npm start with another environment', () => {
  test('has its processors, and its clients under their client ids', ({ ready }) => {
    expect(ready).toMatchObject({
      environment: 'rehearsal',
      processors: ['acme-ocr', 'header-ocr'],
      clients: {
        sender: { clientId: 'invoices-backend' },
        'invoices-backend': { clientId: 'invoices-backend', scope: 'task_read task_write' },
        'orders-backend': { clientId: 'orders-backend' },
        operator: { clientId: 'local-operator' },
      },
    });
    expect(ready.clients).not.toHaveProperty('small');
  });

  test('takes a callback of a processor of the environment', async ({ ready }) => {
    const opened = await open(ready, 'orders-backend', 'header-ocr');
    expect(opened.status).toBe(201);
    const { callbacks, taskId } = (await opened.json()) as Opened;
    const delivered = await fetch(callbacks.result.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${callbacks.result.token}`, 'content-type': 'application/json' },
      body: '{"text":"Total 42.00"}',
    });
    expect(await delivered.json()).toMatchObject({ taskId, status: 'succeeded' });
  });

  test('lets an application open tasks for its own processors only', async ({ ready }) => {
    const refused = await open(ready, 'orders-backend', 'acme-ocr');
    expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'processor_unknown' }]);
    expect((await open(ready, 'invoices-backend', 'acme-ocr')).status).toBe(201);
  });

  test('says what is different from AWS, and keeps its data apart', async ({ data, program, ready }) => {
    expect(program.said()).toContain(
      'Different from "rehearsal" on AWS:\n  alarmSubscribers: nobody is notified; the console shows raised alarms.\n',
    );
    expect(ready.events.file).toBe(join(data, 'environments/rehearsal/events.jsonl'));
    expect(existsSync(join(data, 'tables'))).toBe(false);
  });

  test('gives tokens to its clients by their ids', async ({ app, data, ready: _ }) => {
    const token = run('token', ['--as', 'orders-backend'], { POSTERN_DATA: data }, app);
    expect(await token.ended).toBe(0);
    const payload = JSON.parse(Buffer.from(token.said().split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(payload).toMatchObject({ client_id: 'orders-backend', scope: 'task_read task_write', roles: ['sender'] });
  });

  test('ends with 1 for an environment that the app does not have, and lists the others', async ({
    app,
    ownFolder,
  }) => {
    const program = run('start', ['--environment', 'nowhere'], { POSTERN_DATA: ownFolder }, app);
    expect(await program.ended).toBe(1);
    expect(program.said()).toContain('is "nowhere"; expected one of production, rehearsal, trial.');
    expect(program.said()).not.toMatch(/^ {4}at /m);
  });

  test('makes no week of tasks, which needs the processors of local', async ({ app, ownFolder }) => {
    const program = run('start', ['--environment', 'trial', '--seed'], { POSTERN_DATA: ownFolder }, app);
    expect(await program.ended).toBe(1);
    expect(program.said()).toContain('--seed needs the environment "local"');
  });
});
