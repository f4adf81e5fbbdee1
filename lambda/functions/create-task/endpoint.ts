import { MAX_SENDER_BODY_BYTES } from '../../contract/limits.ts';
import type { AccessTokenVerifier, Client } from '../../shared/access-token/access-token.ts';
import { admitSender } from '../../shared/access-token/sender.ts';
import { readJsonBody } from '../../shared/http/json-body.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import { readIdempotencyKey, repeatable } from './idempotency.ts';
import { readOpenRequest, readReissueRequest, readReopenRequest } from './open-request.ts';
import type { TaskOpener } from './open-task.ts';
import type { OpenedTask } from './opened-task.ts';
import type { Reissued, Reissuer } from './reissue-callbacks.ts';
import type { Reopener } from './reopen-task.ts';

export interface OpenEndpointOptions {
  readonly origin: string;
  readonly verifier: Pick<AccessTokenVerifier, 'verify'>;
  readonly openTask: TaskOpener;
  readonly reissue: Reissuer;
  readonly reopen: Reopener;
  /** Whether names in bodies may be cut to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

/** Opening tasks, issuing their callbacks again and reopening them: who asks, what for, and the answer. */
export const createOpenEndpoint = (options: OpenEndpointOptions) => {
  const { abbreviations, openTask, origin, reissue, reopen, verifier } = options;

  const answer = (task: OpenedTask, client: Client, { requestId }: HttpRequest, repeated: boolean): HandlerResult => ({
    response: jsonResponse(201, task, requestId, {
      Location: `${origin}/v1/tasks/${task.taskId}`,
      ...(repeated && { 'Idempotency-Replayed': 'true' }),
    }),
    fields: { client: client.clientId, taskId: task.taskId, ...(repeated && { repeated }) },
  });

  const answerIssue = (issued: Reissued | Refusal, client: Client, request: HttpRequest): HandlerResult | Refusal => {
    if (isRefusal(issued)) return issued;
    const reply = answer(issued.task, client, request, false);
    return { ...reply, fields: { ...reply.fields, ...issued.said } };
  };

  const open = async (request: HttpRequest, { route }: Match, client: Client): Promise<HandlerResult | Refusal> => {
    const key = readIdempotencyKey(request);
    if (key !== undefined && isRefusal(key)) return key;
    const body = readJsonBody(request, route.bodyLimit ?? MAX_SENDER_BODY_BYTES);
    if (isRefusal(body)) return body;
    const wanted = readOpenRequest(body.value, abbreviations);
    if (isRefusal(wanted)) return wanted;
    const asked = key && repeatable(client.clientId, key.key, body.value);
    const outcome = await openTask(wanted, client.clientId, asked);
    if (isRefusal(outcome)) return outcome;
    const reply = answer(outcome.task, client, request, outcome.repeated);
    return { ...reply, fields: { ...reply.fields, processor: wanted.processor, ...outcome.said } };
  };

  const issueAgain = async (
    request: HttpRequest,
    { params, route }: Match,
    client: Client,
  ): Promise<HandlerResult | Refusal> => {
    const body =
      request.bodySize === 0 ? { value: {} } : readJsonBody(request, route.bodyLimit ?? MAX_SENDER_BODY_BYTES);
    if (isRefusal(body)) return body;
    const wanted = readReissueRequest(body.value, abbreviations);
    if (isRefusal(wanted)) return wanted;
    return answerIssue(await reissue(params.taskId ?? '', wanted, client.clientId), client, request);
  };

  const takeBack = async (
    request: HttpRequest,
    { params, route }: Match,
    client: Client,
  ): Promise<HandlerResult | Refusal> => {
    const body = readJsonBody(request, route.bodyLimit ?? MAX_SENDER_BODY_BYTES);
    if (isRefusal(body)) return body;
    const wanted = readReopenRequest(body.value, abbreviations);
    if (isRefusal(wanted)) return wanted;
    return answerIssue(await reopen(params.taskId ?? '', wanted, client.clientId), client, request);
  };

  return async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const client = await admitSender(request, match, verifier);
    if (isRefusal(client)) return client;
    switch (match.name) {
      case 'reissueCallbacks':
        return issueAgain(request, match, client);
      case 'reopenTask':
        return takeBack(request, match, client);
      default:
        return open(request, match, client);
    }
  };
};
