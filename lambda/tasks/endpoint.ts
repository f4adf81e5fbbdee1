import type { AccessTokenVerifier } from '../access/access-token.ts';
import { admitSender } from '../access/sender.ts';
import type { RouteName } from '../contract/routes.ts';
import type { Answer, Request } from '../http/message.ts';
import { answerHeaders, jsonAnswer } from '../http/message.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal, refuse } from '../http/problem.ts';
import type { Match } from '../http/router.ts';
import type { Reply } from '../http/serve.ts';
import type { Delivery, SenderTasks } from './sender-tasks.ts';

/** The sender's routes below `/v1/tasks/{taskId}`: who asks, for which task, and the answer. */
export const createTasksEndpoint =
  (tasks: SenderTasks, verifier: AccessTokenVerifier) =>
  async (request: Request, match: Match): Promise<Reply | Refusal> => {
    const client = await admitSender(request, match, verifier);
    if (isRefusal(client)) return client;
    const answer = await answerRoute(tasks, match.name, match.params.taskId ?? '', request.requestId);
    return isRefusal(answer) ? answer : { answer, fields: { client: client.clientId } };
  };

const answerRoute = async (
  tasks: SenderTasks,
  route: RouteName,
  taskId: string,
  requestId: string,
): Promise<Answer | Refusal> => {
  switch (route) {
    case 'getTask':
      return answerWith(await tasks.read(taskId), (task) => jsonAnswer(200, task, requestId));
    case 'cancelTask':
      return answerWith(await tasks.cancel(taskId), (task) => jsonAnswer(200, task, requestId));
    case 'getTaskResult':
      return answerWith(await tasks.readDelivery(taskId, 'result'), (found) => download(found, requestId));
    case 'getTaskFailure':
      return answerWith(await tasks.readDelivery(taskId, 'failure'), (found) => download(found, requestId));
    default:
      return refuse('not_found', `route ${route} is not one of this function`);
  }
};

const answerWith = <T extends object>(found: T | Refusal, toAnswer: (value: T) => Answer): Answer | Refusal =>
  isRefusal(found) ? found : toAnswer(found);

/** What may stand in a header line; a media type outside of it could not be sent at all. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/** A stranger's bytes: never rendered on the gateway's origin, never guessed at. */
const download = ({ bytes, contentType }: Delivery, requestId: string): Answer => ({
  status: 200,
  headers: {
    ...answerHeaders(requestId),
    'Content-Type': PRINTABLE_ASCII.test(contentType) ? contentType : 'application/octet-stream',
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': 'sandbox',
  },
  body: bytes,
});
