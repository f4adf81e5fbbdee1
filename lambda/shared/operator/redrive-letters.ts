import type { RedriveRequest } from '../../contract/redrive.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { type Acting, type ActionOptions, auditEntryOf } from './answer-action.ts';
import type { AskOperatorPolicy } from './ask-operator-policy.ts';
import type { AuditLog } from './audit-log.ts';
import type { DeadLetters } from './dead-letters.ts';

/**
 * Starts the function that processes dead letters again. It does not wait for the function.
 * @throws if Lambda is unavailable
 */
export type StartRedrive = (request: RedriveRequest) => Promise<void>;

export interface RedriveOptions extends Pick<ActionOptions, 'now'> {
  readonly deadLetters: Pick<DeadLetters, 'check'>;
  readonly start: StartRedrive;
  readonly audit: Pick<AuditLog, 'append'>;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskOperatorPolicy | null;
}

/** Writes the audit item, and then starts to process dead letters again. */
export type RedriveLetters = (request: RedriveRequest, acting: Acting) => Promise<Refusal | undefined>;

export const createRedriveLetters =
  (options: RedriveOptions): RedriveLetters =>
  async (request, acting) => {
    const decision = options.askPolicy?.(acting);
    if (isRefusal(decision)) return decision;
    const refusal = await options.deadLetters.check(request.queue, request.id);
    if (refusal !== undefined) return refusal;
    await orUnavailable('audit table', options.audit.append(auditEntryOf(acting, options, 'done')));
    await orUnavailable('redrive', options.start(request));
    return undefined;
  };
