import type { AccessTokenVerifier, Client } from '../access/access-token.ts';
import { admitSender } from '../access/sender.ts';
import { MAX_SENDER_BODY_BYTES } from '../contract/limits.ts';
import { readJsonBody } from '../http/json-body.ts';
import type { Request } from '../http/message.ts';
import { jsonAnswer } from '../http/message.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal } from '../http/problem.ts';
import type { Match } from '../http/router.ts';
import type { Reply } from '../http/serve.ts';
import { readIdempotencyKey, repeatable } from './idempotency.ts';
import { readOpenRequest, readReissueRequest } from './open-request.ts';
import type { TaskOpener } from './open-task.ts';
import type { OpenedTask } from './opened-task.ts';
import type { Reissuer } from './reissue-callbacks.ts';

export interface OpenEndpointOptions {
  readonly origin: string;
  readonly verifier: Pick<AccessTokenVerifier, 'verify'>;
  readonly openTask: TaskOpener;
  readonly reissue: Reissuer;
  /** Whether names in bodies may be cut to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

/** Opening tasks and issuing their callbacks again: who asks, what for, and the answer. */
export const createOpenEndpoint = (options: OpenEndpointOptions) => {
  const { abbreviations, openTask, origin, reissue, verifier } = options;

  const answer = (task: OpenedTask, client: Client, { requestId }: Request, repeated: boolean): Reply => ({
    answer: jsonAnswer(201, task, requestId, {
      Location: `${origin}/v1/tasks/${task.taskId}`,
      ...(repeated && { 'Idempotency-Replayed': 'true' }),
    }),
    fields: { client: client.clientId, taskId: task.taskId, ...(repeated && { repeated }) },
  });

  const open = async (request: Request, { route }: Match, client: Client): Promise<Reply | Refusal> => {
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

  const issueAgain = async (request: Request, { params, route }: Match, client: Client): Promise<Reply | Refusal> => {
    const body =
      request.bodySize === 0 ? { value: {} } : readJsonBody(request, route.bodyLimit ?? MAX_SENDER_BODY_BYTES);
    if (isRefusal(body)) return body;
    const wanted = readReissueRequest(body.value, abbreviations);
    if (isRefusal(wanted)) return wanted;
    const reissued = await reissue(params.taskId ?? '', wanted, client.clientId);
    if (isRefusal(reissued)) return reissued;
    const reply = answer(reissued.task, client, request, false);
    return { ...reply, fields: { ...reply.fields, ...reissued.said } };
  };

  return async (request: Request, match: Match): Promise<Reply | Refusal> => {
    const client = await admitSender(request, match, verifier);
    if (isRefusal(client)) return client;
    return match.name === 'reissueCallbacks' ? issueAgain(request, match, client) : open(request, match, client);
  };
};
