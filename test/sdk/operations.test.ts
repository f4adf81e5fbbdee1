import { describe, expect } from 'vitest';
import { describeApi } from '../../lambda/functions/metadata/openapi/document.ts';
import type { Postern } from '../../sdk/client/index.ts';
import type { PosternOperator } from '../../sdk/client/operator/index.ts';
import { Callback } from '../../sdk/processor/index.ts';
import { test as base } from '../support/client-of-stand-in.ts';
import type { ReceivedRequest } from '../support/web-stand-in.ts';

/** The operations of the API description, and the one method of a package that makes each of them. */

const ACT = { reason: 'a test', revision: 1 };
const REASON = { reason: 'a test' };
const SHA256 = 'a'.repeat(64);

type ClientCall = (clients: { readonly postern: Postern; readonly operator: PosternOperator }) => unknown;

/** Reads the first page of a list. */
const first = (list: { pages(): AsyncGenerator }) => list.pages().next();

/** Methods of `@postern/client`, `Postern` first, by operation. */
const CLIENT_METHODS: Readonly<Record<string, readonly [method: string, call: ClientCall]>> = {
  openTask: [
    'postern.tasks.open',
    ({ postern }) => postern.tasks.open({ processor: 'acme-ocr', resource: 'r', expiresIn: 60 }),
  ],
  listTasks: ['postern.tasks.list', ({ postern }) => first(postern.tasks.list())],
  getTask: ['postern.tasks.get', ({ postern }) => postern.tasks.get('t')],
  getTaskResult: ['postern.tasks.result', ({ postern }) => postern.tasks.result('t')],
  getTaskFailure: ['postern.tasks.failure', ({ postern }) => postern.tasks.failure('t')],
  cancelTask: ['postern.tasks.cancel', ({ postern }) => postern.tasks.cancel('t')],
  reissueCallbacks: ['postern.tasks.reissue', ({ postern }) => postern.tasks.reissue('t')],
  reopenTask: ['postern.tasks.reopen', ({ postern }) => postern.tasks.reopen('t', REASON)],
  dispatchTask: ['postern.tasks.dispatch', ({ postern }) => postern.tasks.dispatch('t')],
  listQuarantine: ['postern.tasks.quarantine.list', ({ postern }) => postern.tasks.quarantine.list('t')],
  acceptQuarantined: ['postern.tasks.quarantine.accept', ({ postern }) => postern.tasks.quarantine.accept('t', 'q')],
  discardQuarantined: ['postern.tasks.quarantine.discard', ({ postern }) => postern.tasks.quarantine.discard('t', 'q')],
  operatorListTasks: ['operator.tasks.list', ({ operator }) => first(operator.tasks.list())],
  operatorGetTask: ['operator.tasks.get', ({ operator }) => operator.tasks.get('t')],
  operatorCancelTask: ['operator.tasks.cancel', ({ operator }) => operator.tasks.cancel('t', ACT)],
  operatorRevokeCallbacks: ['operator.tasks.revoke', ({ operator }) => operator.tasks.revoke('t', ACT)],
  operatorReopenTask: ['operator.tasks.reopen', ({ operator }) => operator.tasks.reopen('t', ACT)],
  operatorDispatchTask: ['operator.tasks.dispatch', ({ operator }) => operator.tasks.dispatch('t', ACT)],
  operatorRevealPayload: [
    'operator.tasks.payload',
    ({ operator }) => operator.tasks.payload('t', { ...REASON, of: 'result' }),
  ],
  operatorListQuarantine: ['operator.quarantine.list', ({ operator }) => first(operator.quarantine.list())],
  operatorAcceptQuarantined: [
    'operator.quarantine.accept',
    ({ operator }) => operator.quarantine.accept('t', 'q', ACT),
  ],
  operatorDiscardQuarantined: [
    'operator.quarantine.discard',
    ({ operator }) => operator.quarantine.discard('t', 'q', ACT),
  ],
  operatorListReplays: ['operator.replays.list', ({ operator }) => first(operator.replays.list())],
  operatorListProcessors: ['operator.processors.list', ({ operator }) => operator.processors.list()],
  operatorGetProcessor: ['operator.processors.get', ({ operator }) => operator.processors.get('p')],
  operatorRevokeAll: ['operator.processors.revoke', ({ operator }) => operator.processors.revoke('p', { plan: true })],
  operatorDispatchAll: [
    'operator.processors.dispatch',
    ({ operator }) => operator.processors.dispatch('p', { plan: true, of: 'failed' }),
  ],
  operatorPauseProcessor: ['operator.processors.pause', ({ operator }) => operator.processors.pause('p', ACT)],
  operatorResumeProcessor: ['operator.processors.resume', ({ operator }) => operator.processors.resume('p', ACT)],
  operatorListDispatch: ['operator.dispatch.list', ({ operator }) => operator.dispatch.list()],
  operatorGetJob: ['operator.jobs.get', ({ operator }) => operator.jobs.get('j')],
  operatorAbortJob: ['operator.jobs.abort', ({ operator }) => operator.jobs.abort('j', REASON)],
  operatorListDeadLetters: ['operator.deadLetters.list', ({ operator }) => operator.deadLetters.list()],
  operatorRedrive: ['operator.deadLetters.redrive', ({ operator }) => operator.deadLetters.redrive('publish', REASON)],
  operatorListKeys: ['operator.keys.list', ({ operator }) => operator.keys.list()],
  operatorRetireKey: ['operator.keys.retire', ({ operator }) => operator.keys.retire('k', REASON)],
  operatorListAudit: ['operator.audit.list', ({ operator }) => first(operator.audit.list())],
};

type ProcessorMethod = 'deliver' | 'fail' | 'progress' | 'upload';

/** Methods of `@postern/processor` by operation. The operations of a method differ only in where the token is. */
const PROCESSOR_METHODS: Readonly<Record<string, ProcessorMethod>> = {
  deliverResult: 'deliver',
  deliverResultByPath: 'deliver',
  deliverFailure: 'fail',
  deliverFailureByPath: 'fail',
  reportProgress: 'progress',
  reportProgressByPath: 'progress',
  offerUpload: 'upload',
  offerUploadByPath: 'upload',
};

/** A short URL does not tell its capability, so every method may make this operation. */
const SHORT_URL = 'callbackByCode';

const PROCESSOR_CALLS: Readonly<Record<ProcessorMethod, (callback: Callback) => Promise<unknown>>> = {
  deliver: (callback) => callback.deliver('text', { contentType: 'text/plain' }),
  fail: (callback) => callback.fail({ code: 'unreadable' }),
  progress: (callback) => callback.progress({ percent: 40 }),
  upload: (callback) => callback.upload(new Uint8Array([1]), { contentType: 'text/plain', size: 1, sha256: SHA256 }),
};

const OPERATIONS = Object.entries(
  describeApi({ origin: 'https://description.test', abbreviations: false }).paths,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId, tags }]) => ({
    operationId,
    tags,
    method: method.toUpperCase(),
    path,
  })),
);

/** Documents for anyone, both directions of the handshake, and the two pages of the console that the description has. */
const isExempt = ({ path, tags }: (typeof OPERATIONS)[number]): boolean =>
  tags.includes('public') || tags.includes('handshake') || path.startsWith('/console');

/** True if a request is one of an operation. */
const matches = ({ method, path }: ReceivedRequest, operationId: string): boolean => {
  const operation = OPERATIONS.find((each) => each.operationId === operationId);
  const pattern = operation?.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  return method === operation?.method && new RegExp(`^${pattern}$`).test(path.split('?', 1)[0] ?? '');
};

/** Names of the methods of a client and of the objects in it: `postern.tasks.open`. */
const methodsOf = (name: string, value: object): readonly string[] => [
  ...Object.getOwnPropertyNames(Object.getPrototypeOf(value))
    .filter((each) => each !== 'constructor')
    .map((each) => `${name}.${each}`),
  ...Object.entries(value).flatMap(([each, member]) => methodsOf(`${name}.${each}`, member as object)),
];

const test = base.extend('answered', { auto: true }, ({ server }) =>
  // An answer from which every method reads what it needs.
  server.answerWith({ status: 200, body: { method: 'PUT', url: `${server.origin}/bucket`, headers: {} } }),
);

describe('the operations of the API description', () => {
  test('have exactly one method each', () => {
    const made = [...Object.keys(CLIENT_METHODS), ...Object.keys(PROCESSOR_METHODS), SHORT_URL];
    const described = OPERATIONS.filter((operation) => !isExempt(operation)).map(({ operationId }) => operationId);
    expect(made.sort()).toEqual(described.sort());
  });

  test('are all that the clients do, except for the wait, which reads the task', ({ operator, postern }) => {
    const methods = [...methodsOf('postern', postern), ...methodsOf('operator', operator)];
    const used = Object.values(CLIENT_METHODS).map(([method]) => method);
    expect(methods.filter((method) => method !== 'postern.tasks.wait').sort()).toEqual(used.sort());
  });

  test('are all that a callback does, except for the heartbeat, which reports progress', () => {
    const methods = Object.getOwnPropertyNames(Callback.prototype);
    const known = ['constructor', 'heartbeat', ...Object.keys(PROCESSOR_CALLS)];
    expect(methods.sort()).toEqual(known.sort());
  });
});

describe('the method of @postern/client', () => {
  test.for(Object.entries(CLIENT_METHODS))(
    'for %s makes this operation',
    async ([operationId, [, call]], { operator, postern, server }) => {
      await call({ operator, postern });
      expect(server.requests.map((request) => matches(request, operationId))).toEqual([true]);
    },
  );
});

describe('the method of @postern/processor', () => {
  const call = async (method: ProcessorMethod, callback: Callback) => {
    // The answers of the stand-in are for the upload only. The request is what counts.
    await PROCESSOR_CALLS[method](callback).catch(() => {});
  };

  test.for(Object.entries(PROCESSOR_METHODS))(
    'for %s makes this operation',
    async ([operationId, method], { server }) => {
      const path = OPERATIONS.find((operation) => operation.operationId === operationId)?.path ?? '';
      const url = `${server.origin}${path.replace('{taskId}', 't').replace('{token}', 'a.b.c')}`;
      await call(method, new Callback(url, path.endsWith('{token}') ? {} : { token: 'a.b.c' }));
      expect(server.requests[0] && matches(server.requests[0], operationId)).toBe(true);
    },
  );

  test('makes the operation of a short URL with any capability', async ({ server }) => {
    for (const method of Object.keys(PROCESSOR_CALLS) as ProcessorMethod[]) {
      server.answerWith({ status: 200, body: {} });
      await call(method, new Callback(`${server.origin}/c/${'a'.repeat(22)}`));
      expect(server.requests[0] && matches(server.requests[0], SHORT_URL), method).toBe(true);
    }
  });
});
