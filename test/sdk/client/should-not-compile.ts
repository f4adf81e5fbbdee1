/**
 * Mistakes in a program that the type check must find. Each `@ts-expect-error` is an error of the type check if the line below it
 * compiles.
 */
import type { webcrypto } from 'node:crypto';
import {
  clientCredentials,
  deduplicate,
  type OpenTaskRequest,
  Postern,
  type PosternError,
  parseEvent,
} from '../../../sdk/client/index.ts';
import type { PosternOperator } from '../../../sdk/client/operator/index.ts';

declare const privateKey: webcrypto.JsonWebKey;
declare const event: unknown;
const TASK = { processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600 };
const ONE = ['result'] as const;
const OPTIONS = { issuer: 'https://idp.example.com', tokenEndpoint: 'https://idp.example.com/token', clientId: 'a' };

/** A program that compiles. */
export const right = async (): Promise<unknown> => {
  const credentials = clientCredentials({ ...OPTIONS, privateKey });
  const postern = new Postern({ origin: 'https://callbacks.example.com', credentials });
  const own = new Postern({ origin: 'https://callbacks.example.com', credentials: async () => 'a token', fetch });
  const task = await postern.tasks.open({ processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600 });
  const done = await own.tasks.wait(task.taskId, { signal: AbortSignal.timeout(1_000) });
  const parsed = parseEvent(event);
  const size = parsed['detail-type'] === 'Task Succeeded' ? parsed.detail.result.size : 0;
  const bytes: Uint8Array = await done.result();
  const stream: ReadableStream | null = (await done.result({ as: 'response' })).body;
  const url: string = task.callbacks.failure.url;
  const progressing = await postern.tasks.open({ ...TASK, callbacks: ['result', 'progress'] });
  return [bytes, stream, size, deduplicate()(parsed), url, progressing.callbacks.progress.url];
};

declare const request: OpenTaskRequest;
declare const postern: Postern;
declare const operator: PosternOperator;

// @ts-expect-error no credentials
export const withoutCredentials = () => new Postern({ origin: 'https://callbacks.example.com' });
// @ts-expect-error a token in place of a function that supplies it
export const fixedToken = () => new Postern({ origin: 'https://callbacks.example.com', credentials: 'a token' });
// @ts-expect-error neither a key nor a secret
export const withoutKey = () => clientCredentials(OPTIONS);
// @ts-expect-error a key and a secret
export const withBoth = () => clientCredentials({ ...OPTIONS, privateKey, clientSecret: 'a' });
// @ts-expect-error expiresIn is missing
export const incomplete = () => postern.tasks.open({ processor: 'acme-ocr', resource: 'invoice-77' });
// @ts-expect-error a member that the API does not have
export const misspelt = () => postern.tasks.open({ processor: 'a', resource: 'b', expiresIn: 60, heartBeat: 30 });
// @ts-expect-error progress was not asked for
export const notAsked = async () => (await postern.tasks.open(TASK)).callbacks.progress.url;
// @ts-expect-error failure was not asked for
export const notNamed = async () => (await postern.tasks.open({ ...TASK, callbacks: ONE })).callbacks.failure.url;
// @ts-expect-error a list of any capabilities may lack this one
export const anyOf = async () => (await postern.tasks.open(request)).callbacks.result.url;
// @ts-expect-error nobody but the processor gets the callbacks
export const ofDispatched = async () => (await postern.tasks.open({ ...TASK, input: 'scan' })).callbacks.result.url;
// @ts-expect-error a capability that does not exist
export const capability = () => postern.tasks.reissue('task-1', { callbacks: ['answer'] });
// @ts-expect-error a status that does not exist
export const status = () => postern.tasks.list({ status: 'open' });
// @ts-expect-error a reason is missing
export const withoutReason = () => postern.tasks.reopen('task-1', {});
// @ts-expect-error a cancelled task has no reason for senders
export const cancelReason = () => postern.tasks.cancel('task-1', { reason: 'a mistake' });
// @ts-expect-error the revision is missing
export const withoutRevision = () => operator.tasks.cancel('task-1', { reason: 'a mistake' });
// @ts-expect-error a plan is confirmed with its count
export const unconfirmed = () => operator.processors.revoke('acme-ocr', { planId: 'plan-1', reason: 'a leak' });
// @ts-expect-error the plan is no job
export const planIsNoJob = async () => (await operator.processors.revoke('acme-ocr', { plan: true })).jobId;
// @ts-expect-error a callback that was perhaps not asked for
export const perhapsAbsent = async () => (await postern.tasks.get('task-1')).result.size;
// @ts-expect-error senders see no revision
export const revision = async () => (await postern.tasks.get('task-1')).revision;
// @ts-expect-error the gateway of tasks is private
export const inside = () => postern.tasks.gateway;

/** A code that neither the gateway nor the client has. */
export const unknownCode = (error: PosternError): boolean =>
  // @ts-expect-error this code does not exist
  error.code === 'task_lost';

/** A detail that other events do not have. */
export const otherDetail = (): unknown => {
  const parsed = parseEvent(event);
  // @ts-expect-error only `Task Succeeded` has a result for certain
  return parsed['detail-type'] === 'Task Failed' ? parsed.detail.result.size : undefined;
};

// @ts-expect-error a detail type that does not exist
export const unknownType = (): boolean => parseEvent(event)['detail-type'] === 'Task Frozen';
