import { MAX_SENDER_BODY_BYTES } from '../../contract/limits.ts';
import type { AccessTokenVerifier, Client } from '../../shared/access-token/access-token.ts';
import { admitSender } from '../../shared/access-token/sender.ts';
import { readJsonBody } from '../../shared/http/json-body.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import type { TaskCreator } from './create-task.ts';
import { readIdempotencyKey, toIdempotentRequest } from './idempotency.ts';
import type { IssueResult, Reissuer } from './reissue-callbacks.ts';
import type { Reopener } from './reopen-task.ts';
import { readCreationRequest, readReissueRequest, readReopenRequest } from './request.ts';
import type { TaskWithCallbacks } from './task-with-callbacks.ts';

export interface TaskCreationEndpointOptions {
  readonly origin: string;
  readonly verifier: Pick<AccessTokenVerifier, 'verify'>;
  readonly createTask: TaskCreator;
  readonly reissue: Reissuer;
  readonly reopen: Reopener;
  /** True if names in bodies may be abbreviated to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

/** A request of an authenticated sender. */
interface SenderRequest {
  readonly request: HttpRequest;
  readonly match: Match;
  readonly client: Client;
}

/** Routes that issue callbacks: create a task, issue its callbacks again, reopen it. */
export const createTaskCreationEndpoint = (options: TaskCreationEndpointOptions) => {
  const { abbreviations, createTask, origin, reissue, reopen, verifier } = options;

  const respond = (task: TaskWithCallbacks, { client, request }: SenderRequest, repeated: boolean): HandlerResult => ({
    response: jsonResponse(201, task, request.requestId, {
      Location: `${origin}/v1/tasks/${task.taskId}`,
      ...(repeated && { 'Idempotency-Replayed': 'true' }),
    }),
    fields: { client: client.clientId, taskId: task.taskId, ...(repeated && { repeated }) },
  });

  const respondWithIssue = (issued: IssueResult | Refusal, sender: SenderRequest): HandlerResult | Refusal => {
    if (isRefusal(issued)) return issued;
    const result = respond(issued.task, sender, false);
    return { ...result, fields: { ...result.fields, ...issued.logFields } };
  };

  const handleCreation = async (sender: SenderRequest): Promise<HandlerResult | Refusal> => {
    const { client } = sender;
    const key = readIdempotencyKey(sender.request);
    if (isRefusal(key)) return key;
    const body = readBody(sender);
    if (isRefusal(body)) return body;
    const request = readCreationRequest(body.value, abbreviations);
    if (isRefusal(request)) return request;
    const idempotent = key && toIdempotentRequest(client.clientId, key.key, body.value);
    const creation = await createTask(request, client.clientId, idempotent);
    if (isRefusal(creation)) return creation;
    const result = respond(creation.task, sender, creation.repeated);
    return { ...result, fields: { ...result.fields, processor: request.processor, ...creation.logFields } };
  };

  const handleReissue = async (sender: SenderRequest): Promise<HandlerResult | Refusal> => {
    const body = sender.request.bodySize === 0 ? { value: {} } : readBody(sender);
    if (isRefusal(body)) return body;
    const request = readReissueRequest(body.value, abbreviations);
    if (isRefusal(request)) return request;
    return respondWithIssue(await reissue(taskIdOf(sender), request, sender.client.clientId), sender);
  };

  const handleReopening = async (sender: SenderRequest): Promise<HandlerResult | Refusal> => {
    const body = readBody(sender);
    if (isRefusal(body)) return body;
    const request = readReopenRequest(body.value, abbreviations);
    if (isRefusal(request)) return request;
    return respondWithIssue(await reopen(taskIdOf(sender), request, sender.client.clientId), sender);
  };

  return async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const client = await admitSender(request, match, verifier);
    if (isRefusal(client)) return client;
    const sender: SenderRequest = { request, match, client };
    switch (match.name) {
      case 'reissueCallbacks':
        return handleReissue(sender);
      case 'reopenTask':
        return handleReopening(sender);
      default:
        return handleCreation(sender);
    }
  };
};

const readBody = ({ match, request }: SenderRequest) =>
  readJsonBody(request, match.route.bodyLimit ?? MAX_SENDER_BODY_BYTES);

const taskIdOf = ({ match }: SenderRequest): string => match.params.taskId ?? '';
