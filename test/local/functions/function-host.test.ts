import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FunctionHost, FunctionHostOptions } from '../../../local/functions/function-host.ts';
import { findFunctionRuntime, startFunctionHost } from '../../../local/functions/function-host.ts';
import type { FunctionDefinition, LineListener } from '../../../local/functions/function-process.ts';
import { openLogFiles } from '../../../local/functions/log-files.ts';
import { test as base } from '../../support/unit-fixtures.ts';

let modules = 0;
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

const test = base
  .extend('lines', (): string[] => [])
  .extend('hosts', ({}, { onCleanup }) => {
    const hosts: FunctionHost[] = [];
    onCleanup(async () => {
      await Promise.all(hosts.map((host) => host.stop()));
    });
    return hosts;
  })
  .extend('aFunction', ({ folder }) => (code: string, over: Partial<FunctionDefinition> = {}): FunctionDefinition => {
    modules += 1;
    const modulePath = join(folder, `module-${modules}.js`);
    writeFileSync(modulePath, code);
    return {
      name: 'subject',
      arn: 'arn:subject',
      modulePath,
      handlerName: 'handler',
      timeoutMs: 10_000,
      memoryMegabytes: 128,
      environment: { GREETING: 'hello' },
      ...over,
    };
  })
  .extend(
    'start',
    ({ hosts, lines }) =>
      async (definition: FunctionDefinition, options: FunctionHostOptions = {}): Promise<FunctionHost> => {
        const log: LineListener = (name, line) => lines.push(`${name}: ${line}`);
        const host = await startFunctionHost([definition], findFunctionRuntime().executable, log, options);
        hosts.push(host);
        return host;
      },
  );

test('runs a bundle with an event and a context, and its own environment, nothing of ours', async ({
  aFunction,
  start,
}) => {
  process.env.POSTERN_TEST_SECRET = 'ours';
  const host = await start(
    aFunction(`exports.handler = async (event, context) => ({
      event, env: process.env, requestId: context.awsRequestId, name: context.functionName,
      left: context.getRemainingTimeInMillis(), arguments: process.execArgv });`),
  );
  const result = (await host.invoke('subject', { a: 1 })) as Record<string, unknown>;
  expect(result).toMatchObject({ event: { a: 1 }, env: { GREETING: 'hello' }, name: 'subject', arguments: [] });
  expect(result.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(result.left).toBeGreaterThan(0);
  expect(result.env).not.toHaveProperty('POSTERN_TEST_SECRET');
  expect(result.env).not.toHaveProperty('HOME');
});

test('is found by name and by ARN', async ({ aFunction, start }) => {
  const host = await start(aFunction('exports.handler = async () => "here";'));
  expect(await host.invoke('arn:subject', {})).toBe('here');
  await expect(async () => host.invoke('other', {})).rejects.toThrow('no function "other"');
});

test('a function knows the alias by which it was called, and its version', async ({ aFunction, start }) => {
  const alias = { functionName: 'subject', name: 'open-invoices', arn: 'arn:subject:open-invoices', version: '1' };
  const other = { ...alias, name: 'live', arn: 'arn:subject:live' };
  const aliases = new Map(
    [alias, other].flatMap((each) => [[each.arn, each] as const, [`subject:${each.name}`, each]]),
  );
  const host = await start(
    aFunction('exports.handler = async (_, context) => [context.invokedFunctionArn, context.functionVersion];'),
    { aliases },
  );
  for (const name of ['arn:subject:open-invoices', 'subject:open-invoices']) {
    expect(await host.invoke(name, {})).toEqual(['arn:subject:open-invoices', '1']);
  }
  expect(await host.invoke('subject:live', {})).toEqual(['arn:subject:live', '1']);
  for (const name of ['subject', 'arn:subject']) {
    expect(await host.invoke(name, {})).toEqual(['arn:subject', '$LATEST']);
  }
  expect([host.has('subject:live'), host.has('subject:dead')]).toEqual([true, false]);
});

test('`prepare` calls a function before any other starts, and its error stops them all', async ({
  aFunction,
  folder,
  hosts,
}) => {
  const marker = join(folder, 'marker');
  const write = aFunction(`exports.handler = async () => require('node:fs').writeFileSync('${marker}', 'there');`);
  const read = aFunction(
    `const seen = require('node:fs').readFileSync('${marker}', 'utf8'); exports.handler = async () => seen;`,
    { name: 'reader', arn: 'arn:reader' },
  );
  const executable = findFunctionRuntime().executable;
  const host = await startFunctionHost([read, write], executable, () => undefined, {
    prepare: async ({ invoke }) => void (await invoke('arn:subject', {})),
  });
  hosts.push(host);
  expect(await host.invoke('reader', {})).toBe('there');

  let pid = 0;
  const failing = startFunctionHost([aFunction('exports.handler = async () => process.pid;')], executable, () => {}, {
    prepare: async ({ invoke }) => {
      pid = Number(await invoke('subject', {}));
      throw new Error('not prepared');
    },
  });
  await expect(failing).rejects.toThrow('not prepared');
  expect(isGone(pid)).toBe(true);
});

test('a process runs one invocation at a time, and 64 at once are all answered', async ({ aFunction, start }) => {
  const host = await start(
    aFunction(`let running = 0; exports.handler = async () => {
      running += 1; await new Promise((done) => setTimeout(done, 5)); const most = running; running -= 1;
      return { most, pid: process.pid }; };`),
  );
  const results = (await Promise.all(Array.from({ length: 64 }, () => host.invoke('subject', {})))) as {
    most: number;
    pid: number;
  }[];
  expect(results.every(({ most }) => most === 1)).toBe(true);
  expect(new Set(results.map(({ pid }) => pid)).size).toBeGreaterThan(1);
});

test('a function has no more processes than its size says', async ({ aFunction, start }) => {
  const code =
    'exports.handler = async () => { await new Promise((done) => setTimeout(done, 5)); return process.pid; };';
  const host = await start(aFunction(code), { sizes: new Map([['arn:subject', 1]]) });
  const pids = await Promise.all(Array.from({ length: 8 }, () => host.invoke('subject', {})));
  expect(new Set(pids).size).toBe(1);
});

test('an error of the handler is a function error, and the process goes on', async ({ aFunction, start }) => {
  const host = await start(
    aFunction(
      'exports.handler = async (event) => { if (event.fail) throw new RangeError("secret"); return process.pid; };',
    ),
  );
  const before = await host.invoke('subject', {});
  await expect(host.invoke('subject', { fail: true })).rejects.toMatchObject({
    name: 'FunctionError',
    reason: 'error',
  });
  expect(await host.invoke('subject', {})).toBe(before);
});

test.for<[string, string, object]>([
  [
    'an error',
    'Object.assign(new RangeError("a message"), { name: "request_invalid", stack: "one\\n two" })',
    { errorType: 'request_invalid', errorMessage: 'a message', trace: ['one', ' two'] },
  ],
  [
    'an error with an empty stack',
    'Object.assign(new RangeError("a message"), { stack: "" })',
    { errorType: 'RangeError', errorMessage: 'a message', trace: [''] },
  ],
  [
    'an error without a stack',
    'Object.assign(new RangeError("a message"), { stack: undefined })',
    { errorType: 'handled', errorMessage: expect.any(String) },
  ],
  [
    'an object that is like an error',
    '({ name: "Other", message: "a message", stack: "one" })',
    { errorType: 'Other', errorMessage: 'a message', trace: ['one'] },
  ],
  [
    'another object',
    '({ name: "Other", message: "a message", stack: "" })',
    { errorType: 'object', errorMessage: '[object Object]', trace: [] },
  ],
  ['a text', '"a message"', { errorType: 'string', errorMessage: 'a message', trace: [] }],
])(
  'what a function throws reaches the caller as the managed runtime says it: %s',
  async ([_, thrown, payload], { aFunction, start }) => {
    const host = await start(aFunction(`exports.handler = async () => { throw ${thrown}; };`));
    await expect(host.invoke('subject', {})).rejects.toMatchObject({ reason: 'error', payload });
  },
);

test('a message of a function is in the payload of its error only', async ({ aFunction, lines, start }) => {
  const host = await start(aFunction('exports.handler = async () => { throw new RangeError("secret"); };'));
  const error: unknown = await Promise.resolve(host.invoke('subject', {})).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: 'RangeError', payload: { errorMessage: 'secret' } });
  expect(lines).toEqual([]);
});

test('a process that crashes fails its invocation alone; the next one gets a fresh process', async ({
  aFunction,
  start,
}) => {
  const host = await start(
    aFunction('exports.handler = async (event) => { if (event.crash) process.exit(7); return process.pid; };'),
  );
  const before = await host.invoke('subject', {});
  await expect(host.invoke('subject', { crash: true })).rejects.toMatchObject({
    reason: 'crash',
    payload: {
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 7$/),
    },
  });
  expect(await host.invoke('subject', {})).not.toBe(before);
});

test('an invocation over the function’s timeout is ended with its process', async ({ aFunction, start }) => {
  const host = await start(
    aFunction(
      'exports.handler = (event) => event.hang ? new Promise(() => setInterval(() => {}, 1e6)) : process.pid;',
      {
        timeoutMs: 300,
      },
    ),
  );
  const pid = Number(await host.invoke('subject', {}));
  await expect(host.invoke('subject', { hang: true })).rejects.toMatchObject({
    reason: 'timeout',
    payload: {
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 0.30 seconds$/),
    },
  });
  expect(isGone(pid)).toBe(true);
  expect(await host.invoke('subject', {})).not.toBe(pid);
});

test('a function that cannot start stops the start by name, with its reason', async ({ aFunction, start }) => {
  const broken = aFunction('throw new Error("environment variable X is missing.");');
  await expect(start(broken)).rejects.toThrow('"subject" cannot start: environment variable X is missing.');
  await expect(start(aFunction('exports.other = 1;'))).rejects.toThrow('exports no function "handler"');
});

test('no process outlives the host', async ({ aFunction, start }) => {
  const host = await start(aFunction('exports.handler = async () => process.pid;'));
  const pids = (await Promise.all(Array.from({ length: 8 }, () => host.invoke('subject', {})))) as number[];
  await host.stop();
  expect(pids.every(isGone)).toBe(true);
});

test('passes on every line of a function, from console and from standard output', async ({
  aFunction,
  lines,
  start,
}) => {
  const host = await start(
    aFunction(
      'exports.handler = async () => { console.log("one"); process.stderr.write("two\\n"); return new Promise((done) => process.stdout.write("three\\n", () => done(1))); };',
    ),
  );
  await host.invoke('subject', {});
  await expect.poll(() => [...lines].sort()).toEqual(['subject: one', 'subject: three', 'subject: two']);
});

test('log lines go to the log file, embedded metrics to the metrics file too, one JSON a line', ({ folder }) => {
  const [logsFile, metricsFile] = [join(folder, 'logs.jsonl'), join(folder, 'metrics.jsonl')];
  const files = openLogFiles({ logsFile, metricsFile });
  files.onLine('subject', '{"message":"plain"}');
  files.onLine('subject', '{"_aws":{},"Count":1}');
  files.onLine('subject', 'no JSON "at all"');
  files.close();
  files.onLine('subject', '{"message":"too late"}');

  const logs = readFileSync(logsFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(logs).toEqual([
    { message: 'plain' },
    { _aws: {}, Count: 1 },
    { timestamp: expect.any(String), function: 'subject', message: 'no JSON "at all"' },
  ]);
  expect(readFileSync(metricsFile, 'utf8')).toBe('{"_aws":{},"Count":1}\n');
});
