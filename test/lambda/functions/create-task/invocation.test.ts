import { describe, expect } from 'vitest';
import { OUTCOMES } from '../../../../lambda/contract/outcomes.ts';
import { createHandler } from '../../../../lambda/functions/create-task/invocation.ts';
import type { Policy, Question } from '../../../../lambda/shared/policy/policy.ts';
import { anAlbEvent } from '../../../support/alb-event.ts';
import { anApplication, applicationsOf } from '../../../support/applications.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import type { Invoked, OpenFunction } from '../../../support/sender-api.ts';
import { aTaskBody } from '../../../support/sender-world.ts';

interface Problem {
  readonly code: keyof typeof OUTCOMES;
  readonly requestId: string;
  readonly status: number;
  readonly errors?: readonly object[];
}

/** The answer, or the problem document of the refusal. */
const documentOf = (invoked: Invoked): unknown =>
  'answer' in invoked ? invoked.answer : JSON.parse(invoked.error.message);

const problemOf = (invoked: Invoked): Problem => {
  expect(Object.keys(invoked)).toEqual(['error']);
  return documentOf(invoked) as Problem;
};

const answerOf = (invoked: Invoked) => {
  if ('error' in invoked) throw new Error(`refused: ${invoked.error.message}`);
  return invoked.answer;
};

/** A document without the parts that differ between two requests: request id, task id, and tokens. */
const comparable = (document: unknown): unknown => {
  const { requestId: _id, taskId = 'no task', ...others } = document as Record<string, unknown>;
  const text = JSON.stringify(others).replaceAll(String(taskId), 'TASK');
  return JSON.parse(text.replaceAll(/[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/g, 'TOKEN'));
};

const postTo = (open: OpenFunction) => (body: unknown, key?: string) =>
  open.send({
    path: '/v1/tasks',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'Idempotency-Key': key }) },
  });

/** Sends the same body in both ways, and compares what comes back. */
const both = async (open: OpenFunction, body: unknown) => {
  const byHttp = await postTo(open)(body);
  const invoked = await open.invoke(body);
  expect(comparable(documentOf(invoked))).toEqual(comparable(byHttp.json));
  if ('error' in invoked) {
    const { code, status } = byHttp.json as Problem;
    expect([invoked.error.name, (documentOf(invoked) as Problem).status]).toEqual([code, status]);
    expect(byHttp.status).toBe(status);
  } else expect(byHttp.status).toBe(201);
  return { status: byHttp.status, code: (byHttp.json as Partial<Problem>).code };
};

let count = 0;
const aKey = () => {
  count += 1;
  return `invocation ${count}`;
};

/** A policy that decides the same about everything, and the questions that it was asked. */
const aPolicy = (allowed: boolean) => {
  const asked: Question[] = [];
  const policy: Policy = {
    decide: (question) => {
      asked.push(question);
      return { allowed, policies: [], failed: [] };
    },
  };
  return { asked, policy: () => policy };
};

const test = base.extend('post', ({ open }) => postTo(open));

const { requestContext, ...albMembers } = anAlbEvent({ path: '/v1/tasks', body: JSON.stringify(aTaskBody()) });

/** Bodies, and the code of the answer; 201 for a task. */
const BODIES: readonly (readonly [string, unknown, string | 201])[] = [
  ['the least', aTaskBody(), 201],
  [
    'every property',
    aTaskBody({
      owner: 'user-12',
      heartbeat: 300,
      callbacks: ['result', 'failure', 'progress', 'upload'],
      carrier: 'header',
      metadata: { page: 3, text: 'ä 😀' },
      supersedes: 'another',
    }),
    201,
  ],
  ['nothing', {}, 'request_invalid'],
  ['null', null, 'request_invalid'],
  ['a list', [aTaskBody()], 'request_invalid'],
  ['a text', 'task', 'request_invalid'],
  ['a number', 7, 'request_invalid'],
  ['wrong types', { processor: 7, resource: '', owner: 'a b', expiresIn: '60', heartbeat: 1.5 }, 'request_invalid'],
  ['wrong sets', aTaskBody({ callbacks: ['result', 'result'], carrier: 'pigeon' }), 'request_invalid'],
  ['an expiry above the maximum', aTaskBody({ expiresIn: 604_801 }), 'request_invalid'],
  ['a heartbeat longer than the task', aTaskBody({ heartbeat: 3_601 }), 'request_invalid'],
  ['a lone surrogate', aTaskBody({ resource: '\ud800' }), 'request_invalid'],
  ['metadata of 2,049 bytes', aTaskBody({ metadata: { a: 'x'.repeat(2_041) } }), 'request_invalid'],
  ['the application', aTaskBody({ application: 'orders' }), 'request_invalid'],
  ['the client', aTaskBody({ client: 'local-sender' }), 'request_invalid'],
  ['the request context of the load balancer', aTaskBody({ requestContext }), 'request_invalid'],
  ['an event of the load balancer', { requestContext, ...albMembers }, 'request_invalid'],
  ['30 unknown properties', Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}`, i])), 'request_invalid'],
  ['an unknown property with a long name', aTaskBody({ ['n'.repeat(300)]: 1 }), 'request_invalid'],
  ['an unknown processor', aTaskBody({ processor: 'nobody' }), 'processor_unknown'],
  [
    'a carrier that the processor does not have',
    aTaskBody({ processor: 'header-ocr', carrier: 'path' }),
    'request_invalid',
  ],
  [
    'a workflow that the application may not resume',
    aTaskBody({ resume: { kind: 'stepFunctions', taskToken: 'AAAAKgAAAAIAAAAA' } }),
    'resume_not_allowed',
  ],
  ['a workflow without a token', aTaskBody({ resume: { kind: 'durableFunction' } }), 'request_invalid'],
  ['65,537 bytes', aTaskBody({ note: 'x'.repeat(65_537) }), 'payload_too_large'],
];

describe('R3 a body gets the same answer by invocation as by HTTP', () => {
  test.for(BODIES)('%s', async ([, body, expected], { open }) => {
    const { code, status } = await both(open, body);
    expect(expected === 201 ? status : code).toBe(expected);
  });

  test.for([4_000, 8_000, 16_000])('metadata that is nested %i times', async (depth, { open }) => {
    const metadata = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const text = `{"processor":"acme-ocr","resource":"invoice-77","expiresIn":3600,"metadata":${metadata}}`;
    // `JSON.stringify` cannot write such a value, so the text is sent.
    const headers = { 'content-type': 'application/json' };
    const byHttp = await open.send({ path: '/v1/tasks', body: text, headers });
    const invoked = await open.invoke(JSON.parse(text));
    // A text above 16 KB is refused for its size by HTTP. The size of the value is unknown.
    if (text.length <= 65_536) expect(comparable(problemOf(invoked))).toEqual(comparable(byHttp.json));
    expect(problemOf(invoked).errors).toEqual([
      { pointer: '/metadata', detail: 'must be a JSON object of at most 2048 bytes' },
    ]);
  });

  test('too many pending tasks', async ({ sender }) => {
    const applications = applicationsOf(anApplication({ id: 'default', pendingLimit: 1 }));
    const open = sender.opener({ applications });
    await open.invoke(aTaskBody());
    expect(await both(open, aTaskBody())).toEqual({ status: 429, code: 'too_many_pending' });
  });

  test('a policy denies it', async ({ sender }) => {
    const open = sender.opener({ policy: aPolicy(false).policy });
    expect(await both(open, aTaskBody())).toEqual({ status: 403, code: 'policy_denied' });
  });

  test('the tables do not answer', async ({ open, sender }) => {
    sender.dynamodb.inject(() => ({ kind: 'error', status: 500 }));
    expect(await both(open, aTaskBody())).toEqual({ status: 503, code: 'unavailable' });
  });
});

describe('the idempotency key of an invocation', () => {
  test('R3 is the same key as the header, whichever of the two comes first', async ({ open, post }) => {
    const [key, other] = [aKey(), aKey()];
    const first = answerOf(await open.invoke({ ...aTaskBody(), idempotencyKey: key }));
    const again = await post(aTaskBody(), key);
    expect(again.json).toMatchObject({ taskId: first.taskId });
    expect(again.headers['Idempotency-Replayed']).toBe('true');

    const { json } = await post(aTaskBody(), other);
    const repeated = answerOf(await open.invoke({ idempotencyKey: ` ${other} `, ...aTaskBody() }));
    expect(repeated.taskId).toBe((json as { taskId: string }).taskId);
    expect(Object.keys(repeated.callbacks)).toEqual(['result', 'failure']);
  });

  test('with another body gets the refusal of HTTP', async ({ open, post }) => {
    const key = aKey();
    await post(aTaskBody(), key);
    const byHttp = await post(aTaskBody({ resource: 'other' }), key);
    const invoked = await open.invoke({ ...aTaskBody({ resource: 'other' }), idempotencyKey: key });
    expect(problemOf(invoked).code).toBe('idempotency_conflict');
    expect(comparable(documentOf(invoked))).toEqual(comparable(byHttp.json));
  });

  test('is one of the application: another application has its own', async ({ sender }) => {
    const applications = applicationsOf(anApplication(), anApplication({ id: 'orders', clients: [] }));
    const open = sender.opener({ applications });
    const payload = { ...aTaskBody(), idempotencyKey: aKey() };
    const first = answerOf(await open.invoke(payload));
    const second = answerOf(await open.invoke(payload, 'open-orders'));
    expect(second.taskId).not.toBe(first.taskId);
    expect([first.application, second.application]).toEqual(['default', 'orders']);
  });

  test.for([
    ['128 characters', 'k'.repeat(128), true],
    ['129 characters', 'k'.repeat(129), false],
    ['nothing', '', false],
    ['blanks', '  ', false],
    ['a letter that is not ASCII', 'schlüssel', false],
    ['a line feed', 'a\nb', false],
    ['a number', 7, false],
    ['null', null, false],
  ] as const)('may be 1 to 128 printable characters: %s', async ([, key, allowed], { open }) => {
    const invoked = await open.invoke({ ...aTaskBody(), idempotencyKey: key });
    if (allowed) answerOf(invoked);
    else {
      expect(problemOf(invoked)).toMatchObject({
        code: 'request_invalid',
        errors: [{ pointer: '/idempotencyKey', detail: 'must be a text of 1 to 128 printable ASCII characters' }],
      });
    }
  });

  test('does not count towards the size of the body', async ({ open }) => {
    const bytes = (body: object) => Buffer.byteLength(JSON.stringify(body));
    const body = (size: number) => {
      const short = aTaskBody({ note: '' });
      return { ...short, note: 'x'.repeat(size - bytes(short)) };
    };
    const codeOf = async (size: number) =>
      problemOf(await open.invoke({ ...body(size), idempotencyKey: 'k'.repeat(128) })).code;
    expect(await codeOf(65_536)).toBe('request_invalid');
    expect(await codeOf(65_537)).toBe('payload_too_large');
  });

  test('may be abbreviated like the other names where the environment allows it', async ({ sender }) => {
    const open = sender.opener({ abbreviations: true });
    const key = aKey();
    const short = { proc: 'acme-ocr', resou: 'invoice-77', exp: 3_600 };
    const first = answerOf(await open.invoke({ ...short, idem: key }));
    const { json } = await postTo(open)(short, key);
    expect(json).toMatchObject({ taskId: first.taskId });
    expect(problemOf(await open.invoke({ ...short, i: key, idempotencyKey: key })).errors).toEqual([
      { pointer: '/idempotencyKey', detail: 'idempotencyKey may be given once' },
    ]);
    expect(await both(open, { ...short, '': 1 })).toEqual({ status: 400, code: 'request_invalid' });
  });

  test('may not be abbreviated elsewhere', async ({ open }) => {
    expect(problemOf(await open.invoke({ ...aTaskBody(), idem: aKey() })).errors).toEqual([
      { pointer: '/idem', detail: '"idem" is not a property of this request' },
    ]);
  });
});

describe('R3 the alias decides', () => {
  const applications = applicationsOf(
    anApplication({ clients: ['invoices-backend'] }),
    anApplication({ id: 'orders', clients: [], processors: ['acme-ocr'] }),
  );

  test('the application of a task, its limits and its sender', async ({ sender }) => {
    const { asked, policy } = aPolicy(true);
    const open = sender.opener({ applications, policy });
    const { application, taskId } = answerOf(await open.invoke(aTaskBody(), 'open-orders'));
    expect(application).toBe('orders');
    expect(await readTask(sender.store, taskId)).toMatchObject({
      application: 'orders',
      openedBy: 'invoker of orders',
    });
    expect(asked.map(({ principal }) => principal)).toEqual([
      { type: 'Sender', id: 'invoker of orders', attributes: {}, application: 'orders' },
    ]);
    const other = aTaskBody({ processor: 'header-ocr' });
    expect(problemOf(await open.invoke(other, 'open-orders')).code).toBe('processor_unknown');
    expect(answerOf(await open.invoke(other, 'open-default')).application).toBe('default');
  });

  test.for(['open-small', 'open-', 'open-toString', 'open-__proto__'])(
    'refuses the alias %s, which is of no application',
    async (alias, { sender }) => {
      const open = sender.opener({ applications });
      expect(problemOf(await open.invoke(aTaskBody(), alias)).code).toBe('application_unknown');
    },
  );

  test.for([
    ['live', 'live'],
    ['no alias', undefined],
    ['a version', '7'],
    ['an alias that only contains the prefix', 're-open-default'],
  ] as const)('%s takes only events of the load balancer, with an access token', async ([, alias], { open }) => {
    const answer = async (event: unknown) => {
      const { answer } = (await open.invoke(event, alias ?? '')) as unknown as { answer: { statusCode: number } };
      return answer.statusCode;
    };
    expect(await answer({ ...aTaskBody(), idempotencyKey: aKey() })).toBe(400);
    expect(await answer({ requestContext, ...albMembers })).toBe(401);
  });
});

describe('a refused invocation', () => {
  test('is an error that Lambda can turn into a function error without a stack', async ({ open }) => {
    const invoked = await open.invoke({});
    const { error } = invoked as { readonly error: Error };
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('request_invalid');
    expect(JSON.parse(error.message)).toMatchObject({ code: 'request_invalid', title: OUTCOMES.request_invalid.title });
    // The runtime splits the stack into lines, which fails for anything but a text.
    expect(error.stack?.split('\n')).toEqual(['']);
  });

  test('is written into the log by the runtime without a text of the caller', async ({ open }) => {
    const { error } = (await open.invoke({ 'my secret': 1 })) as { readonly error: Error };
    expect(error.message).toContain('my secret');
    // The JSON log format of the runtime replaces errors after `toJSON`.
    expect(JSON.stringify({ message: error })).toBe('{"message":"request_invalid"}');
  });

  test('has one log line, without the payload', async ({ open }) => {
    const invoked = await open.invoke({ ...aTaskBody({ owner: 'no owner!' }), idempotencyKey: 'my key' });
    expect(open.lines).toEqual([
      {
        timestamp: expect.any(String),
        level: 'INFO',
        message: 'request',
        function: 'create-task',
        requestId: problemOf(invoked).requestId,
        method: 'Invoke',
        alias: 'open-default',
        route: 'openTask',
        status: 400,
        client: 'invoker of default',
        application: 'default',
        code: 'request_invalid',
        reason: '1 faults in the request',
        storeRequests: 0,
        milliseconds: expect.any(Number),
      },
    ]);
  });

  test('counts as InvocationUnavailable if nobody could answer it, and only then', async ({ open, sender }) => {
    const metricsOf = ({ InvocationUnavailable, TaskOpened, level }: Record<string, unknown>) => ({
      InvocationUnavailable,
      TaskOpened,
      level,
    });
    await open.invoke({});
    sender.dynamodb.inject(() => ({ kind: 'error', status: 500 }));
    await open.invoke(aTaskBody());
    expect(open.lines.map(metricsOf)).toEqual([
      { level: 'INFO', InvocationUnavailable: undefined, TaskOpened: undefined },
      { level: 'ERROR', InvocationUnavailable: 1, TaskOpened: undefined },
    ]);
  });
});

test('an invocation has the log line and the metrics of a request by HTTP', async ({ open }) => {
  const key = aKey();
  const { taskId } = answerOf(await open.invoke({ ...aTaskBody(), idempotencyKey: key }));
  await open.invoke({ ...aTaskBody(), idempotencyKey: key });
  const [first, again] = open.lines;
  expect(first).toMatchObject({
    message: 'request',
    level: 'INFO',
    route: 'openTask',
    status: 201,
    application: 'default',
    client: 'invoker of default',
    processor: 'acme-ocr',
    taskId,
    TaskOpened: 1,
    Application: 'default',
  });
  expect(again).toMatchObject({ taskId, repeated: true });
  expect(again).not.toHaveProperty('TaskOpened');
  expect(JSON.stringify(open.lines)).not.toContain('invoice-77');
});

test('an event without the ARN of its function is one of the load balancer', async () => {
  const handler = createHandler(
    async () => ({ statusCode: 401 }) as never,
    () => Promise.reject(new Error('No alias was invoked.')),
  );
  await expect(handler({}, { awsRequestId: 'request-1' })).resolves.toEqual({ statusCode: 401 });
});
