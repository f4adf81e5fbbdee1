import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { describe, expect } from 'vitest';
import { COMMANDS, GROUPS } from '../../cli/commands.ts';
import { runCli } from '../../cli/run-cli.ts';
import { requestAccessToken } from '../../scenario/access-token.ts';
import { test as base } from '../local/start/gateway-fixtures.ts';
import { runPostern } from '../support/command-line.ts';
import { EVENTUALLY } from '../support/patience.ts';

interface Listed {
  readonly taskId: string;
  readonly status: string;
}

interface View extends Listed {
  readonly revision: number;
  readonly quarantine: readonly { readonly id: string }[];
}

interface Opened {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<'result', { readonly url: string; readonly token?: string }>>;
}

/** A gateway with a week of tasks, in which operators have acted. */
const test = base
  .extend('options', { scope: 'file' }, (): readonly string[] => ['--seed'])
  .extend('seeded', { scope: 'file', auto: true }, async ({ program }) => {
    await expect.poll(program.said, EVENTUALLY).toContain('Running until Ctrl-C.');
  })
  .extend(
    'postern',
    ({ folder, ownFolder }) =>
      (...words: readonly string[]) =>
        runPostern(['operator', ...words], { cwd: ownFolder, env: { POSTERN_DATA: folder } }),
  )
  /** Runs a command that must succeed, and reads its JSON. */
  .extend('json', ({ postern }) => async <T>(...words: readonly string[]): Promise<T> => {
    const { code, stderr, stdout } = await postern(...words, '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    return JSON.parse(stdout) as T;
  })
  /** The answer of the operator API itself. */
  .extend('get', ({ ready }) => async (path: string): Promise<unknown> => {
    const accessToken = await requestAccessToken(ready.idp, ready.clients.operator, 'operator_read');
    const response = await fetch(ready.gateway + path, { headers: { authorization: `Bearer ${accessToken}` } });
    return response.json();
  })
  .extend('open', ({ accessToken, ready }) => async (more: object = {}): Promise<Opened> => {
    const response = await fetch(`${ready.gateway}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600, ...more }),
    });
    expect(response.status).toBe(201);
    return (await response.json()) as Opened;
  });

const deliver = async ({ callbacks: { result } }: Opened, body: string | Uint8Array, contentType = 'text/plain') => {
  const response = await fetch(result.url, {
    method: 'POST',
    headers: { 'content-type': contentType, ...(result.token && { authorization: `Bearer ${result.token}` }) },
    body,
  });
  expect(response.status).toBe(200);
};

const REASON = ['--reason', 'ticket 4711'] as const;

/** A stream that calls `said` with each text. */
const sink = (said: (text: string) => void) =>
  new Writable({
    write: (chunk, _, done) => {
      said(String(chunk));
      done();
    },
  });

describe('postern operator task', () => {
  test('list has the tasks of all applications, and filters them', async ({ json, postern }) => {
    type Tasks = { tasks: (Listed & { application: string })[]; cursor: string };
    const { cursor, tasks } = await json<Tasks>('task', 'list', '--limit', '120');
    expect(tasks).toHaveLength(120);
    const whole = await json<Tasks>('task', 'list', '--limit', '121');
    const [next] = (await json<Tasks>('task', 'list', '--limit', '1', '--cursor', cursor)).tasks;
    expect(whole.tasks).toEqual([...tasks, next]);
    expect([...new Set(tasks.map(({ application }) => application))].toSorted()).toEqual(['invoices', 'orders']);
    const words = ['task', 'list', '--application', 'orders', '--status', 'failed', '--since', '7d', '--limit', '3'];
    const { stdout } = await postern(...words);
    const [title = '', ...rows] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/^TASK +STATUS +APPLICATION +PROCESSOR +RESOURCE +OWNER +OPENED$/);
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row).toMatch(/^[\w-]{22} {2}failed {2}orders /);
    const soon = await json<{ tasks: Listed[] }>('task', 'list', '--expires-within', '1h');
    expect(new Set(soon.tasks.map(({ status }) => status))).toEqual(new Set(['pending']));
    expect(await postern('task', 'list', '--processor', 'nobody')).toMatchObject({ code: 5, stdout: '' });
  });

  test('get shows timeline, callbacks and quarantine, and command lines that work', async ({ get, json, postern }) => {
    const { tasks } = await json<{ tasks: Listed[] }>('task', 'list', '--has', 'quarantine', '--status', 'expired');
    const { taskId = '' } = tasks[0] ?? {};
    const view = await json<View>('task', 'get', taskId);
    expect(view).toEqual(await get(`/v1/operator/tasks/${taskId}`));

    const { stdout } = await postern('task', 'get', taskId);
    for (const title of ['Timeline', 'Callbacks', 'Quarantine', 'What you can do']) {
      expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'));
    }
    expect(stdout).toMatch(/^ {2}\S+ +.* ago +late +result/m);
    const line = /^ {2}postern operator (quarantine accept .*) --reason TEXT$/m.exec(stdout)?.[1] ?? '';
    expect(line).toBe(`quarantine accept ${taskId} ${view.quarantine[0]?.id}`);
    expect(await json<View>(...line.split(' '), ...REASON)).toMatchObject({
      status: 'succeeded',
      revision: view.revision + 1,
    });
  });

  test('revoke, cancel and reopen act on what the operator saw, with the reason', async ({ json, open, postern }) => {
    const { taskId } = await open();
    const { revision } = await json<View>('task', 'get', taskId);
    const revoked = await json<View>('task', 'revoke', taskId, ...REASON, '--revision', `${revision}`);
    expect(revoked).toMatchObject({ status: 'pending', revision: revision + 1 });
    const { stdout: after } = await postern('task', 'get', taskId);
    expect(after).toContain(`  Its sender issues new callbacks with "postern task reissue ${taskId} --out FILE".`);
    // The operator decided by an older state of the task.
    const late = await postern('task', 'cancel', taskId, ...REASON, '--revision', `${revision}`);
    expect(late).toEqual({ code: 5, stdout: '', stderr: expect.stringContaining('task_changed: ') });
    const cancelled = await postern('task', 'cancel', taskId, ...REASON);
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringMatching(/^status +cancelled$/m) });
    expect(cancelled.stdout).toMatch(/ +cancelled +\S+ +ticket 4711$/m);

    const delivered = await open();
    await deliver(delivered, 'Total 42.00');
    expect(await json<View>('task', 'reopen', delivered.taskId, ...REASON)).toMatchObject({
      status: 'pending',
      quarantine: [{ why: 'reopened' }],
    });
    expect(await postern('task', 'reopen', delivered.taskId, ...REASON)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('task_pending: '),
    });
  });

  test('an action without a reason, or on no task, does nothing', async ({ json, open, postern }) => {
    const { taskId } = await open();
    for (const words of [
      ['task', 'cancel', taskId],
      ['task', 'cancel', taskId, '--yes'],
      ['task', 'cancel', taskId, ...REASON, '--revision', 'newest'],
    ]) {
      expect(await postern(...words), words.join(' ')).toMatchObject({ code: 2, stdout: '' });
    }
    expect(await json<View>('task', 'get', taskId)).toMatchObject({ status: 'pending' });
    const unknown = 'AAAAAAAAAAAAAAAAAAAAAA';
    for (const words of [
      ['task', 'get', unknown],
      ['task', 'revoke', unknown, ...REASON],
      ['task', 'payload', unknown, '--of', 'result', ...REASON],
      ['quarantine', 'discard', unknown, 'a', ...REASON],
      ['processors', 'get', 'nobody'],
      ['processors', 'revoke', 'nobody'],
      ['jobs', 'get', 'nothing'],
      ['jobs', 'abort', 'nothing', ...REASON],
      ['dead-letters', 'redrive', 'nothing', ...REASON],
      ['keys', 'retire', 'a'.repeat(43), ...REASON],
    ]) {
      expect(await postern(...words), words.join(' ')).toMatchObject({ code: 3, stdout: '' });
    }
  });
});

test('every command line that postern operator suggests has the profile that --profile chose', async ({
  open,
  postern,
}) => {
  const { taskId } = await open();
  const suggestions = [];
  for (const words of [
    ['task', 'get', taskId],
    ['task', 'revoke', taskId, ...REASON],
    ['processors', 'get', 'acme-ocr'],
    ['processors', 'revoke', 'leaky'],
  ]) {
    const { stdout } = await postern(...words, '--profile', 'local');
    suggestions.push(...(stdout.match(/^ {2}postern .*$/gm) ?? []));
  }
  expect(suggestions).toHaveLength(6);
  for (const line of suggestions) expect(line).toMatch(/ --profile local$/);
});

describe('postern operator task payload', () => {
  test('shows text that cannot control the terminal, and never the URL', async ({ open, postern }) => {
    const opened = await open();
    await deliver(opened, 'Total\t42\u001b[2J\u0007\r\n\u202egnp.exe');
    const { code, stderr, stdout } = await postern('task', 'payload', opened.taskId, '--of', 'result', ...REASON);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Total\t42�[2J�\n�gnp.exe\n' });
    expect(stderr).toMatch(/^25 bytes of text\/plain, SHA-256 [0-9a-f]{64}\.\n$/);
    const json = await postern('task', 'payload', opened.taskId, '--of', 'result', ...REASON, '-o', 'json');
    expect(Object.keys(JSON.parse(json.stdout))).toEqual(['contentType', 'size', 'sha256', 'preview', 'expiresAt']);
    expect(json.stdout + json.stderr + stderr).not.toMatch(/https?:/);
  });

  test('downloads all bytes to a new file for its owner alone', async ({ open, ownFolder, postern }) => {
    const bytes = new Uint8Array(100_000).map((_, i) => i % 251);
    const opened = await open();
    await deliver(opened, bytes, 'application/octet-stream');
    const words = ['task', 'payload', opened.taskId, '--of', 'result', ...REASON, '--out', 'result.bin'] as const;
    const { code, stderr, stdout } = await postern(...words);
    const file = join(ownFolder, 'result.bin');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}\n` });
    expect(stdout + stderr).not.toMatch(/https?:/);
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await postern(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining('exists') });

    const preview = await postern('task', 'payload', opened.taskId, '--of', 'result', ...REASON);
    expect(preview.stdout.split('\n')[0]).toBe(Buffer.from(bytes.slice(0, 32)).toString('hex'));
    expect(preview.stderr).toContain('--out FILE downloads all');
  });
});

describe('postern operator quarantine and replays', () => {
  test('list deliveries of all applications in both orders, and discard one', async ({ json, postern }) => {
    type Item = { taskId: string; id: string; receivedAt: string };
    const newest = await json<{ quarantine: Item[] }>('quarantine', 'list');
    const oldest = await json<{ quarantine: Item[] }>('quarantine', 'list', '--order', 'oldest', '--limit', '1');
    expect(oldest.quarantine).toEqual(newest.quarantine.slice(-1));
    const [{ id = '', taskId = '' } = {}] = oldest.quarantine;
    const left = await json<View>('quarantine', 'discard', taskId, id, ...REASON);
    expect(left.quarantine.map((one) => one.id)).not.toContain(id);
    expect(await postern('quarantine', 'discard', taskId, id, ...REASON)).toMatchObject({ code: 3 });
  });

  test('list the replays with the address that the second use came from', async ({ get, json, postern }) => {
    expect(await json('replays', 'list')).toEqual(await get('/v1/operator/replays'));
    expect(await json('replays', 'list', '--limit', '1')).toEqual(
      await get('/v1/operator/replays?limit=1&order=newest'),
    );
    const { stdout } = await postern('replays', 'list', '--limit', '1');
    expect(stdout).toMatch(/^TASK .* FROM +TIMES +FIRST SHA-256 +LAST SHA-256\n[\w-]{22} .* \d+\.\d+\.\d+\.\d+ /);
  });
});

describe('postern operator processors', () => {
  test('list and get show grades and numbers, and no secret', async ({ json, postern }) => {
    const { processors } = await json<{ processors: { id: string; grade: string }[] }>('processors', 'list');
    expect(processors).toContainEqual(expect.objectContaining({ id: 'dpop-ocr', grade: 'A' }));
    const { stdout } = await postern('processors', 'get', 'leaky');
    expect(stdout).toMatch(/^grade +D$/m);
    expect(stdout).toContain('  postern operator processors revoke leaky\n');
  });

  test('revoke shows a plan, refuses another number, and revokes all with the right one', async ({
    json,
    open,
    postern,
  }) => {
    const opened = [await open({ processor: 'bulk-ocr' }), await open({ processor: 'bulk-ocr' })];
    const plan = await postern('processors', 'revoke', 'bulk-ocr');
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toContain('Pending tasks of bulk-ocr with callbacks that work: 2,');
    for (const { taskId } of opened) expect(plan.stdout).toContain(`  ${taskId}\n`);
    expect(plan.stdout).toContain('Nothing was changed.');
    expect(await json('processors', 'revoke', 'bulk-ocr')).toMatchObject({ count: 2, planId: expect.any(String) });

    expect(await postern('processors', 'revoke', 'bulk-ocr', '--confirm', '2')).toMatchObject({ code: 2 });
    const other = await postern('processors', 'revoke', 'bulk-ocr', '--confirm', '3', ...REASON);
    expect(other).toMatchObject({ code: 5, stdout: '', stderr: expect.stringMatching(/\/problems\/plan_changed$/m) });
    expect(other.stderr).toContain(
      'plan_changed: The number of pending tasks of bulk-ocr with callbacks that work is 2 now, and not 3. Nothing was done.\n' +
        'Look at them with "postern operator processors revoke bulk-ocr", then confirm their number.',
    );
    const job = await json('processors', 'revoke', 'bulk-ocr', '--confirm', '2', ...REASON);
    expect(job).toMatchObject({ state: 'done', count: 2, done: 2, skipped: 0, failed: [] });
    for (const { taskId } of opened) {
      const { callbacks } = await json<{ callbacks: { revokedAt?: string }[] }>('task', 'get', taskId);
      expect(callbacks.every(({ revokedAt }) => revokedAt !== undefined)).toBe(true);
    }
    expect((await postern('processors', 'revoke', 'bulk-ocr')).stdout).toContain('There is nothing to revoke.');
  });

  test.for([
    ['1', 0, 'state      done\n', ''],
    ['2', 5, '', 'is 1 now, and not 2. Nothing was done.'],
    ['yes', 2, '', 'The number is "yes"'],
    ['', 2, '', 'No number was typed. Nothing was done.\n'],
  ] as const)(
    'revoke asks a person for the number: the answer "%s" ends with %i',
    async ([answer, code, shown, noted], { folder, open, postern }) => {
      await open({ processor: 'bulk-ocr' });
      const said = { stdout: '', stderr: '' };
      const terminal = (name: 'stdout' | 'stderr') =>
        Object.assign(
          sink((text) => {
            said[name] += text;
          }),
          { isTTY: true },
        );
      const ended = await runCli(
        { commands: COMMANDS, groups: GROUPS },
        ['operator', 'processors', 'revoke', 'bulk-ocr', ...REASON],
        {
          stdin: Object.assign(Readable.from([`${answer}\n`]), { isTTY: true }),
          stdout: terminal('stdout'),
          stderr: terminal('stderr'),
          env: { POSTERN_DATA: folder, HOME: folder },
          cwd: folder,
          signal: new AbortController().signal,
          now: Date.now,
          fetch,
        },
      );
      expect({ ended, stdout: said.stdout }).toEqual({ ended: code, stdout: expect.stringContaining(shown) });
      expect(said.stderr).toContain('with callbacks that work: 1,');
      expect(said.stderr).toContain('To revoke the callbacks of all these tasks, type their number, 1: ');
      expect(said.stderr).toContain(noted);
      // For the next test.
      await postern('processors', 'revoke', 'bulk-ocr', '--confirm', '1', ...REASON);
    },
  );

  test('Ctrl-C leaves the job running, and says how to look at it and how to stop it', async ({
    folder,
    json,
    open,
    postern,
  }) => {
    const { taskId } = await open({ processor: 'bulk-ocr' });
    const interruption = new AbortController();
    let stderr = '';
    let jobId = '';
    const words = ['operator', 'processors', 'revoke', 'bulk-ocr', '--confirm', '1', ...REASON, '--profile', 'local'];
    const code = await runCli({ commands: COMMANDS, groups: GROUPS }, words, {
      stdin: Readable.from([]),
      stdout: sink(() => {}),
      stderr: sink((text) => {
        stderr += text;
      }),
      env: { POSTERN_DATA: folder, HOME: folder },
      cwd: folder,
      signal: interruption.signal,
      now: Date.now,
      // Ctrl-C comes at the first look at the job.
      fetch: async (input, init) => {
        const [, id] =
          /\/v1\/operator\/jobs\/([\w-]+)$/.exec(String(input instanceof Request ? input.url : input)) ?? [];
        if (id !== undefined) {
          jobId = id;
          interruption.abort();
        }
        return fetch(input, init);
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain(`postern operator jobs get ${jobId} --profile local\n`);
    expect(stderr).toContain(`postern operator jobs abort ${jobId} --reason TEXT --profile local\n`);
    await expect.poll(() => json('jobs', 'get', jobId), EVENTUALLY).toMatchObject({ state: 'done', done: 1 });
    const { stdout } = await postern('jobs', 'abort', jobId, ...REASON);
    // A finished job stays as it is.
    expect(stdout).toMatch(/^state +done$/m);
    expect(await json<View>('task', 'get', taskId)).toMatchObject({ status: 'pending' });
  });
});

test('postern operator dispatch shows a processor that an operator pauses and resumes', async ({
  json,
  open,
  postern,
}) => {
  interface Sent {
    readonly processor: string;
    readonly paused?: { readonly by: unknown; readonly reason: string };
  }
  const sentOcr = async () =>
    (await json<{ processors: Sent[] }>('dispatch', 'list')).processors.find(
      ({ processor }) => processor === 'sent-ocr',
    );
  expect(await sentOcr()).toMatchObject({ breaker: 'closed', failed: 0 });
  const paused = await postern('dispatch', 'pause', 'sent-ocr', ...REASON);
  expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('ticket 4711') });
  expect(paused.stdout).toMatch(/ accepted, \d+ retried, \d+ failed +- /);
  expect(await sentOcr()).toMatchObject({ paused: { by: { sub: expect.any(String) }, reason: 'ticket 4711' } });
  const { taskId } = await open({ processor: 'sent-ocr', callbacks: ['result'], input: { document: 'scan-77.pdf' } });
  const hold = /^sending {4}sent-ocr is paused by [\w-]+: no attempt is made until it is resumed$/m;
  expect((await postern('task', 'get', taskId)).stdout).toMatch(hold);
  expect((await postern('task', 'dispatch', taskId, ...REASON)).stdout).toMatch(hold);
  expect(await json('dispatch', 'resume', 'sent-ocr', ...REASON)).not.toHaveProperty('paused');
  expect((await postern('task', 'get', taskId)).stdout).not.toMatch(/^sending /m);
  expect(await json('audit', 'list', '--target', 'sent-ocr')).toMatchObject({
    audit: [{ action: 'resume_dispatch' }, { action: 'pause' }],
  });
  expect(await postern('dispatch', 'pause', 'header-ocr', ...REASON)).toMatchObject({
    code: 3,
  });
  const plan = await postern('dispatch', 'again', 'sent-ocr');
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('There is nothing to send again') });
});

test('postern operator dead-letters lists work that failed, and does it again', async ({
  folder,
  json,
  open,
  postern,
}) => {
  type Queues = { queues: { queue: string; count: number; items: { id: string; taskId: string }[] }[] };
  const fault = { metadata: { localFault: 'publish' } };
  const { taskId } = await open(fault);
  const other = await open(fault);
  const letterOf = async (task: string) =>
    (await json<Queues>('dead-letters', 'list')).queues
      .flatMap(({ items }) => items)
      .find((one) => one.taskId === task);
  await expect.poll(() => letterOf(other.taskId), EVENTUALLY).toBeDefined();
  await expect.poll(() => letterOf(taskId), EVENTUALLY).toMatchObject({ reason: 'MalformedDetail' });
  const { id = '' } = (await letterOf(taskId)) ?? {};
  const listed = await postern('dead-letters', 'list', '--profile', 'local');
  expect(listed.stdout).toMatch(/^publish +\d+ /m);
  expect(listed.stdout).toMatch(new RegExp(`^publish +${id} +.* ${taskId} +MalformedDetail$`, 'm'));
  expect(listed.stdout).toContain('  postern operator dead-letters redrive publish --reason TEXT --profile local\n');

  writeFileSync(join(folder, 'faults-cleared'), '');
  expect(await json('dead-letters', 'redrive', 'publish', '--id', id, ...REASON)).toEqual({ queue: 'publish', id });
  await expect.poll(() => letterOf(taskId), EVENTUALLY).toBeUndefined();
  // The first run hides the letters that it looks at until its end.
  await expect.poll(() => letterOf(other.taskId), EVENTUALLY).toBeDefined();
  expect(await postern('dead-letters', 'redrive', 'publish', '--id', id, ...REASON)).toMatchObject({ code: 3 });
  expect(await json('dead-letters', 'redrive', 'publish', ...REASON)).toEqual({ queue: 'publish' });
  await expect.poll(() => letterOf(other.taskId), EVENTUALLY).toBeUndefined();
});

test('postern operator dead-letters redrive does nothing with an empty queue, and says so', async ({
  json,
  postern,
}) => {
  const redrive = ['dead-letters', 'redrive', 'expire', ...REASON] as const;
  expect(await postern(...redrive)).toEqual({
    code: 0,
    stdout: '',
    stderr: 'There is no letter in this queue: expire. Nothing was done.\n',
  });
  expect(await json('audit', 'list', '--target', 'expire')).toEqual({ audit: [] });
});

test('postern operator audit lists every action with its reason, and filters them', async ({ json, open, postern }) => {
  const { taskId } = await open();
  expect(await postern('task', 'cancel', taskId, '--reason', 'once\u001b[31m only', '--revision', '99')).toMatchObject({
    code: 5,
  });
  expect(await postern('task', 'cancel', taskId, '--reason', 'opened twice')).toMatchObject({ code: 0 });
  const { audit } = await json<{ audit: object[] }>('audit', 'list', '--target', taskId);
  expect(audit).toMatchObject([
    { action: 'cancel', target: taskId, outcome: 'done', reason: 'opened twice' },
    { action: 'cancel', target: taskId, outcome: 'task_changed' },
  ]);
  const { stdout } = await postern('audit', 'list', '--target', taskId, '--since', '1h');
  expect(stdout).toMatch(/^AT +OPERATOR +ACTION +TARGET +OUTCOME +FROM +REASON$/m);
  expect(stdout).toContain('once [31m only');
  const [first, second] = audit;
  const beginning = await json<{ audit: object[]; cursor: string }>(
    'audit',
    'list',
    '--target',
    taskId,
    '--limit',
    '1',
  );
  expect(beginning.audit).toEqual([first]);
  const rest = ['--target', taskId, '--limit', '1', '--cursor', beginning.cursor] as const;
  expect(await json('audit', 'list', ...rest)).toEqual({ audit: [second] });
  expect(await postern('audit', 'list', '--action', 'reveal', '--before', '2020-01-01T00:00:00Z')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'No action matches.\n',
  });
});

// The last test, because no task is opened until the next key is old enough to sign.
test('postern operator keys lists the keys, and retires the one that signs', async ({ json, postern }) => {
  type Keys = { keys: { kid: string; state: string }[] };
  const { keys } = await json<Keys>('keys', 'list');
  const signing = keys.find(({ state }) => state === 'signing')?.kid ?? '';
  const { code, stdout } = await postern('keys', 'retire', signing, ...REASON);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^${signing} +ES256 +retired `, 'm'));
  const after = await json<Keys>('keys', 'list');
  expect(after.keys).toContainEqual(expect.objectContaining({ kid: signing, state: 'retired' }));
});
