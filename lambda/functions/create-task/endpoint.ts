import { MAX_SENDER_BODY_BYTES } from '../../contract/limits.ts';
import type { TaskWithCallbacks } from '../../contract/sender-api.ts';
import { type AdmitSenderOptions, admitSender, type Sender, senderFields } from '../../shared/access-token/sender.ts';
import { readJsonBody } from '../../shared/http/json-body.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import type { Measurement } from '../../shared/log/logger.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import { measureForeignTask } from '../../shared/tables/owned-task.ts';
import { readIdempotencyKey } from './idempotency.ts';
import type { OpenTask } from './open-task.ts';
import type { IssueResult, Reissuer } from './reissue-callbacks.ts';
import type { Reopener } from './reopen-task.ts';
import { readReissueRequest, readReopenRequest } from './request.ts';
import type { AgainSender } from './send-again.ts';

export interface TaskCreationEndpointOptions extends AdmitSenderOptions {
  readonly origin: string;
  readonly openTask: OpenTask;
  readonly reissue: Reissuer;
  readonly reopen: Reopener;
  readonly sendAgain: AgainSender;
  /** True if names in bodies may be abbreviated to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

/** A request of an authenticated sender. */
interface SenderRequest {
  readonly request: HttpRequest;
  readonly match: Match;
  readonly sender: Sender;
}

/** Result of a request, for the log line and the metrics. */
export interface TaskCreationResult extends HandlerResult {
  /** The application of a task that this request created. */
  readonly openedFor?: string;
}

/** Routes that issue callbacks: create a task, issue its callbacks again, reopen it, send its work again. */
export const createTaskCreationEndpoint = (options: TaskCreationEndpointOptions) => {
  const { abbreviations, openTask, origin, reissue, reopen, sendAgain } = options;

  const respond = (task: TaskWithCallbacks, { request }: SenderRequest, repeated: boolean): HandlerResult => ({
    response: jsonResponse(201, task, request.requestId, {
      Location: `${origin}/v1/tasks/${task.taskId}`,
      ...(repeated && { 'Idempotency-Replayed': 'true' }),
    }),
    fields: { taskId: task.taskId, ...(repeated && { repeated }) },
  });

  const respondWithIssue = (issued: IssueResult | Refusal, from: SenderRequest): HandlerResult | Refusal => {
    if (isRefusal(issued)) return issued;
    const result = respond(issued.task, from, false);
    return { ...result, fields: { ...result.fields, ...issued.logFields } };
  };

  const handleCreation = async (from: SenderRequest): Promise<TaskCreationResult | Refusal> => {
    const { request, sender } = from;
    const key = readIdempotencyKey(request);
    if (isRefusal(key)) return key;
    const body = readBody(from);
    if (isRefusal(body)) return body;
    const opened = await openTask(sender, body.value, key?.key);
    if (isRefusal(opened)) return opened;
    const { fields, repeated, task } = opened;
    const { response } = respond(task, from, repeated);
    return { response, fields, ...(!repeated && { openedFor: sender.application.id }) };
  };

  const handleReissue = async (from: SenderRequest): Promise<HandlerResult | Refusal> => {
    const body = from.request.bodySize === 0 ? { value: {} } : readBody(from);
    if (isRefusal(body)) return body;
    const wanted = readReissueRequest(body.value, abbreviations);
    if (isRefusal(wanted)) return wanted;
    return respondWithIssue(await reissue(from.sender, taskIdOf(from), wanted), from);
  };

  const handleReopening = async (from: SenderRequest): Promise<HandlerResult | Refusal> => {
    const body = readBody(from);
    if (isRefusal(body)) return body;
    const wanted = readReopenRequest(body.value, abbreviations);
    if (isRefusal(wanted)) return wanted;
    return respondWithIssue(await reopen(from.sender, taskIdOf(from), wanted), from);
  };

  const handleDispatch = async (from: SenderRequest): Promise<HandlerResult | Refusal> => {
    const sent = await sendAgain(from.sender, taskIdOf(from));
    if (isRefusal(sent)) return sent;
    const { logFields, task } = sent;
    return {
      response: jsonResponse(202, task, from.request.requestId),
      fields: { taskId: task.taskId, ...logFields },
    };
  };

  const answerRoute = (from: SenderRequest): Promise<TaskCreationResult | Refusal> => {
    switch (from.match.name) {
      case 'reissueCallbacks':
        return handleReissue(from);
      case 'reopenTask':
        return handleReopening(from);
      case 'dispatchTask':
        return handleDispatch(from);
      default:
        return handleCreation(from);
    }
  };

  return async (request: HttpRequest, match: Match): Promise<TaskCreationResult | Refusal> => {
    const sender = await admitSender(request, match, options);
    if (isRefusal(sender)) return sender;
    const answer = await answerRoute({ request, match, sender });
    return { ...answer, fields: { ...senderFields(sender), ...answer.fields } };
  };
};

/** Counts created tasks by application, and requests for tasks of other applications. */
export const measureTaskCreation = (outcome: TaskCreationResult | Refusal): readonly Measurement[] =>
  isRefusal(outcome) || outcome.openedFor === undefined
    ? measureForeignTask(outcome)
    : [{ metric: 'TaskOpened', value: 1, by: outcome.openedFor }];

const readBody = ({ match, request }: SenderRequest) =>
  readJsonBody(request, match.route.bodyLimit ?? MAX_SENDER_BODY_BYTES);

const taskIdOf = ({ match }: SenderRequest): string => match.params.taskId ?? '';
