import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect } from 'vitest';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from './gateway-fixtures.ts';

type Application = 'invoices' | 'orders';
type Document = Record<string, unknown>;

/** The answer of either way: the body of a 201, or the problem document of a refusal. */
interface Answer {
  readonly isRefused: boolean;
  readonly document: Document;
}

const test = base
  .extend('lambda', { scope: 'file' }, ({ ready }, { onCleanup }) => {
    const client = new LambdaClient({ ...LOCAL_CLIENT, endpoint: ready.lambda.endpoint });
    onCleanup(() => client.destroy());
    return client;
  })
  .extend('invoke', ({ lambda, ready }) => async (application: Application, payload: unknown): Promise<Answer> => {
    const { FunctionError, Payload = new Uint8Array() } = await lambda.send(
      new InvokeCommand({
        FunctionName: ready.lambda.targets[application],
        Payload: Buffer.from(JSON.stringify(payload)),
      }),
    );
    const answer = JSON.parse(Buffer.from(Payload).toString()) as Document;
    if (FunctionError === undefined) return { isRefused: false, document: answer };
    const document = JSON.parse(answer.errorMessage as string) as Document;
    expect([answer.errorType, answer.trace]).toEqual([document.code, ['']]);
    return { isRefused: true, document };
  })
  .extend('post', ({ ready }) => async (application: Application, body: unknown): Promise<Answer> => {
    const client = application === 'invoices' ? ready.clients.sender : ready.clients.orders;
    const token = await requestAccessToken(ready.idp, client, 'task_write');
    const response = await fetch(`${ready.gateway}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { isRefused: response.status !== 201, document: (await response.json()) as Document };
  });

const TASK = { processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600 };
const WORKFLOW = { kind: 'stepFunctions', taskToken: 'AAAA-of-a-workflow' };

/** What is the same at both ways: everything but ids and times, and the URLs that contain them. */
const comparable = ({ document, isRefused }: Answer) => {
  const {
    callbacks,
    createdAt: _created,
    expiresAt: _expires,
    instance: _instance,
    requestId: _request,
    ...rest
  } = document;
  const { taskId: _task, ...same } = rest;
  const grades = Object.entries(
    (callbacks ?? {}) as Record<string, { method: string; maxUses: number; grade: string }>,
  );
  return {
    isRefused,
    ...same,
    callbacks: grades.map(([name, { grade, maxUses, method }]) => [name, method, maxUses, grade]),
  };
};

describe('R3 the same body', () => {
  test.for<[string, Application, unknown, string | undefined]>([
    ['is accepted', 'invoices', TASK, undefined],
    ['with a workflow is accepted', 'invoices', { ...TASK, resume: WORKFLOW, supersedes: 'a place' }, undefined],
    ['of another application is accepted', 'orders', TASK, undefined],
    ['with a workflow of nobody is refused', 'orders', { ...TASK, resume: WORKFLOW }, 'resume_not_allowed'],
    ['for a processor of others is refused', 'orders', { ...TASK, processor: 'short-ocr' }, 'processor_unknown'],
    ['that names an application is refused', 'orders', { ...TASK, application: 'invoices' }, 'request_invalid'],
    ['that names a client is refused', 'orders', { ...TASK, client: 'local-sender' }, 'request_invalid'],
    [
      'like an event of the load balancer is refused',
      'orders',
      { requestContext: { elb: {} }, path: '/v1/tasks' },
      'request_invalid',
    ],
    ['without a lifetime is refused', 'invoices', { processor: 'acme-ocr', resource: 'x' }, 'request_invalid'],
    ['that is a list is refused', 'invoices', [], 'request_invalid'],
    [
      'that is too large is refused',
      'invoices',
      { ...TASK, metadata: { text: 'x'.repeat(65_536) } },
      'payload_too_large',
    ],
  ])('%s, with the same answer by HTTP and by invocation', async ([, application, body, code], { invoke, post }) => {
    const [byHttp, byInvocation] = [await post(application, body), await invoke(application, body)];
    expect(byHttp.document.code).toBe(code);
    expect(comparable(byInvocation)).toEqual(comparable(byHttp));
    if (code === undefined) expect(byInvocation.document.application).toBe(application);
  });
});

test('R3 a task that was opened by invocation takes the result of its processor', async ({ invoke }) => {
  const { document } = await invoke('orders', TASK);
  const { callbacks } = document as unknown as { callbacks: Record<string, { url: string }> };
  const delivery = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Total 42.00' };
  expect((await fetch(callbacks.result?.url ?? '', delivery)).status).toBe(200);
});
