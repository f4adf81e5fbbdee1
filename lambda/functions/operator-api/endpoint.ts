import type { Registry } from '../../contract/registry.ts';
import { identifyOperator, refuseRole } from '../../shared/access-token/operator.ts';
import { readQuery } from '../../shared/access-token/query.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import type { Fields } from '../../shared/log/logger.ts';
import type { OperatorTasks, TaskAction } from '../../shared/operator/act-on-task.ts';
import { type Property, REASON, REVISION, readActionBody } from '../../shared/operator/action-body.ts';
import { answerAction, type DoneAction } from '../../shared/operator/answer-action.ts';
import type { DeadLetters } from '../../shared/operator/dead-letters.ts';
import { type AuditListOptions, listAudit, readAuditQuery } from '../../shared/operator/list-audit.ts';
import { listOperatorQuarantine, listReplays, readEvidenceQuery } from '../../shared/operator/list-evidence.ts';
import { listOperatorTasks, readTaskQuery, type TaskListOptions } from '../../shared/operator/list-tasks.ts';
import type { RedriveLetters } from '../../shared/operator/redrive-letters.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { answerBulkAction, answerBulkRead, type BulkRoutesOptions } from './bulk-routes.ts';
import { answerDispatchAction, answerDispatchRead, type DispatchRoutesOptions } from './dispatch-routes.ts';
import { answerKeyAction, answerKeyRead, type KeyRoutesOptions } from './key-routes.ts';

export interface OperatorApiEndpointOptions extends BulkRoutesOptions, KeyRoutesOptions, DispatchRoutesOptions {
  readonly tasks: OperatorTasks;
  readonly taskLists: TaskListOptions;
  readonly auditList: AuditListOptions;
  readonly registry: Registry;
  readonly deadLetters: Pick<DeadLetters, 'list'>;
  readonly redriveLetters: RedriveLetters;
}

/** Routes of operators below `/v1/operator`, except the one that shows payloads. */
export const createOperatorApiEndpoint =
  (options: OperatorApiEndpointOptions) =>
  (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> =>
    match.route.method === 'GET' ? read(request, match, options) : act(request, match, options);

const read = async (
  request: HttpRequest,
  match: Match,
  options: OperatorApiEndpointOptions,
): Promise<HandlerResult | Refusal> => {
  const operator = await identifyOperator(request, match, options.verifier, options.roles);
  if (isRefusal(operator)) return operator;
  const fields = { operator: operator.id.sub };
  const answer = refuseRole(operator, 'read') ?? (await answerRead(request, match, options));
  if (isRefusal(answer)) return { ...answer, fields: { ...fields, ...answer.fields } };
  return { response: answer.response, fields: { ...fields, ...answer.fields } };
};

const answerRead = async (
  request: HttpRequest,
  match: Match,
  options: OperatorApiEndpointOptions,
): Promise<HandlerResult | Refusal> => {
  const { auditList, deadLetters, now, registry, taskLists, tasks } = options;
  const {
    name,
    params: { taskId = '' },
  } = match;
  const answer = async <Q extends object>(query: Q | Refusal, list: (query: Q) => Promise<object>) =>
    isRefusal(query) ? query : { response: jsonResponse(200, await list(query), request.requestId) };
  switch (name) {
    case 'operatorListTasks':
      return answer(readTaskQuery(request, registry), (query) => listOperatorTasks(taskLists, query, now()));
    case 'operatorGetTask': {
      const task = refuseQuery(request) ?? (await tasks.read(taskId));
      return isRefusal(task) ? task : showTask(task, request);
    }
    case 'operatorListDeadLetters':
      return answer(refuseQuery(request) ?? {}, async () => ({ queues: await deadLetters.list() }));
    case 'operatorListQuarantine':
      return answer(readEvidenceQuery(request, name), (query) => listOperatorQuarantine(taskLists, query, now()));
    case 'operatorListReplays':
      return answer(readEvidenceQuery(request, name), (query) => listReplays(taskLists, query, now()));
    case 'operatorListAudit':
      return answer(readAuditQuery(request), (query) => listAudit(auditList, query, now()));
    default:
      return (
        (await answerBulkRead(request, match, options)) ??
        (await answerDispatchRead(request, match, options)) ??
        (await answerKeyRead(request, match, options)) ??
        refuse('not_found', `route ${name} is not one of this function`)
      );
  }
};

const refuseQuery = (request: HttpRequest): Refusal | undefined => {
  const { errors } = readQuery(request, [], false);
  return errors.length > 0 ? refuse('request_invalid', 'unknown query parameter', { errors }) : undefined;
};

const showTask = (
  task: { readonly application: string },
  { requestId }: HttpRequest,
): { readonly response: HttpResponse; readonly fields: Fields } => ({
  response: jsonResponse(200, task, requestId),
  fields: { application: task.application },
});

const TASK_ACTIONS: Readonly<Partial<Record<Match['name'], TaskAction>>> = {
  operatorCancelTask: 'cancel',
  operatorRevokeCallbacks: 'revoke',
  operatorReopenTask: 'reopen',
  operatorDispatchTask: 'dispatch',
  operatorAcceptQuarantined: 'accept',
  operatorDiscardQuarantined: 'discard',
};

const act = (request: HttpRequest, match: Match, options: OperatorApiEndpointOptions): Promise<DoneAction | Refusal> =>
  match.name === 'operatorRedrive' ? redrive(request, match, options) : actOnTask(request, match, options);

const actOnTask = async (
  request: HttpRequest,
  match: Match,
  options: OperatorApiEndpointOptions,
): Promise<DoneAction | Refusal> => {
  const { name, params, route } = match;
  const action = TASK_ACTIONS[name];
  if (action === undefined) {
    return (
      answerBulkAction(request, match, options) ??
      answerDispatchAction(request, match, options) ??
      answerKeyAction(request, match, options) ??
      refuse('not_found', `route ${name} is not one of this function`)
    );
  }
  const { id: quarantineId = '', taskId = '' } = params;
  return answerAction(request, match, options, {
    action,
    target: taskId,
    isOnTask: true,
    access: 'act',
    readBody: () => readActionBody(request, route.bodyLimit ?? 0, { reason: REASON, revision: REVISION }),
    perform: async (acting, { revision }) => {
      const done = await options.tasks.act({ action, taskId, quarantineId, revision }, acting);
      if (isRefusal(done)) return done;
      const { isChanged, logFields, view } = done;
      const { fields, response } = showTask(view, request);
      return { response, fields: { ...fields, ...logFields }, ...(isChanged && { action }) };
    },
  });
};

const redrive = (
  request: HttpRequest,
  match: Match,
  options: OperatorApiEndpointOptions,
): Promise<DoneAction | Refusal> => {
  const { params, route } = match;
  const { queue = '' } = params;
  return answerAction(request, match, options, {
    action: 'redrive',
    target: queue,
    isOnTask: false,
    access: 'act',
    readBody: () => readActionBody(request, route.bodyLimit ?? 0, { reason: REASON, id: LETTER_ID }),
    perform: async (acting, { id }) => {
      const wanted = { queue, ...(id !== undefined && { id }) };
      const refusal = await options.redriveLetters(wanted, acting);
      return refusal ?? { response: jsonResponse(202, wanted, request.requestId), fields: wanted, action: 'redrive' };
    },
  });
};

const LETTER_ID: Property<string> & { readonly isOptional: true } = {
  isValid: (value): value is string => typeof value === 'string' && /^[A-Za-z0-9-]{1,100}$/.test(value),
  expectation: 'must be the `id` of a dead letter',
  isOptional: true,
};
