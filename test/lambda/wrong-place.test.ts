import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import { FRONT_FUNCTIONS, type FrontFunction, ROUTES, type Route } from '../../lambda/contract/routes.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { refuse } from '../../lambda/shared/refusal.ts';
import { anAlbEvent, type EventOverrides } from '../support/alb-event.ts';
import { type Delivered, read } from '../support/delivered.ts';
import { test as base } from '../support/fixtures.ts';
import { aTaskBody, type Opened } from '../support/sender-world.ts';

/**
 * Tokens and short codes that people put where they do not belong. Each of them still works: it must be in no log line, no
 * metric and no answer.
 */

/** A function, and the lines that it has written. */
interface Observed {
  send(event: EventOverrides): Promise<Delivered>;
  readonly lines: readonly Record<string, unknown>[];
}

const open = async (opener: Observed, processor: string): Promise<Opened> => {
  const answer = await opener.send({
    path: '/v1/tasks',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(aTaskBody({ processor })),
  });
  expect(answer.status).toBe(201);
  return answer.json as Opened;
};

/** A function whose own code says no to everything: what is written down then is the work of what is around it. */
const refusing = (owner: FrontFunction): Observed => {
  const lines: Record<string, unknown>[] = [];
  const handler = serve({
    owner,
    origin: 'https://callbacks.example.com',
    logger: createLogger('test', owner, (line) => lines.push(JSON.parse(line))),
    handle: async () => refuse('not_found', 'nothing is here'),
  });
  return {
    lines,
    send: async (event) => read(await handler(anAlbEvent(event), { awsRequestId: randomUUID() })),
  };
};

/** Everything that tells one secret: a token's parts are as good as its whole to who puts them together. */
const partsOf = (secret: string) => secret.split('.').flatMap((part) => (part.length > 1 ? [part] : []));

/** Header lines that some part of a function looks at, and one that none does. */
const HEADERS = [
  'authorization',
  'callback-token',
  'content-type',
  'content-encoding',
  'content-digest',
  'signature',
  'signature-input',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'dpop',
  'idempotency-key',
  'cookie',
  'accept',
  'user-agent',
  'x-request-id',
  'x-forwarded-for',
  'x-amzn-trace-id',
  'x-amzn-oidc-data',
  'x-amzn-mtls-clientcert-leaf',
  'x-postern-client-certificate-0',
  'x-unknown',
];

/** Requests of a route with a secret in each place that it has, and in places that it does not have. */
const misplaced = (route: Route, secret: string): readonly EventOverrides[] => {
  const segments = route.path.split('/');
  const path = segments.map((segment) => (segment.startsWith('{') ? 'task-1' : segment)).join('/');
  const request = { method: route.method, path };
  const json = { 'content-type': 'application/json' };
  return [
    ...segments.flatMap((_, i) =>
      i === 0
        ? []
        : [{ ...request, path: [...path.split('/').slice(0, i), secret, ...path.split('/').slice(i + 1)].join('/') }],
    ),
    { ...request, path: segments.map((segment) => (segment.startsWith('{') ? secret : segment)).join('/') },
    { ...request, path: `${path}/${secret}` },
    { ...request, path: `${path}/${secret}/more` },
    { ...request, path: `/${secret}` },
    { ...request, method: secret },
    {
      ...request,
      query: { token: [secret], limit: [secret], status: [secret], cursor: [secret], processor: [secret] },
    },
    { ...request, targetGroup: secret },
    ...HEADERS.map((name) => ({ ...request, headers: { [name]: secret } })),
    ...HEADERS.map((name) => ({ ...request, headers: { [name]: `Bearer ${secret}` } })),
    ...HEADERS.map((name) => ({ ...request, headers: { [name]: `Basic ${secret}` } })),
    { ...request, headers: json, body: secret },
    { ...request, headers: json, body: JSON.stringify(secret) },
    {
      ...request,
      headers: json,
      body: JSON.stringify({ processor: secret, resource: 1, carrier: secret, callbacks: [secret], expiresIn: secret }),
    },
    {
      ...request,
      headers: json,
      body: JSON.stringify({ percent: secret, contentType: secret, size: secret, sha256: secret, url: secret }),
    },
  ];
};

const test = base
  .extend(
    'functions',
    { scope: 'file' },
    async ({ openSender }): Promise<Readonly<Record<FrontFunction, Observed>>> => {
      const receiver = await openSender.receiver();
      return {
        receive: { send: receiver.deliver, lines: receiver.lines },
        'create-task': openSender.opener(),
        // One shard: a list asks each shard, and these requests are about what is logged.
        tasks: openSender.tasks({ indexShards: 1 }),
        metadata: refusing('metadata'),
        console: refusing('console'),
        handshake: refusing('handshake'),
        'operator-api': refusing('operator-api'),
        'reveal-payload': refusing('reveal-payload'),
      };
    },
  )
  .extend('task', { scope: 'file' }, ({ functions }) => open(functions['create-task'], 'short-ocr'))
  .extend('secrets', { scope: 'file' }, async ({ functions, openSender, task }) => {
    const byHeader = await open(functions['create-task'], 'header-ocr');
    const secrets = {
      token: byHeader.callbacks.result?.token ?? '',
      code: new URL(task.callbacks.result?.url ?? '').pathname.split('/')[2] ?? '',
      accessToken: openSender.accessToken,
    };
    expect(secrets.code).toMatch(/^[\w-]{22}$/);
    return secrets;
  })
  .extend('expectNoTrace', ({ secrets }) => (texts: readonly string[]) => {
    for (const [kind, secret] of Object.entries(secrets)) {
      for (const part of partsOf(secret)) {
        expect(
          texts.filter((text) => text.includes(part)).map((text) => text.replaceAll(part, `<the ${kind}>`)),
        ).toEqual([]);
      }
    }
  })
  .extend(
    'last',
    ({ functions }) =>
      () =>
        functions.tasks.lines.at(-1),
  );

describe('O1 a secret in the wrong place', () => {
  test.for(Object.entries(ROUTES))(
    'of %s leaves no trace in a log line, a metric or an answer',
    async ([_name, route], { expectNoTrace, functions, secrets }) => {
      const observed = functions[route.function];
      const before = observed.lines.length;
      const answers: Delivered[] = [];
      for (const secret of Object.values(secrets)) {
        for (const event of misplaced(route, secret)) answers.push(await observed.send(event));
      }
      const lines = observed.lines.slice(before);
      expect(lines.length).toBe(answers.length);
      expectNoTrace(lines.map((line) => JSON.stringify(line)));
      expectNoTrace(answers.map(({ body, headers }) => `${JSON.stringify(headers)}${body}`));
    },
  );

  test('every function is among them', () => {
    expect(new Set(Object.values(ROUTES).map((route) => route.function))).toEqual(new Set(FRONT_FUNCTIONS));
  });

  test('is still good, and the line names the task once the secret is verified', async ({ functions }) => {
    const { 'create-task': opener, receive } = functions;
    const short = await open(opener, 'short-ocr');
    const code = new URL(short.callbacks.result?.url ?? '').pathname.split('/')[2] ?? '';
    const text = { headers: { 'content-type': 'text/plain' }, body: 'the result' };
    expect((await receive.send({ ...text, path: `/v1/results/${code}` })).status).toBe(401);
    expect(receive.lines.at(-1)).not.toHaveProperty('taskId');
    expect((await receive.send({ ...text, path: `/c/${code}` })).status).toBe(200);
    expect(receive.lines.at(-1)).toMatchObject({ taskId: short.taskId, outcome: 'recorded' });
    expect(JSON.stringify(receive.lines)).not.toContain(code);
  });
});

describe('O1 the line of a request of the sender API', () => {
  test('names the task that was found', async ({ functions, last, task }) => {
    await functions.tasks.send({ method: 'GET', path: `/v1/tasks/${task.taskId}` });
    expect(last()).toMatchObject({ status: 200, taskId: task.taskId });
  });

  test('names it where it was found and does not allow what was asked', async ({ functions, last, task }) => {
    await functions.tasks.send({ method: 'GET', path: `/v1/tasks/${task.taskId}/failure` });
    expect(last()).toMatchObject({ code: 'result_unavailable', taskId: task.taskId });
    await functions.tasks.send({ method: 'DELETE', path: `/v1/tasks/${task.taskId}/quarantine/none` });
    expect(last()).toMatchObject({ code: 'quarantine_unknown', taskId: task.taskId });
    expect(last()).not.toHaveProperty('id');
  });

  test('does not repeat what stood in place of a task id', async ({ functions, last }) => {
    await functions.tasks.send({ method: 'GET', path: '/v1/tasks/anything-else' });
    expect(last()).toMatchObject({ code: 'task_unknown' });
    expect(last()).not.toHaveProperty('taskId');
  });
});

test.for([
  ['GETTY', 'other'],
  ['OPTIONS', 'OPTIONS'],
  ['HEAD', 'HEAD'],
  ['post', 'other'],
] as const)('O1 a request with the method %s is logged with the method %s', async ([method, logged], { functions }) => {
  await functions.metadata.send({ method, path: '/healthz' });
  expect(functions.metadata.lines.at(-1)).toMatchObject({ method: logged });
});

test.for([
  ['203.0.113.7', '203.0.113.7'],
  ['not-an-address, 2001:db8::17', '2001:db8::17'],
  ['not-an-address', ''],
] as const)('O1 a request by way of %s is logged with the address %j', async ([forwarded, logged], { functions }) => {
  await functions.metadata.send({ method: 'GET', path: '/healthz', headers: { 'x-forwarded-for': forwarded } });
  expect(functions.metadata.lines.at(-1)).toMatchObject({ sourceAddress: logged });
});
