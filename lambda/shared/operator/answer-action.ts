import type { AuditEntry, OperatorAction, OperatorId } from '../../contract/audit.ts';
import type { OperatorRoles } from '../../contract/operator-roles.ts';
import { statusOf } from '../../contract/outcomes.ts';
import type { AccessTokenVerifier } from '../access-token/access-token.ts';
import { identifyOperator, type Operator, type OperatorAccess, refuseRole } from '../access-token/operator.ts';
import { readQuery } from '../access-token/query.ts';
import type { HttpRequest } from '../http/message.ts';
import type { Match } from '../http/router.ts';
import type { HandlerOutcome, HandlerResult } from '../http/serve.ts';
import type { Fields, Measurement } from '../log/logger.ts';
import { maskCredentials } from '../mask-credentials.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { AuditLog } from './audit-log.ts';

/** An operator's request for an action, after the checks of access token, role, body and settings. */
export interface Acting {
  /** Id of its audit item. */
  readonly auditId: string;
  readonly operator: OperatorId;
  readonly action: OperatorAction;
  /** The task for actions on a task; otherwise the processor, job, queue or key. */
  readonly target: string;
  readonly isOnTask: boolean;
  /** Without tokens and codes. */
  readonly reason: string;
  /** Address of the caller. */
  readonly from: string;
  readonly requestId: string;
}

/** An action that was done. `action` is absent if nothing had to be changed. */
export interface PerformedAction {
  readonly action?: OperatorAction;
  /** Id of the audit item, set by `performAction`. */
  readonly auditId?: string;
  readonly fields?: Fields;
}

/** An action that was done, with its response. */
export interface DoneAction extends PerformedAction, HandlerResult {}

/** The frame of actions, after the operator is known. */
export interface ActionOptions {
  /** Actions that the environment switches off. */
  readonly disabledActions: readonly OperatorAction[];
  readonly audit: Pick<AuditLog, 'append'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

export interface ActionFrameOptions extends ActionOptions {
  readonly verifier: Pick<AccessTokenVerifier, 'authenticate'>;
  readonly roles: Pick<OperatorRoles, 'values'>;
}

export interface ActionRoute<
  B extends { readonly reason?: string | undefined },
  D extends PerformedAction = DoneAction,
> {
  readonly action: OperatorAction;
  readonly target: string;
  readonly isOnTask: boolean;
  readonly access: Exclude<OperatorAccess, 'read'>;
  readonly readBody: () => B | Refusal;
  /** Does the action and writes its audit item in one transaction, or refuses it. */
  readonly perform: (acting: Acting, body: B) => Promise<D | Refusal>;
}

/** Frame of every action of the operator API. Checks the access token and its scope, and then as `performAction`. */
export const answerAction = async <B extends { readonly reason?: string | undefined }>(
  request: HttpRequest,
  match: Match,
  options: ActionFrameOptions,
  route: ActionRoute<B>,
): Promise<DoneAction | Refusal> => {
  const operator = await identifyOperator(request, match, options.verifier, options.roles);
  if (isRefusal(operator)) return operator;
  const readBody = () => {
    const { errors } = readQuery(request, [], false);
    return errors.length > 0 ? refuse('request_invalid', 'unknown query parameter', { errors }) : route.readBody();
  };
  return performAction(operator, request, options, { ...route, readBody });
};

/**
 * Performs an action of a known operator. Checks in this order: role, body, settings. Refusals of operators with at least one
 * role are written to the audit, except those of a malformed request.
 */
export const performAction = async <B extends { readonly reason?: string | undefined }, D extends PerformedAction>(
  operator: Operator,
  request: Pick<HttpRequest, 'sourceAddress' | 'requestId'>,
  options: ActionOptions,
  route: ActionRoute<B, D>,
): Promise<D | Refusal> => {
  const { action, isOnTask, target } = route;
  const acting: Acting = {
    auditId: options.randomId(),
    operator: operator.id,
    action,
    target,
    isOnTask,
    reason: '',
    from: request.sourceAddress,
    requestId: request.requestId,
  };
  const fields = { operator: operator.id.sub, action };
  const refused = async (refusal: Refusal, reason: string): Promise<Refusal> => {
    const isAudited = operator.roles.length > 0 && AUDITED_STATUSES.includes(statusOf(refusal.code, refusal.isInPath));
    if (isAudited) {
      const entry = auditEntryOf({ ...acting, reason }, options, refusal.code);
      await orUnavailable('audit table', options.audit.append(entry));
    }
    return { ...refusal, fields: { ...fields, ...refusal.fields } };
  };

  const roleRefusal = refuseRole(operator, route.access);
  if (roleRefusal !== undefined) return refused(roleRefusal, '');
  const body = route.readBody();
  if (isRefusal(body)) return refused(body, '');
  const reason = maskCredentials(body.reason ?? '', [target]);
  if (options.disabledActions.includes(action)) {
    return refused(refuse('action_disabled', 'the environment switches it off'), reason);
  }
  const outcome = await route.perform({ ...acting, reason }, body);
  if (isRefusal(outcome)) return refused(outcome, reason);
  return { ...outcome, auditId: acting.auditId, fields: { ...fields, ...outcome.fields } };
};

/** Statuses of refusals that are decisions about the action. */
const AUDITED_STATUSES: readonly number[] = [403, 404, 409];

/** Returns the audit entry of an action that is being done or was refused. */
export const auditEntryOf = (
  { action, auditId, from, isOnTask, operator, reason, requestId, target }: Acting,
  { now }: Pick<ActionOptions, 'now'>,
  outcome: AuditEntry['outcome'],
  more: Pick<AuditEntry, 'revision' | 'jobId' | 'application'> = {},
): AuditEntry => ({
  id: auditId,
  at: new Date(now()).toISOString(),
  operator,
  action,
  target,
  ...(isOnTask && { taskId: target }),
  reason,
  ...more,
  from,
  requestId,
  outcome,
});

/** Counts actions that were done. */
export const measureAction = (outcome: HandlerOutcome): readonly Measurement[] => {
  const { action } = outcome as DoneAction;
  return isRefusal(outcome) || action === undefined ? [] : [{ metric: 'OperatorActions', value: 1, by: action }];
};
