import { type AdmitSenderOptions, admitSender, type Sender, senderFields } from '../../shared/access-token/sender.ts';
import { jsonPointer, readJsonBody } from '../../shared/http/json-body.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http/message.ts';
import { jsonResponse, responseHeaders } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { readListRequest } from './list-request.ts';
import type { Answered, DownloadedPayload, SenderTasks } from './sender-tasks.ts';

export interface TasksEndpointOptions extends AdmitSenderOptions {
  readonly tasks: SenderTasks;
  /** True if names of query parameters may be abbreviated to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

/** Routes of senders below `/v1/tasks`, except those that issue callbacks. */
export const createTasksEndpoint =
  (options: TasksEndpointOptions) =>
  async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const sender = await admitSender(request, match, options, match.name === 'listTasks');
    if (isRefusal(sender)) return sender;
    const answer = await answerRoute(request, match, sender, options);
    return { ...answer, fields: { ...senderFields(sender), ...answer.fields } };
  };

const answerRoute = async (
  request: HttpRequest,
  { name, params: { id = '', taskId = '' }, route }: Match,
  sender: Sender,
  { abbreviations, tasks }: TasksEndpointOptions,
): Promise<HandlerResult | Refusal> => {
  const { requestId } = request;
  const json = (value: object) => jsonResponse(200, value, requestId);
  switch (name) {
    case 'listTasks': {
      const wanted = readListRequest(request, sender.application, abbreviations);
      return isRefusal(wanted) ? wanted : answerWith(await tasks.list(sender, wanted), json);
    }
    case 'getTask':
      return answerWith(await tasks.read(sender, taskId), json);
    case 'cancelTask':
      return answerWith(await tasks.cancel(sender, taskId), json);
    case 'getTaskResult':
      return answerWith(await tasks.readDelivery(sender, taskId, 'result'), (found) => download(found, requestId));
    case 'getTaskFailure':
      return answerWith(await tasks.readDelivery(sender, taskId, 'failure'), (found) => download(found, requestId));
    case 'listQuarantine':
      return answerWith(await tasks.listQuarantine(sender, taskId), (quarantine) => json({ quarantine }));
    case 'acceptQuarantined':
      return refuseContent(request, route.bodyLimit ?? 0) ?? answerWith(await tasks.accept(sender, taskId, id), json);
    case 'discardQuarantined':
      return answerWith(await tasks.discard(sender, taskId, id), () => ({
        status: 204,
        headers: responseHeaders(requestId),
        body: '',
      }));
    default:
      return refuse('not_found', `route ${name} is not one of this function`);
  }
};

const answerWith = <T>(
  answered: Answered<T> | Refusal,
  toAnswer: (value: T) => HttpResponse,
): HandlerResult | Refusal =>
  isRefusal(answered) ? answered : { response: toAnswer(answered.value), fields: answered.logFields };

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
