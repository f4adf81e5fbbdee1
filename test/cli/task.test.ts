import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test as base } from '../local/start/gateway-fixtures.ts';
import { type RunningCommand, runPostern, startPostern } from '../support/command-line.ts';
import { EVENTUALLY } from '../support/patience.ts';

interface Opened {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, { readonly url: string; readonly token?: string }>>;
}

const test = base
  /** Runs `postern WORDS` in an empty folder of its own, against the running gateway. */
  .extend('postern', ({ folder, ownFolder }) => async (words: string, stdin?: string) => {
    const env = { POSTERN_DATA: folder };
    return runPostern(words.split(' '), { cwd: ownFolder, env, ...(stdin !== undefined && { stdin }) });
  })
  .extend(
    'start',
    ({ folder, ownFolder }) =>
      (words: string): RunningCommand =>
        startPostern(words.split(' '), { cwd: ownFolder, env: { POSTERN_DATA: folder } }),
  )
  /** Opens a task into a file. */
  .extend('open', ({ ownFolder, postern }) => async (more = '', file = 'task.json'): Promise<Opened> => {
    const words = `task open --processor acme-ocr --resource invoice-77 --out ${file} ${more}`.trim();
    expect(await postern(words)).toMatchObject({ code: 0 });
    return JSON.parse(readFileSync(join(ownFolder, file), 'utf8')) as Opened;
  });

const deliver = async ({ callbacks }: Opened, capability: 'result' | 'failure', body: string) => {
  const response = await fetch(callbacks[capability]?.url ?? '', {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body,
  });
  expect(response.status).toBe(200);
};

test('task open writes the whole answer to a new file for its owner alone, and prints no URL', async ({
  open,
  ownFolder,
  postern,
}) => {
  const opened = await open('--callbacks result --expires 2h');
  expect(statSync(join(ownFolder, 'task.json')).mode & 0o777).toBe(0o600);
  expect(Object.keys(opened.callbacks)).toEqual(['result']);

  const json = await postern('task open --processor header-ocr --resource invoice-77 -o json');
  const shown = JSON.parse(json.stdout) as Opened;
  expect(Object.keys(shown.callbacks.result ?? {}).toSorted()).toEqual(['expiresAt', 'grade', 'maxUses', 'method']);
  expect(json.stdout + json.stderr).not.toMatch(/\/v1\/results|eyJ/);
});

test('task open prints URLs and tokens with --show-callbacks alone', async ({ postern }) => {
  const { stdout } = await postern('task open --processor header-ocr --resource invoice-77 -o json --show-callbacks');
  expect((JSON.parse(stdout) as Opened).callbacks.result).toMatchObject({
    url: expect.stringContaining('/v1/results/'),
    token: expect.stringMatching(/^eyJ/),
  });
});

test('an action whose callbacks were not shown says how to get new ones, with the profile', async ({
  open,
  postern,
}) => {
  const opened = await postern('task open --processor acme-ocr --resource a -o json --profile local');
  const { taskId } = JSON.parse(opened.stdout) as Opened;
  const command = (id: string) => `get new ones with "postern task reissue ${id} --out FILE --profile local"`;
  expect(opened.stderr).toContain(command(taskId));
  expect((await postern(`task reissue ${taskId} --profile local`)).stderr).toContain(command(taskId));
  const delivered = await open();
  await deliver(delivered, 'result', 'Total 42.00');
  const reopened = await postern(`task reopen ${delivered.taskId} --reason wrong-file --profile local`);
  expect(reopened.stderr).toContain(command(delivered.taskId));
});

test('--out together with --show-callbacks has exit code 2, and nothing is done', async ({
  open,
  ownFolder,
  postern,
}) => {
  const { callbacks, taskId } = await open();
  const resource = `both-${process.pid}`;
  for (const words of [
    `task open --processor acme-ocr --resource ${resource}`,
    `task reissue ${taskId}`,
    `task reopen ${taskId} --reason wrong-file`,
  ]) {
    expect(await postern(`${words} --out both.json --show-callbacks`), words).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--out and --show-callbacks exclude each other.'),
    });
  }
  expect(() => statSync(join(ownFolder, 'both.json'))).toThrow('ENOENT');
  expect(JSON.parse((await postern(`task list --resource ${resource} -o json`)).stdout)).toEqual({ tasks: [] });
  // The callbacks of before still work.
  await deliver({ taskId, callbacks }, 'result', 'Total 42.00');
});

test('task open opens nothing if the file exists, and leaves no file if it is refused', async ({
  open,
  ownFolder,
  postern,
}) => {
  await open();
  const resource = `once-${process.pid}`;
  expect(await postern(`task open --processor acme-ocr --resource ${resource} --out task.json`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nothing is overwritten'),
  });
  expect(JSON.parse((await postern(`task list --resource ${resource} -o json`)).stdout)).toEqual({ tasks: [] });
  expect(await postern('task open --processor nobody --resource a --out other.json')).toMatchObject({ code: 5 });
  expect(() => statSync(join(ownFolder, 'other.json'))).toThrow('ENOENT');
});

test('task open sends metadata, owner, heartbeat and an idempotency key', async ({ open, ownFolder, postern }) => {
  writeFileSync(join(ownFolder, 'metadata.json'), '{"batch":7}');
  const more = '--metadata @metadata.json --owner user-12 --heartbeat 5m --idempotency-key key-1';
  const first = await open(more);
  const again = await open(more, 'again.json');
  expect(again.taskId).toBe(first.taskId);
  const { stdout } = await postern(`task get ${first.taskId} -o json`);
  expect(JSON.parse(stdout)).toMatchObject({ metadata: { batch: 7 }, owner: 'user-12', heartbeat: 300 });
});

test('a refusal has exit code 5, the code, each mistake and the page about it', async ({ postern, ready }) => {
  const { code, stderr, stdout } = await postern('task open --processor acme-ocr --resource a --expires 59s');
  expect(code).toBe(5);
  expect(stdout).toBe('');
  expect(stderr).toContain('request_invalid: ');
  expect(stderr).toContain('/expiresIn: ');
  expect(stderr).toContain(`See ${ready.gateway}/problems/request_invalid`);
  expect(stderr).toMatch(/^Request [\w-]+$/m);
});

test('a task that does not exist has exit code 3', async ({ postern }) => {
  for (const words of ['get', 'result', 'failure', 'wait', 'watch', 'cancel', 'quarantine list']) {
    expect(await postern(`task ${words} AAAAAAAAAAAAAAAAAAAAAA`), words).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('task_unknown'),
    });
  }
});

test('without a gateway on this machine the command says how to start one', async ({ ownFolder }) => {
  expect(await runPostern(['task', 'list'], { cwd: ownFolder, env: { POSTERN_DATA: ownFolder } })).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('postern dev'),
  });
});

test('task list follows pages up to --limit, in every format', async ({ open, postern }) => {
  const resource = `many-${process.pid}`;
  const ids: string[] = [];
  for (const _ of ['first', 'second', 'third']) {
    const words = `task open --processor acme-ocr --resource ${resource} -o json`;
    ids.unshift((JSON.parse((await postern(words)).stdout) as Opened).taskId);
  }
  await open();
  const list = `task list --resource ${resource}`;
  const idsOf = (text: string) => (JSON.parse(text) as { tasks: Opened[] }).tasks.map(({ taskId }) => taskId);
  expect(idsOf((await postern(`${list} -o json`)).stdout)).toEqual(ids);
  expect(idsOf((await postern(`${list} -o json --limit 2`)).stdout)).toEqual(ids.slice(0, 2));
  const lines = (await postern(`${list} -o jsonl`)).stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as Opened).taskId)).toEqual(ids);
  expect((await postern(`${list} --since 1h`)).stdout.split('\n')[0]).toMatch(/^TASK +STATUS +PROCESSOR/);
  expect(await postern(`${list} --created-before 2020-01-01T00:00:00Z`)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'No task matches.\n',
  });
  expect(await postern(`${list} --limit 0`)).toMatchObject({ code: 2 });

  const more = 'There are more. Use --limit or a filter.\n';
  expect(await postern(`${list} --limit 2`)).toMatchObject({ code: 0, stderr: more });
  expect(await postern(`${list} --limit 3`)).toMatchObject({ code: 0, stderr: '' });
  expect((await postern(`${list} --limit 2 -o jsonl`)).stderr).toBe(more);
  const cursorOf = (text: string) => (JSON.parse(text) as { cursor?: string }).cursor;
  const beginning = await postern(`${list} --limit 2 -o json`);
  expect(beginning.stderr).toBe(more);
  const rest = await postern(`${list} --limit 2 -o json --cursor ${cursorOf(beginning.stdout)}`);
  expect([idsOf(rest.stdout), cursorOf(rest.stdout), rest.stderr]).toEqual([ids.slice(2), undefined, '']);
  const now = `--cursor ${cursorOf(beginning.stdout)} --since 1h`;
  expect(await postern(`${list} ${now}`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--created-after'),
  });
});

test('task wait prints the task when it has succeeded, and task result writes its bytes', async ({
  open,
  ownFolder,
  postern,
  start,
}) => {
  const opened = await open();
  const waiting = start(`task wait ${opened.taskId} -o json`);
  await deliver(opened, 'result', 'Total 42.00');
  const { code, stdout } = await waiting.ended;
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ status: 'succeeded' })]);

  expect(await postern(`task result ${opened.taskId}`)).toMatchObject({ code: 0, stdout: 'Total 42.00' });
  await postern(`task result ${opened.taskId} --out result.bin`);
  expect(readFileSync(join(ownFolder, 'result.bin'), 'utf8')).toBe('Total 42.00');
  expect(await postern(`task failure ${opened.taskId}`)).toMatchObject({ code: 3 });
});

test('task wait has exit code 7 for a task that failed, and task failure says why', async ({ open, postern }) => {
  const opened = await open();
  await deliver(opened, 'failure', 'page 3 is unreadable');
  expect(await postern(`task wait ${opened.taskId}`)).toMatchObject({
    code: 7,
    stdout: expect.stringContaining('failed'),
  });
  expect(await postern(`task failure ${opened.taskId}`)).toMatchObject({ stdout: 'page 3 is unreadable' });
});

test('task wait has exit code 6 when its time-out has passed', async ({ open, postern }) => {
  const { taskId } = await open();
  expect(await postern(`task wait ${taskId} --timeout 1s`)).toMatchObject({
    code: 6,
    stdout: '',
    stderr: expect.stringContaining(`The task ${taskId} has not ended after 1 s.`),
  });
});

test('Ctrl-C ends task wait with exit code 130', async ({ open, start }) => {
  const { taskId } = await open();
  const watching = start(`task watch ${taskId} -o jsonl`);
  await expect.poll(watching.said, EVENTUALLY).toContain(taskId);
  watching.interrupt();
  expect(await watching.ended).toMatchObject({ code: 130, stderr: 'Interrupted.\n' });
});

test('task watch prints each change until the task has ended', async ({ open, postern, start }) => {
  const { taskId } = await open();
  const watching = start(`task watch ${taskId} -o jsonl`);
  await expect.poll(watching.said, EVENTUALLY).toContain('"pending"');
  await postern(`task cancel ${taskId}`);
  const { code, stdout } = await watching.ended;
  const states = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { status: string }).status);
  expect([code, states]).toEqual([7, ['pending', 'cancelled']]);
});

test('task reissue, reopen and cancel act, and show no URL', async ({ open, ownFolder, postern }) => {
  const opened = await open();
  const reissued = await postern(`task reissue ${opened.taskId} --out new.json`);
  expect(reissued).toMatchObject({ code: 0, stdout: expect.not.stringContaining('/v1/results') });
  const fresh = JSON.parse(readFileSync(join(ownFolder, 'new.json'), 'utf8')) as Opened;
  expect(fresh.callbacks.result?.url).not.toBe(opened.callbacks.result?.url);

  await deliver(fresh, 'result', 'of another invoice');
  const reopened = await postern(`task reopen ${opened.taskId} --reason wrong-file -o json`);
  expect(JSON.parse(reopened.stdout)).toMatchObject({ status: 'pending', taskId: opened.taskId });
  const listed = await postern(`task quarantine list ${opened.taskId} -o json`);
  const [kept] = (JSON.parse(listed.stdout) as { quarantine: { id: string; why: string }[] }).quarantine;
  expect(kept?.why).toBe('reopened');
  expect(await postern(`task quarantine accept ${opened.taskId} ${kept?.id}`)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('task_pending'),
  });
  expect(await postern(`task quarantine discard ${opened.taskId} ${kept?.id}`)).toMatchObject({ code: 0 });
  expect(JSON.parse((await postern(`task cancel ${opened.taskId} -o json`)).stdout)).toMatchObject({
    status: 'cancelled',
  });
  expect(await postern(`task reissue ${opened.taskId}`)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('task_closed'),
  });
});

test('task open --wait prints the task as it ended', async ({ ownFolder, start }) => {
  const waiting = start('task open --processor acme-ocr --resource a --out task.json --wait -o json');
  await expect.poll(waiting.noted, EVENTUALLY).toContain('task.json');
  await deliver(JSON.parse(readFileSync(join(ownFolder, 'task.json'), 'utf8')) as Opened, 'result', 'done');
  const { code, stdout } = await waiting.ended;
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ status: 'succeeded' })]);
});

test('a workflow’s token comes from a file, and no error shows it', async ({ ownFolder, postern }) => {
  writeFileSync(join(ownFolder, 'token'), 'AQCsecret');
  const open = 'task open --processor acme-ocr --resource a';
  const refused = await postern(`${open} --resume stepFunctions:@token`);
  expect(refused.stdout + refused.stderr).not.toContain('AQCsecret');
  const inline = await postern(`${open} --resume stepFunctions:AQCsecret`);
  expect(inline).toMatchObject({ code: 2, stderr: expect.not.stringContaining('AQCsecret') });
  expect(await postern(`${open} --resume step:@token`)).toMatchObject({ code: 2 });
});
