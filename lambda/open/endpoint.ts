import type { AccessTokenVerifier } from '../access/access-token.ts';
import { admitSender } from '../access/sender.ts';
import { MAX_SENDER_BODY_BYTES } from '../contract/limits.ts';
import { readJsonBody } from '../http/json-body.ts';
import type { Request } from '../http/message.ts';
import { jsonAnswer } from '../http/message.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal } from '../http/problem.ts';
import type { Match } from '../http/router.ts';
import type { Reply } from '../http/serve.ts';
import { readOpenRequest } from './open-request.ts';
import type { TaskOpener } from './open-task.ts';

export interface OpenEndpointOptions {
  readonly origin: string;
  readonly verifier: AccessTokenVerifier;
  readonly openTask: TaskOpener;
}

/** `POST /v1/tasks`: who asks, what for, and the answer. */
export const createOpenEndpoint =
  ({ origin, openTask, verifier }: OpenEndpointOptions) =>
  async (request: Request, match: Match): Promise<Reply | Refusal> => {
    const client = await admitSender(request, match, verifier);
    if (isRefusal(client)) return client;
    const body = readJsonBody(request, match.route.bodyLimit ?? MAX_SENDER_BODY_BYTES);
    if (isRefusal(body)) return body;
    const wanted = readOpenRequest(body.value);
    if (isRefusal(wanted)) return wanted;

    const task = await openTask(wanted, client.clientId);
    if (isRefusal(task)) return task;
    return {
      answer: jsonAnswer(201, task, request.requestId, { Location: `${origin}/v1/tasks/${task.taskId}` }),
      fields: { client: client.clientId, taskId: task.taskId, processor: wanted.processor },
    };
  };
