import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { alarmNamePrefix } from '../../lambda/contract/alarms.ts';
import type { CallbackTokenClaims } from '../../lambda/contract/claims.ts';
import type { StartedCall } from '../../lambda/contract/handshake.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../../lambda/contract/limits.ts';
import { METRIC_NAMESPACE, METRICS } from '../../lambda/contract/metrics.ts';
import type { SigningKeyView } from '../../lambda/contract/operator-api.ts';
import { createDescribeAlarms } from '../../lambda/shared/aws/cloudwatch-alarms.ts';
import { mintCallbackToken } from '../../lambda/shared/callback-token/mint.ts';
import { bindExampleProcessor, type ExampleProcessor } from '../../local/example-processor/server.ts';
import type { FunctionHost } from '../../local/functions/function-host.ts';
import type { Gateway } from '../../local/gateway.ts';
import { startGateway } from '../../local/gateway.ts';
import type { ReadyClient, ReadyFile } from '../../local/ready-file.ts';
import { openLocalScenario, runLocalScenario } from '../../local/scenario.ts';
import { LOCAL_DISPATCH_CAST } from '../../local/scenario-cast.ts';
import { readSigning } from '../../local/signing.ts';
import { objectCreatedEvent } from '../../local/stand-ins/s3-event.ts';
import type { Stack } from '../../local/template/cloud-assembly.ts';
import type { Resolver, StackResource } from '../../local/template/resolve.ts';
import { synthesizeLocal } from '../../local/template/synthesize-local.ts';
import { requestAccessToken } from '../../scenario/access-token.ts';
import type { OpenedTask } from '../../scenario/context.ts';
import type { Reporter } from '../../scenario/reporter.ts';
import { Browser } from '../support/browser.ts';
import { aFailedCall } from '../support/dead-letters.ts';
import { LOCAL_CLIENT, LOCAL_ENVIRONMENT } from '../support/engine.ts';
import { openCaller, type TestCaller } from '../support/handshake.ts';
import { anHttpVisitor, type HttpVisitor } from '../support/http-visitor.ts';
import type { IamRequest, RecordedCall } from '../support/iam-request.ts';
import { iamRequestsOf, objectRequests } from '../support/iam-request.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { answerJson, type ProgrammedProcessor, startProgrammedProcessor } from '../support/programmed-processor.ts';
import { readySigner } from '../support/ready-signer.ts';
import { aSigningKeyItem, putSigningKey, readSigningKeyItems } from '../support/signing-keys.ts';
import { tellOfDispatch } from '../support/tell-of-dispatch.ts';
import { tellOfWorkflows } from '../support/tell-of-workflows.ts';
import { aSigningKey } from '../support/tokens.ts';

const seams = vi.hoisted(() => ({
  callsFile: '',
  resolver: undefined as unknown,
  stacks: undefined as unknown,
  host: undefined as unknown,
}));

// Adds a recorder to what functions run with; everything else is as it is.
vi.mock('../../local/functions/function-definition.ts', async (original) => {
  const actual = await original<typeof import('../../local/functions/function-definition.ts')>();
  const recorder = fileURLToPath(new URL('../support/record-calls.cjs', import.meta.url));
  return {
    ...actual,
    defineFunction: (...given: Parameters<typeof actual.defineFunction>) => {
      const definition = actual.defineFunction(...given);
      const more = { NODE_OPTIONS: `--require ${recorder}`, RECORDED_CALLS_FILE: seams.callsFile };
      return { ...definition, environment: { ...definition.environment, ...more } };
    },
  };
});

// Keeps what calls functions.
vi.mock('../../local/functions/function-host.ts', async (original) => {
  const actual = await original<typeof import('../../local/functions/function-host.ts')>();
  return {
    ...actual,
    startFunctionHost: async (...given: Parameters<typeof actual.startFunctionHost>) => {
      const host = await actual.startFunctionHost(...given);
      seams.host = host;
      return host;
    },
  };
});

// Keeps what knows the names that resources really have.
vi.mock('../../local/template/resolve.ts', async (original) => {
  const actual = await original<typeof import('../../local/template/resolve.ts')>();
  return {
    ...actual,
    createResolver: (...given: Parameters<typeof actual.createResolver>) => {
      seams.stacks = given[0];
      seams.resolver = actual.createResolver(...given);
      return seams.resolver;
    },
  };
});

const ACCOUNT = '000000000000';
const folder = mkdtempSync(join(tmpdir(), 'least-privilege-'));
let gateway: Gateway;
let caller: TestCaller;
let example: ExampleProcessor;
let processor: ProgrammedProcessor;
let resolver: Resolver;
const PAGES = ['postern-local-SecurityPage', 'postern-local-ServicePage'];
/** States after the scenario. An alarm is raised for one minute, and the other requests may take longer. */
let pages: Readonly<Record<string, string>>;
/** Time at which a key signed already, seconds since 1970. */
let startedAt: number;
/** Calls of each function, by its logical id. */
let calls: readonly (IamRequest & { readonly function: string })[];

beforeAll(async () => {
  caller = await openCaller();
  example = await bindExampleProcessor({ port: 0 });
  processor = await startProgrammedProcessor('job-1');
  // The job of the scenario. The example processor checks it, works, and calls back.
  processor.program('{"document":"invoice-80.pdf"}', async ({ headers, path, raw }, response) => {
    const { connection: _connection, 'content-length': _length, host: _host, ...own } = headers;
    const answer = await fetch(`${example.origin}${path}`, {
      method: 'POST',
      headers: own as Record<string, string>,
      body: raw,
    });
    answerJson(response, answer.status, await answer.json());
  });
  seams.callsFile = join(folder, 'calls.ndjson');
  gateway = await startGateway({
    synthesize: synthesizeLocal,
    gatewayPort: 0,
    idpPort: 0,
    signing: readSigning(process.env),
    webhookOrigin: caller.origin,
    processorOrigin: processor.origin,
    dataFolder: folder,
    readyFile: join(folder, 'ready.json'),
    signal: new AbortController().signal,
    say: () => undefined,
  });
  example.serve(gateway.ready.clients.dispatch);
  startedAt = Math.floor(Date.now() / 1000);
  resolver = seams.resolver as Resolver;
  const presigned: RecordedCall[] = [];
  const send = globalThis.fetch;
  vi.stubGlobal('fetch', (url: string | URL, init?: RequestInit) => {
    const { pathname, search } = new URL(url);
    const method = init?.method ?? 'GET';
    if (search.includes('X-Amz-Signature=')) {
      const signer = revealed.includes(String(url)) ? 'FrontReveal' : 'FrontTasks';
      presigned.push({ function: method === 'PUT' ? 'FrontReceive' : signer, method, path: pathname });
    }
    return send(url, init);
  });
  await runLocalScenario(gateway, silence, LOCAL_DISPATCH_CAST);
  pages = Object.fromEntries(PAGES.map((name) => [name, gateway.alarms.state(name)]));
  await tellTheRest();
  vi.unstubAllGlobals();
  const partitionKeys = new Map(
    resolver
      .resources('AWS::DynamoDB::GlobalTable')
      .map(({ properties, ref }) => [
        ref,
        (properties.KeySchema as { AttributeName: string }[])[0]?.AttributeName ?? '',
      ]),
  );
  const recorded = readFileSync(seams.callsFile, 'utf8').trim().split('\n');
  calls = [
    ...recorded.flatMap((line) => {
      const call = JSON.parse(line) as RecordedCall;
      const caller = functions().find(({ ref }) => ref === call.function)?.logicalId ?? '';
      // The answer that an object does not exist needs the permission that a HEAD request needs.
      const more = isPayloadOfWorkflow(call, caller) ? objectRequests('HEAD', call.path) : [];
      return [...iamRequestsOf(call, partitionKeys), ...more].map((request) => ({ ...request, function: caller }));
    }),
    ...presigned.flatMap(({ function: signer, method, path }) =>
      objectRequests(method, path).map((request) => ({ ...request, function: logicalIdOf(signer) })),
    ),
  ];
});
afterAll(async () => {
  await gateway?.stop();
  await processor?.close();
  await example?.stop();
  await caller?.close();
  rmSync(folder, { recursive: true, force: true });
});

const silence: Reporter = Object.fromEntries(
  ['title', 'step', 'layer', 'outcome', 'line'].map((name) => [name, () => undefined]),
) as unknown as Reporter;

/** An operator signs in at the console, sends a form that is not the page's, and signs out by the one that is. */
const signInAndOut = async (origin: string): Promise<void> => {
  const browser = new Browser(origin);
  const { response } = await browser.follow(await browser.signIn('operator'));
  expect(response.status).toBe(200);
  const [, token = ''] = /name="token" value="([^"]+)"/.exec(await response.text()) ?? [];
  const post = (form: Record<string, string>) =>
    browser.request(`${origin}/console/sign-out`, {
      method: 'POST',
      headers: { origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
  expect((await post({ token: 'another' })).status).toBe(403);
  expect((await post({ token })).status).toBe(200);
  // W4: the session is over.
  expect((await browser.request(`${origin}/console`)).status).toBe(302);
};

/** Requests that the scenario does not make. */
const tellTheRest = async (): Promise<void> => {
  const { ready } = gateway;
  const host = seams.host as FunctionHost;
  const engine = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: ready.dynamodb.endpoint });
  const { ask, deliver, probe, open } = await openLocalScenario(gateway, silence);
  // Counted, and nothing else.
  expect((await fetch(`${ready.gateway}/v1/results/task`)).status).toBe(405);
  const ok = async (path: string, status: number, init?: RequestInit) => {
    const response = await ask(path, init);
    expect([path, response.status]).toEqual([path, status]);
    return response;
  };

  await fetch(`${ready.gateway}/.well-known/jwks.json`);
  await ok('/v1/tasks', 200);
  await signInAndOut(ready.gateway);

  await playHandshake(await open({ processor: 'webhook-ocr', resource: 'invoice-88' }), host);
  // A token that has to be decrypted.
  const sealed = (await open({ processor: 'sealed-ocr', resource: 'invoice-87' })).callback('result');
  expect((await deliver(sealed, '{}', 'application/json')).status).toBe(200);
  await tellOfSecret(await open({ processor: 'standard-ocr', resource: 'invoice-89' }), ready);

  // A request that is repeated, and callbacks that are issued anew.
  const body = JSON.stringify({ processor: 'acme-ocr', resource: 'invoice-90', expiresIn: 600 });
  for (let time = 0; time < 2; time += 1) {
    const response = await fetch(`${ready.gateway}/v1/tasks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': '"invoice-90"',
        authorization: `Bearer ${await requestAccessToken(ready.idp, ready.clients.sender, 'task_write')}`,
      },
      body,
    });
    expect(response.status).toBe(201);
  }
  const again = await open({ processor: 'acme-ocr', resource: 'invoice-91' });
  await ok(`/v1/tasks/${again.taskId}/callbacks`, 201, { method: 'POST', body: '{}' });

  // A task that expires, a large result that comes late, and is taken all the same.
  const late = await open({ processor: 'acme-ocr', resource: 'invoice-92' });
  const past = String(Math.floor(Date.now() / 1000) - 5);
  await engine.send(
    new UpdateItemCommand({
      TableName: ready.dynamodb.tables.tasks,
      Key: { taskId: { S: late.taskId } },
      UpdateExpression: 'SET deadline = :past, heartbeatDeadline = :past, due = :past',
      ExpressionAttributeValues: { ':past': { N: past } },
    }),
  );
  await host.invoke(logicalIdOf('BackgroundExpire'), {});
  await probe?.published('Task Expired', late.taskId);
  const large = randomBytes(100_000);
  expect((await deliver(late.callback('result'), large, 'application/pdf')).status).toBeGreaterThanOrEqual(400);
  const { quarantine } = (await (await ok(`/v1/tasks/${late.taskId}/quarantine`, 200)).json()) as {
    quarantine: { id: string }[];
  };
  await ok(`/v1/tasks/${late.taskId}/quarantine/${quarantine[0]?.id}/accept`, 200, { method: 'POST' });
  const location = (await ok(`/v1/tasks/${late.taskId}/result`, 303)).headers.get('location') ?? '';
  expect(Buffer.from(await (await fetch(location)).arrayBuffer()).equals(large)).toBe(true);

  await tellOfApplications(ready, open);
  const person = anHttpVisitor(ready.gateway);
  await person.signIn('operator');
  await tellOfDispatch({
    ...{ ask, deliver, open, person, processor, ready },
    confirm: (path, heading) => confirm(person, path, heading),
  });

  // A token past its time.
  const { callback, taskId } = await open({ processor: 'acme-ocr', resource: 'invoice-93' });
  const { url: target } = callback('result');
  const [, claims = ''] = target.slice(target.lastIndexOf('/') + 1).split('.');
  const expired = {
    ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as CallbackTokenClaims),
    iat: startedAt,
    exp: startedAt + 1,
  };
  const token = await mintCallbackToken(expired, await readySigner(ready));
  const isOver = () => expect(Date.now() / 1000).toBeGreaterThan(expired.exp + CLOCK_TOLERANCE_SECONDS);
  await vi.waitFor(isOver, EVENTUALLY);
  const refused = await deliver({ url: `${ready.gateway}/v1/results/${taskId}/${token}` }, '{}');
  expect(refused.body.code).toBe('token_expired');

  // An upload of bytes that were not offered, and then the right one.
  const scan = randomBytes(100_000);
  const scanned = await open({ processor: 'acme-ocr', resource: 'invoice-94', callbacks: ['upload'] });
  const sha256 = createHash('sha256').update(scan).digest('hex');
  const offer = JSON.stringify({ contentType: 'application/pdf', size: scan.length, sha256 });
  const offered = await deliver(scanned.callback('upload'), offer, 'application/json');
  const { headers, url } = offered.body as unknown as { url: string; headers: Record<string, string> };
  const put = async (more: Record<string, string>) =>
    (await fetch(url, { method: 'PUT', headers: { ...headers, ...more }, body: scan })).status;
  expect(await put({ 'content-language': 'de' })).toBe(200);
  await vi.waitFor(async () => expect(await put({})).toBe(200), EVENTUALLY);
  await probe?.published('Task Succeeded', scanned.taskId);

  const big = await open({ processor: 'acme-ocr', resource: 'invoice-98' });
  expect((await deliver(big.callback('result'), large, 'application/pdf')).status).toBe(200);
  for (let time = 0; time < 2; time += 1) await openFaulty(ready);
  const isLastTold = await tellOfWorkflows(
    ready,
    { ask, deliver },
    { host, expire: logicalIdOf('BackgroundExpire'), resume: logicalIdOf('BackgroundResumptionResume') },
  );
  await tellOfOperators(ready, open, {
    withResults: [late.taskId, scanned.taskId, big.taskId],
    deliverResult: async (task, body) => {
      expect((await deliver(task.callback('result'), body, 'application/json')).status).toBe(200);
    },
  });

  await isLastTold();
  await tellOfKeys(ready, engine);

  // An event about an upload that was deleted, and a change that can never be published.
  const bucket = resolver.resources('AWS::S3::Bucket').find(({ logicalId }) => logicalId.startsWith('Payloads'));
  await host.invoke(
    logicalIdOf('BackgroundArrive'),
    objectCreatedEvent(
      {
        bucket: bucket?.ref ?? '',
        etag: '0',
        key: `uploads/${taskId}/${expired.jti}/${'0'.repeat(64)}`,
        requestId: 'gone',
        size: 1,
        sourceIp: '127.0.0.1',
      } as Parameters<typeof objectCreatedEvent>[0],
      { accountId: ACCOUNT, region: 'eu-west-1', now: Date.now() },
    ),
  );
  await engine.send(
    new PutItemCommand({ TableName: ready.dynamodb.tables.tasks, Item: { taskId: { S: 'no task at all' } } }),
  );
  await vi.waitFor(() => expect(readFileSync(seams.callsFile, 'utf8')).toContain('AmazonSQS.SendMessage'), EVENTUALLY);
  engine.destroy();
};

/** Opens a task whose event the stand-in of EventBridge refuses. */
const openFaulty = async ({ clients, gateway: origin, idp }: ReadyFile): Promise<void> => {
  const body = { processor: 'acme-ocr', resource: 'invoice-99', expiresIn: 600, metadata: { localFault: 'publish' } };
  const response = await fetch(`${origin}/v1/tasks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await requestAccessToken(idp, clients.sender, 'task_write')}`,
    },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(201);
};

type Open = Awaited<ReturnType<typeof openLocalScenario>>['open'];

/** Lists by every filter, a task of another application, and an application with a limit of pending tasks. */
const tellOfApplications = async (ready: ReadyFile, open: Open): Promise<void> => {
  const send = async (client: ReadyClient, path: string, init: RequestInit = {}) => {
    const scope = (init.method ?? 'GET') === 'GET' ? 'task_read' : 'task_write';
    const authorization = `Bearer ${await requestAccessToken(ready.idp, client, scope)}`;
    return fetch(`${ready.gateway}${path}`, { ...init, headers: { ...init.headers, authorization } });
  };
  const { sender, orders, small } = ready.clients;
  const { taskId } = await open({ processor: 'acme-ocr', resource: 'invoice-95' });
  for (const query of ['resource=invoice-95', 'owner=alice']) {
    expect((await send(sender, `/v1/tasks?${query}`)).status).toBe(200);
  }
  expect((await send(orders, `/v1/tasks/${taskId}`)).status).toBe(404);
  const body = JSON.stringify({ processor: 'acme-ocr', resource: 'order-1', expiresIn: 600 });
  const opened = await send(small, '/v1/tasks', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(opened.status).toBe(201);
};

/** Every read and every action on a task, by machines with operators' roles. */
const tellOfOperators = async (
  ready: ReadyFile,
  open: Open,
  { deliverResult, withResults }: { readonly deliverResult: DeliverResult; readonly withResults: readonly string[] },
): Promise<void> => {
  const send = async (client: ReadyClient, path: string, body?: object, status = 200) => {
    const scope = body === undefined ? 'operator_read' : 'operator_write';
    const authorization = `Bearer ${await requestAccessToken(ready.idp, client, scope)}`;
    const response = await fetch(`${ready.gateway}/v1/operator${path}`, {
      headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect([path, response.status, text]).toEqual([path, status, expect.any(String)]);
    return (text === '' ? {} : JSON.parse(text)) as Record<string, never>;
  };
  const { acting, operator, viewer } = ready.clients;
  const person = anHttpVisitor(ready.gateway);
  await person.signIn('operator');
  const view = (taskId: string) => send(viewer, `/tasks/${taskId}`);
  const act = async (taskId: string, action: string) => {
    const { revision } = await view(taskId);
    return await send(acting, `/tasks/${taskId}/${action}`, { reason: 'An exercise.', revision });
  };
  const pending = await open({ processor: 'acme-ocr', resource: 'invoice-96' });
  const closed = await open({ processor: 'acme-ocr', resource: 'invoice-97' });
  await deliverResult(closed, '{"total":"12.00"}');
  for (const query of [
    '',
    '?resource=invoice-96',
    '?owner=alice',
    '?has=quarantine',
    '?has=replay',
    '?status=pending',
  ]) {
    await send(viewer, `/tasks${query}`);
  }
  await send(viewer, '/tasks?expiresBefore=2100-01-01T00:00:00Z');
  for (const path of ['/quarantine', '/replays', '/audit']) await send(viewer, path);
  // Results on the task, and under each prefix of the bucket.
  for (const taskId of [closed.taskId, ...withResults]) {
    const shown = await send(operator, `/tasks/${taskId}/payload`, { of: 'result', reason: 'An exercise.' });
    revealed.push(String(shown.url));
    expect((await fetch(String(shown.url))).status).toBe(200);
  }
  await readConsole(person, closed.taskId);
  await confirm(person, `/console/tasks/${closed.taskId}/payload/result`, 'Payload');
  await act(closed.taskId, 'reopen');
  await confirm(person, `/console/tasks/${closed.taskId}/cancel`, closed.taskId);
  await act(pending.taskId, 'revoke');

  // The callbacks of all tasks of one processor. One of them ends after the plan.
  await open({ processor: 'bulk-ocr', resource: 'invoice-102' });
  await revokeByConsole(person, 'bulk-ocr');
  await open({ processor: 'bulk-ocr', resource: 'invoice-100' });
  const ending = await open({ processor: 'bulk-ocr', resource: 'invoice-101' });
  const processor = '/processors/bulk-ocr';
  for (const path of ['/processors', processor]) await send(viewer, path);
  const { count, planId } = await send(acting, `${processor}/revoke`, { plan: true });
  await act(ending.taskId, 'cancel');
  const confirmation = { planId, confirm: count, reason: 'An exercise.' };
  const { jobId } = await send(acting, `${processor}/revoke`, confirmation, 202);
  await vi.waitFor(async () => expect((await send(viewer, `/jobs/${jobId}`)).state).toBe('done'), EVENTUALLY);
  await send(acting, `/jobs/${jobId}/abort`, { reason: 'An exercise.' });

  await sendLetters(closed.taskId);
  const lettersOf = async (): Promise<readonly Queue[]> => (await send(viewer, '/dead-letters')).queues ?? [];
  const everyQueueHas = (count: number) =>
    vi.waitFor(
      async () => expect((await lettersOf()).map(({ items }) => items.length)).toEqual(Array(7).fill(count)),
      EVENTUALLY,
    );
  await everyQueueHas(2);
  writeFileSync(join(folder, 'faults-cleared'), '');
  const redrive = (queue: string, more: object = {}) =>
    send(acting, `/dead-letters/${queue}/redrive`, { reason: 'An exercise.', ...more }, 202);
  await person.open('/console/dead-letters');
  for (const [i, { items, queue }] of (await lettersOf()).entries()) {
    const id = String(items[1]?.id);
    if (i > 0) await redrive(queue, { id });
    else await confirm(person, `/console/dead-letters/${queue}/redrive?id=${id}`, 'Dead letters');
  }
  await everyQueueHas(1);
  for (const { queue } of await lettersOf()) await redrive(queue);
  await everyQueueHas(0);

  // No task is opened after this, because the next key may be too young to sign.
  const listed = (await send(viewer, '/keys')) as { readonly keys?: readonly SigningKeyView[] };
  const { kid } = listed.keys?.find(({ state }) => state === 'signing') ?? {};
  await send(acting, `/keys/${kid}/retire`, { reason: 'An exercise.' }, ready.signing === undefined ? 409 : 200);
};

/**
 * Has two letters in each queue: failed calls, a message about the sending of work, changes of a task that EventBridge refused, and
 * outcomes of a task for which no workflow waits. One outcome was given up before.
 */
const sendLetters = async (taskId: string): Promise<void> => {
  const sqs = new SQSClient({ ...LOCAL_CLIENT, endpoint: gateway.services, useQueueUrlAsEndpoint: false });
  const urlOf = (name: string) => {
    const queue = resolver.resources('AWS::SQS::Queue').find(({ logicalId }) => logicalId.includes(name));
    return `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/${queue?.ref.split('/').at(-1)}`;
  };
  const send = (name: string, body: string, more: Partial<SendMessageCommandInput> = {}) =>
    sqs.send(new SendMessageCommand({ QueueUrl: urlOf(name), MessageBody: body, ...more }));
  for (const [name, event] of Object.entries({ Arrivals: { detail: {} }, Expiry: {}, Revocations: {} })) {
    for (let time = 0; time < 2; time += 1) await send(name, JSON.stringify(aFailedCall(event)));
  }
  await send('DispatchingQueuesDeadLetters', JSON.stringify(aFailedCall({ sweep: true })));
  await send('DispatchingQueuesDeadLetters', JSON.stringify({ taskId, issue: 1, attempt: 1 }));
  const changes = await vi.waitFor(async () => {
    const look = { QueueUrl: urlOf('BackgroundChanges'), MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(look));
    expect(Messages).toHaveLength(2);
    return Messages;
  }, EVENTUALLY);
  const [inStream = '', lost = ''] = changes.map(({ Body }) => Body);
  await send('ResumptionChangeDeadLetters', inStream);
  // The stream has lost this change, and the task is as it was then.
  await send('ResumptionChangeDeadLetters', JSON.stringify({ ...JSON.parse(lost), streamArn: undefined }));
  const outcome = JSON.stringify({ taskId, sequence: 2 });
  await send('ResumptionDeadLetters', outcome, { MessageGroupId: 'told', MessageDeduplicationId: 'told' });
  sqs.destroy();
};

/** Opens every list of the console, by every filter that has an index, and a task. */
const readConsole = async (person: HttpVisitor, taskId: string): Promise<void> => {
  for (const path of [
    '',
    ...['', '?resource=invoice-96', '?owner=alice', '?has=quarantine', '?has=replay', '?status=pending'].map(
      (query) => `/tasks${query}`,
    ),
    '/tasks?expiresBefore=2100-01-01T00:00:00Z',
    `/tasks/${taskId}`,
    '/quarantine',
    '/replays',
    '/processors',
    '/processors/acme-ocr',
    '/dead-letters',
    '/keys',
    '/audit',
  ]) {
    const { status, text } = await person.open(`/console${path}`);
    expect([path, status, text]).toEqual([path, 200, expect.any(String)]);
  }
};

/** Sends the form of an action. @param heading of the next page */
const confirm = async (person: HttpVisitor, path: string, heading: string): Promise<void> => {
  await person.open(path);
  const done = await person.send({ Reason: 'An exercise.' }, 'Confirm');
  expect([path, done.status, done.heading, done.text]).toEqual([path, 200, heading, expect.any(String)]);
};

/** Revokes all callbacks of a processor, and aborts the job. */
const revokeByConsole = async (person: HttpVisitor, processor: string): Promise<void> => {
  const { text } = await person.open(`/console/processors/${processor}/revoke`);
  const [, count = ''] = /The plan has ([\d,]+) task/.exec(text) ?? [];
  const started = await person.send({ Reason: 'An exercise.', 'Number of tasks': count }, 'Confirm');
  expect([started.status, started.url.pathname]).toEqual([200, expect.stringMatching(/^\/console\/jobs\//)]);
  await confirm(person, `${started.url.pathname}/abort`, started.heading);
};

/**
 * An operator lists the keys and retires one that no longer signs, with either way to sign. The rotation then removes its
 * private half.
 */
const tellOfKeys = async ({ clients, dynamodb, gateway: origin, idp, signing }: ReadyFile, client: DynamoDBClient) => {
  const store = { client, signingKeysTable: dynamodb.tables.signingKeys };
  const times = { publishedAt: startedAt - 3_600, signFrom: startedAt - 3_600, signUntil: startedAt - 1 };
  const key = aSigningKeyItem(await aSigningKey(), {
    generation: 1_000,
    id: 'an-id',
    encryptedPrivateKey: randomBytes(8),
    ...times,
  });
  await putSigningKey(store, key);
  const accessToken = await requestAccessToken(idp, clients.acting, 'operator_read operator_write');
  const authorization = `Bearer ${accessToken}`;
  const listed = await fetch(`${origin}/v1/operator/keys`, { headers: { authorization } });
  expect([listed.status, await listed.text()]).toEqual([200, expect.stringContaining(key.kid)]);
  const retired = await fetch(`${origin}/v1/operator/keys/${key.kid}/retire`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'An exercise.' }),
  });
  expect([retired.status, await retired.text()]).toEqual([200, expect.stringContaining('"state":"retired"')]);
  const other = aSigningKeyItem(await aSigningKey(), { ...times, generation: 1_001, id: 'an-id' });
  await putSigningKey(store, other);
  const person = anHttpVisitor(origin);
  await person.signIn('operator');
  await confirm(person, `/console/keys/${other.kid}/retire`, 'Keys');
  if (signing === undefined) return;
  const stored = async () => (await readSigningKeyItems(store)).find(({ kid }) => kid === key.kid);
  await vi.waitFor(async () => expect(await stored()).not.toHaveProperty('encryptedPrivateKey'), EVENTUALLY);
};

interface Queue {
  readonly queue: string;
  readonly items: readonly { readonly id: string }[];
}

/** URLs that `reveal-payload` signed. */
const revealed: string[] = [];

type DeliverResult = (task: OpenedTask, body: string) => Promise<unknown>;

/** A handshake in both directions: a processor confirms its call, and the gateway confirms one of its own. */
const playHandshake = async ({ callback }: OpenedTask, host: FunctionHost): Promise<void> => {
  const { token = '', url } = callback('result');
  const { status } = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'callback-token': token,
      authorization: `Webhook ${caller.confirmUrl} ${await caller.hashFor(url)}`,
    },
    body: '{}',
  });
  expect(status).toBe(200);
  const to = 'https://processor.example.com/jobs';
  const started = (await host.invoke(logicalIdOf('FrontHandshake'), { start: { url: to } })) as StartedCall;
  const [, confirmUrl = '', hash] = started.authorization.split(' ');
  const confirmed = await fetch(confirmUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hash, url: to }),
  });
  expect(confirmed.status).toBe(200);
};

/** A processor whose secret has to be looked up. */
const tellOfSecret = async ({ callback }: OpenedTask, { clients }: ReadyFile): Promise<void> => {
  const { token, url } = callback('result');
  const at = new Date();
  const { status } = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'webhook-id': 'msg_1',
      'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
      'webhook-signature': new Webhook(clients.standard.secret).sign('msg_1', at, '{}'),
    },
    body: '{}',
  });
  expect(status).toBe(200);
};

/** True if `resume` reads an object. */
const isPayloadOfWorkflow = ({ method, path, target }: RecordedCall, caller: string): boolean =>
  caller.startsWith('BackgroundResumptionResume') &&
  method === 'GET' &&
  target === undefined &&
  !path.startsWith('/20');

const functions = (): readonly StackResource[] =>
  resolver.resources('AWS::Lambda::Function').filter(({ properties }) => properties.Environment !== undefined);
const logicalIdOf = (prefix: string): string =>
  functions().find(({ logicalId }) => logicalId.startsWith(prefix))?.logicalId ?? '';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const roleArnOf = (logicalId: string): string =>
  String(functions().find((one) => one.logicalId === logicalId)?.properties.Role);

/** Policies of the role that a function has. */
const policiesOf = (logicalId: string): readonly { readonly Statement: readonly Statement[] }[] =>
  resolver
    .resources('AWS::IAM::Policy')
    .filter(({ properties }) => (properties.Roles as string[]).includes(roleArnOf(logicalId).split('/').at(-1) ?? ''))
    .map(({ properties }) => inOneRegion(properties.PolicyDocument) as { Statement: Statement[] });

/** Replaces the region that an engine on this machine gives to its tables. */
const inOneRegion = (policy: unknown): unknown =>
  JSON.parse(JSON.stringify(policy).replaceAll(/arn:aws:dynamodb:[^:"]+:/g, 'arn:aws:dynamodb:eu-west-1:'));

/** The policy of a table, stream, bucket, key or queue. */
const resourcePolicyOf = (arn: string): unknown => {
  const [, , service, , , name = ''] = arn.split(':');
  if (service === 'dynamodb') {
    const table = resolver
      .resources('AWS::DynamoDB::GlobalTable')
      .find(({ ref }) => arn.includes(`:table/${ref}/`) || arn.endsWith(`:table/${ref}`));
    const [replica] = (table?.properties.Replicas ?? []) as Readonly<
      Record<string, { readonly PolicyDocument: unknown } | undefined>
    >[];
    return replica?.ResourcePolicy?.PolicyDocument;
  }
  if (service === 's3') {
    const policies = resolver.resources('AWS::S3::BucketPolicy');
    return policies.find(({ properties }) => properties.Bucket === name.split('/')[0])?.properties.PolicyDocument;
  }
  if (service === 'kms') {
    const keys = resolver.resources('AWS::KMS::Key');
    return keys.find(({ ref }) => name === `key/${ref}`)?.properties.KeyPolicy;
  }
  if (service === 'sqs') {
    const policies = resolver.resources('AWS::SQS::QueuePolicy');
    const policy = policies.find(({ properties }) => JSON.stringify(properties.Queues).includes(name));
    return policy?.properties.PolicyDocument;
  }
  return undefined;
};

/** Tags of a role, as condition keys. */
const tagsOf = (arn: string): Readonly<Record<string, string>> => {
  // The resolver would resolve the roles of custom resources too, which do not run on this machine.
  const roles = (seams.stacks as readonly Stack[]).flatMap(({ template }) => Object.entries(template.Resources ?? {}));
  const [, role] = roles.find(([id, { Type }]) => Type === 'AWS::IAM::Role' && arn.endsWith(id)) ?? [];
  const tags = (role?.Properties?.Tags ?? []) as readonly { readonly Key: string; readonly Value: string }[];
  return Object.fromEntries(tags.map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value]));
};

/**
 * The simulator does not know `kms:EncryptionContext:KEY`, so policies and requests have tags of the principal in its place. By its
 * list the actions on task tokens have no resource, so actions on state machines stand for them: `lib/events/workflow-grants.ts`.
 */
const KNOWN: Readonly<Record<string, string>> = {
  'kms:EncryptionContext:': 'aws:PrincipalTag/encryption-context-',
  'states:SendTaskSuccess': 'states:UpdateStateMachine',
  'states:SendTaskFailure': 'states:DeleteStateMachine',
  'states:SendTaskHeartbeat': 'states:DescribeStateMachine',
};

const asKnown = <T>(value: T): T =>
  JSON.parse(
    Object.entries(KNOWN).reduce((text, [name, known]) => text.replaceAll(name, known), JSON.stringify(value)),
  );

/** Decision of IAM about a request of a role. */
const decide = async (principal: string, policies: readonly unknown[], request: IamRequest): Promise<string> => {
  const resourcePolicy = resourcePolicyOf(request.resource);
  const response = await runSimulation(
    {
      request: {
        principal,
        action: asKnown(request.action),
        resource: { resource: request.resource, accountId: ACCOUNT },
        contextVariables: { ...asKnown(request.context), ...tagsOf(principal), 'aws:PrincipalArn': principal },
      },
      identityPolicies: policies.map((policy, index) => ({ name: `policy-${index}`, policy: asKnown(policy) })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy !== undefined && { resourcePolicy: asKnown(resourcePolicy) }),
    },
    {},
  );
  if (response.resultType === 'error') throw new Error(JSON.stringify(response.errors));
  return response.overallResult;
};

const NAMES = ['FrontReceive', 'FrontOpen', 'FrontTasks', 'FrontDescribe', 'FrontConsole', 'FrontHandshake'].concat([
  'FrontOperator',
  'FrontReveal',
  'BackgroundRevoke',
  'BackgroundRedrive',
  'BackgroundPublish',
  'BackgroundExpire',
  'BackgroundArrive',
  'BackgroundResumptionQueueOutcomes',
  'BackgroundResumptionResume',
  'BackgroundDispatchingDispatch',
  ...(readSigning(process.env) === 'kms' ? [] : ['RotationFunction']),
]);

test('O5 every alarm of the template is evaluated on one machine, and a replay raises a page', () => {
  expect(gateway.alarms.notEvaluated).toEqual([]);
  expect(pages).toEqual({ 'postern-local-SecurityPage': 'ALARM', 'postern-local-ServicePage': 'OK' });
});

test('O5 CloudWatch describes every alarm of the template', async () => {
  const environment = { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_CLOUDWATCH: gateway.services };
  const describeAlarms = createDescribeAlarms({ environment });
  const described = await Promise.all(
    (['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const).map((StateValue) =>
      describeAlarms({
        AlarmNamePrefix: alarmNamePrefix('local'),
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        StateValue,
      }),
    ),
  );
  const names = described.flatMap(({ CompositeAlarms = [], MetricAlarms = [] }) =>
    [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => String(AlarmName)),
  );
  expect(names.sort()).toEqual([...gateway.alarms.names].sort());
});

describe('O4 least privilege, by what functions ask for while they run', () => {
  test('every function is looked at', () => {
    expect(
      functions()
        .map(({ logicalId }) => logicalId.slice(0, -8))
        .sort(),
    ).toEqual([...NAMES].sort());
  });

  test.each(NAMES)('%s is allowed every call that it makes', async (name) => {
    const logicalId = logicalIdOf(name);
    const own = calls.filter((call) => call.function === logicalId);
    expect(own.length).toBeGreaterThan(0);
    for (const call of own) {
      expect([call.action, call.resource, await decide(roleArnOf(logicalId), policiesOf(logicalId), call)]).toEqual([
        call.action,
        call.resource,
        'Allowed',
      ]);
    }
  });

  test.each(NAMES)('%s makes every call that it is allowed, but those that services make for it', async (name) => {
    const logicalId = logicalIdOf(name);
    const own = calls.filter((call) => call.function === logicalId);
    const unused: string[] = [];
    for (const statement of policiesOf(logicalId).flatMap(({ Statement }) => Statement)) {
      for (const Action of [statement.Action].flat() as string[]) {
        if (isMadeByService(name, Action, statement)) continue;
        for (const Resource of [statement.Resource].flat() as string[]) {
          const policy = { Version: '2012-10-17', Statement: [{ ...statement, Action, Resource }] };
          const used: string[] = [];
          for (const call of own.filter(({ action }) => action === Action)) {
            used.push(await decide(roleArnOf(logicalId), [policy], call));
            if (used.includes('Allowed')) break;
          }
          if (!used.includes('Allowed')) unused.push(`${Action} on ${Resource}`);
        }
      }
    }
    expect(unused).toEqual([]);
  });
});

describe.each([
  ['the operator API', 'FrontOperator'],
  ['the console', 'FrontConsole'],
])('O4 %s cannot read the bytes of a payload', (_name, construct) => {
  const SELECTED = { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' };
  test.each<[string, IamRequest['context'], 'Allowed' | 'ImplicitlyDenied']>([
    ['the description of a task', { ...SELECTED, 'dynamodb:Attributes': ['taskId', 'quarantine'] }, 'Allowed'],
    ['the bytes of its delivery', { ...SELECTED, 'dynamodb:Attributes': ['taskId', 'payload'] }, 'ImplicitlyDenied'],
    ['the bytes in quarantine', { ...SELECTED, 'dynamodb:Attributes': ['kept#an-id'] }, 'ImplicitlyDenied'],
    ['all attributes', { 'dynamodb:Select': 'ALL_ATTRIBUTES' }, 'ImplicitlyDenied'],
    ['a request that names none', {}, 'ImplicitlyDenied'],
  ])('%s', async (_, context, expected) => {
    const logicalId = logicalIdOf(construct);
    const table = calls.find(
      (call) => call.function === logicalId && call.action === 'dynamodb:GetItem' && call.resource.includes('asks'),
    );
    for (const action of ['dynamodb:GetItem', 'dynamodb:BatchGetItem']) {
      const request = { action, resource: table?.resource ?? '', context };
      expect(await decide(roleArnOf(logicalId), policiesOf(logicalId), request)).toBe(expected);
    }
  });

  test('a change outside a transaction, which could return them', async () => {
    const logicalId = logicalIdOf(construct);
    const update = calls.find(
      (call) => call.function === logicalId && call.context['dynamodb:EnclosingOperation'] === 'TransactWriteItems',
    );
    const request = { action: 'dynamodb:UpdateItem', resource: update?.resource ?? '' };
    const decisionOn = (context: IamRequest['context']) =>
      decide(roleArnOf(logicalId), policiesOf(logicalId), { ...request, context });
    expect(await decisionOn({})).toBe('ImplicitlyDenied');
    expect(await decisionOn({ 'dynamodb:EnclosingOperation': 'TransactWriteItems' })).toBe('Allowed');
  });
});

/** Functions that send messages themselves. */
const SENDERS = [
  'BackgroundPublish',
  'BackgroundResumptionQueueOutcomes',
  'BackgroundResumptionResume',
  'BackgroundDispatchingDispatch',
];

/** Functions that Lambda calls with messages of queues. */
const RECEIVERS = ['BackgroundResumptionResume', 'BackgroundDispatchingDispatch'];

/**
 * Lambda writes the log, reads the stream and the queues of outcomes and of work, and sends failed calls to their destination, in the function's
 * role. DynamoDB and S3 use the key of the data, in the name of the caller. It is an assumption that they ask for exactly these
 * rights.
 */
const isMadeByService = (name: string, action: string, { Condition, Resource }: Statement): boolean =>
  action.startsWith('logs:') ||
  /^dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$/.test(action) ||
  (action === 'sqs:SendMessage' && !SENDERS.includes(name)) ||
  (action === 'sqs:SendMessage' && /(ResumptionChange|DispatchingQueues)DeadLetters/.test(String(Resource))) ||
  (RECEIVERS.includes(name) && /^sqs:(DeleteMessage|GetQueueAttributes|ReceiveMessage)$/.test(action)) ||
  Condition?.StringEquals?.['kms:ViaService'] !== undefined;

describe('what is kept', () => {
  const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const table = () => resolver.resources('AWS::DynamoDB::GlobalTable').map(({ ref }) => ref);
  const tableArn = (name: string) => `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/${name}`;
  const ITEM_ACTIONS = ['GetItem', 'PutItem', 'Query', 'Scan', 'BatchGetItem', 'DeleteItem', 'PartiQLSelect'];
  const PRINCIPALS = ['role/Administrator', 'role/postern/staging/Receive', 'role/posternlocal', 'user/somebody'];

  test.each(PRINCIPALS)('is closed to %s, who may do everything else', async (principal) => {
    const arn = `arn:aws:iam::${ACCOUNT}:${principal}`;
    for (const name of table()) {
      for (const action of ITEM_ACTIONS) {
        const request = { action: `dynamodb:${action}`, resource: tableArn(name), context: {} };
        expect([action, await decide(arn, [EVERYTHING], request)]).toEqual([action, 'ExplicitlyDenied']);
      }
      const index = { action: 'dynamodb:Query', resource: `${tableArn(name)}/index/ofApplication`, context: {} };
      expect(await decide(arn, [EVERYTHING], index)).toBe('ExplicitlyDenied');
    }
    const [get] = calls.filter(({ action }) => action === 's3:GetObject');
    expect(await decide(arn, [EVERYTHING], get as IamRequest)).toBe('ExplicitlyDenied');
  });

  test.each([
    'DeleteTable',
    'DescribeTable',
    'UpdateTable',
    'PutResourcePolicy',
    'DeleteResourcePolicy',
    'UpdateContinuousBackups',
    'UpdateTimeToLive',
  ])('can be managed by those who may: %s', async (action) => {
    for (const name of table()) {
      const request = { action: `dynamodb:${action}`, resource: tableArn(name), context: {} };
      expect(await decide(`arn:aws:iam::${ACCOUNT}:role/Administrator`, [EVERYTHING], request)).toBe('Allowed');
    }
  });
});

describe('O5 what functions count', () => {
  interface Line {
    readonly _aws: {
      readonly CloudWatchMetrics: readonly {
        readonly Namespace: string;
        readonly Dimensions: readonly (readonly string[])[];
        readonly Metrics: readonly { readonly Name: string }[];
      }[];
    };
    readonly [member: string]: unknown;
  }
  /** Metrics as CloudWatch makes them of the lines of this run: namespace, name, dimensions with their values. */
  const counted = () =>
    new Set(
      readFileSync(gateway.ready.metrics.file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line)
        .flatMap((line) =>
          line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics, Namespace }) =>
            Metrics.flatMap(({ Name }) =>
              Dimensions.map((set) =>
                identity(
                  Namespace,
                  Name,
                  set.map((dimension) => [dimension, String(line[dimension])]),
                ),
              ),
            ),
          ),
        ),
    );
  const identity = (namespace: string, name: string, dimensions: readonly (readonly [string, string])[]) =>
    [namespace, name, ...dimensions.map(([key, value]) => `${key}=${value}`).sort()].join(' ');

  test('is what the alarms of the template watch, to the letter', () => {
    const watched = resolver
      .resources('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => properties.Namespace === METRIC_NAMESPACE)
      .map(({ properties }) =>
        identity(
          METRIC_NAMESPACE,
          String(properties.MetricName),
          (properties.Dimensions as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value]),
        ),
      );
    const seen = counted();
    // Nothing failed in this run.
    const unavailable = identity(METRIC_NAMESPACE, 'CallbackUnavailable', [['Environment', 'local']]);
    expect(watched).toContain(unavailable);
    expect(watched.filter((metric) => !seen.has(metric))).toEqual([unavailable]);
  });

  test('is every metric of the contract, by the dimensions that it says', () => {
    const seen = [...counted()];
    for (const [name, { by }] of Object.entries(METRICS)) {
      // Nothing failed in this run, and no key rotates on one machine yet.
      if (['CallbackUnavailable', 'InvocationUnavailable', 'NextSigningKeys'].includes(name)) continue;
      expect(seen).toContain(identity(METRIC_NAMESPACE, name, [['Environment', 'local']]));
      if (by === null) continue;
      const dimensions = ['Environment=local', `${by}=[A-Za-z_-]+`].sort().join(' ');
      expect(seen).toContainEqual(expect.stringMatching(new RegExp(`^${METRIC_NAMESPACE} ${name} ${dimensions}$`)));
    }
  });
});
