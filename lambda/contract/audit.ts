import type { OutcomeCode } from './outcomes.ts';

/** Actions of operators. */
export const OPERATOR_ACTIONS = [
  'cancel',
  'revoke',
  'reopen',
  'accept',
  'discard',
  'reveal',
  'revoke_all',
  'abort',
  'redrive',
  'retire',
  'dispatch',
  'pause',
  'resume_dispatch',
] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];

/** An operator, as audit items, timelines and events name one. */
export interface OperatorId {
  /** `sub` of the access token or of the sign-in. */
  readonly sub: string;
  /** `iss` of the access token or of the sign-in. */
  readonly issuer: string;
}

/** One action of an operator, done or refused, as `GET /v1/operator/audit` shows it. It never has a payload, token or code. */
export interface AuditEntry {
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly operator: OperatorId;
  readonly action: OperatorAction;
  /** The task for actions on a task; otherwise the processor, job, queue or key. */
  readonly target: string;
  readonly taskId?: string;
  /** The application that owns the task. For the event only: the API does not show it. */
  readonly application?: string;
  /** Empty if the action was refused before its body was read. */
  readonly reason: string;
  /** Revision of the task before and after a change. */
  readonly revision?: { readonly before: number; readonly after: number };
  /** Address of the caller, as the load balancer saw it. */
  readonly from: string;
  readonly requestId: string;
  readonly outcome: 'done' | OutcomeCode;
  /** True if the action was done already, and changed nothing. For the event only: the API does not show it. */
  readonly isRepeated?: true;
  /** The bulk job that did it. */
  readonly jobId?: string;
}
