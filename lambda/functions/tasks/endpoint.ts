import type { AccessTokenVerifier } from '../../shared/access-token/access-token.ts';
import { admitSender } from '../../shared/access-token/sender.ts';
import { jsonPointer, readJsonBody } from '../../shared/http/json-body.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http/message.ts';
import { jsonResponse, responseHeaders } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { readListRequest } from './list-request.ts';
import type { DownloadedPayload, SenderTasks } from './sender-tasks.ts';

export interface TasksEndpointOptions {
  readonly tasks: SenderTasks;
  readonly verifier: Pick<AccessTokenVerifier, 'verify'>;
  /** True if names of query parameters may be abbreviated to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

/** Routes of senders below `/v1/tasks`, except those that issue callbacks. */
export const createTasksEndpoint =
  (options: TasksEndpointOptions) =>
  async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const client = await admitSender(request, match, options.verifier, match.name === 'listTasks');
    if (isRefusal(client)) return client;
    const answer = await answerRoute(request, match, options);
    return isRefusal(answer) ? answer : { response: answer, fields: { client: client.clientId } };
  };

const answerRoute = async (
  request: HttpRequest,
  { name, params: { id = '', taskId = '' }, route }: Match,
  { abbreviations, tasks }: TasksEndpointOptions,
): Promise<HttpResponse | Refusal> => {
  const { requestId } = request;
  switch (name) {
    case 'listTasks': {
      const wanted = readListRequest(request, abbreviations);
      return isRefusal(wanted) ? wanted : jsonResponse(200, await tasks.list(wanted), requestId);
    }
    case 'getTask':
      return answerWith(await tasks.read(taskId), (task) => jsonResponse(200, task, requestId));
    case 'cancelTask':
      return answerWith(await tasks.cancel(taskId), (task) => jsonResponse(200, task, requestId));
    case 'getTaskResult':
      return answerWith(await tasks.readDelivery(taskId, 'result'), (found) => download(found, requestId));
    case 'getTaskFailure':
      return answerWith(await tasks.readDelivery(taskId, 'failure'), (found) => download(found, requestId));
    case 'listQuarantine':
      return answerWith(await tasks.listQuarantine(taskId), (quarantine) =>
        jsonResponse(200, { quarantine }, requestId),
      );
    case 'acceptQuarantined':
      return (
        refuseContent(request, route.bodyLimit ?? 0) ??
        answerWith(await tasks.accept(taskId, id), (task) => jsonResponse(200, task, requestId))
      );
    case 'discardQuarantined':
      return (await tasks.discard(taskId, id)) ?? { status: 204, headers: responseHeaders(requestId), body: '' };
    default:
      return refuse('not_found', `route ${name} is not one of this function`);
  }
};

const answerWith = <T extends object>(
  found: T | Refusal,
  toAnswer: (value: T) => HttpResponse,
): HttpResponse | Refusal => (isRefusal(found) ? found : toAnswer(found));

/** Accepts only no body or an empty JSON object. */
const refuseContent = (request: HttpRequest, limit: number): Refusal | undefined => {
  if (request.bodySize === 0) return undefined;
  const body = readJsonBody(request, limit);
  if (isRefusal(body)) return body;
  const { value } = body;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('request_invalid', 'not an object', {
      errors: [{ pointer: '', detail: 'must be an empty JSON object' }],
    });
  }
  const errors = Object.keys(value).map((name) => ({ pointer: jsonPointer([name]), detail: 'is not known here' }));
  return errors.length === 0 ? undefined : refuse('request_invalid', 'unknown properties', { errors });
};

/** The bytes come from a processor. A browser must not render them on the gateway's origin or guess their type. */
const download = (delivery: DownloadedPayload, requestId: string): HttpResponse =>
  delivery.bytes === undefined
    ? { status: 303, headers: { ...responseHeaders(requestId), Location: delivery.url }, body: '' }
    : {
        status: 200,
        headers: {
          ...responseHeaders(requestId),
          'Content-Type': delivery.contentType,
          'Content-Disposition': 'attachment',
          'Content-Security-Policy': 'sandbox',
        },
        body: delivery.bytes,
      };
