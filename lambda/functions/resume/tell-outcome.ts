import { applicationOf } from '../../contract/applications.ts';
import type { Registry } from '../../contract/registry.ts';
import { RESUME_REASONS, type ResumeTargets } from '../../contract/resume.ts';
import { describeError } from '../../shared/refusal.ts';
import { kindOfCallError } from './call-errors.ts';
import type { DecryptToken } from './decrypt-token.ts';
import { findDestination } from './find-destination.ts';
import type { ClosedTask, ResumeStore } from './resume-store.ts';
import type { PayloadObjects } from './s3-payload-objects.ts';
import type { ConnectWorkflow, WorkflowService } from './workflow.ts';
import { needsBytes, outcomeOf, type WorkflowOutcome } from './workflow-outcome.ts';

export interface TellOutcomeOptions {
  readonly origin: string;
  readonly targets: ResumeTargets;
  readonly registry: Registry;
  readonly store: ResumeStore;
  readonly payloads: PayloadObjects;
  readonly decryptToken: DecryptToken;
  readonly connect: ConnectWorkflow;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What came of one attempt to tell an outcome. */
export type Telling =
  | { readonly end: 'delivered' }
  | { readonly end: 'refused'; readonly reason: string }
  /** The task has changed since it was read. A later outcome has another message. */
  | { readonly end: 'changed' }
  /** @see kindOfCallError */
  | { readonly end: 'failed'; readonly error: string };

/**
 * Sends the outcome of a closed task to its workflow. It sets the mark just before the call and records the end after the call, so that
 * an attempt can be repeated after a crash at any point.
 * @throws every error of DynamoDB, KMS, S3 and STS
 */
export type TellOutcome = (task: ClosedTask) => Promise<Telling>;

export const createTellOutcome = (options: TellOutcomeOptions): TellOutcome => {
  const { connect, decryptToken, now, origin, payloads, registry, store, targets } = options;
  const timestamp = () => new Date(now()).toISOString();

  const deliver = async (task: ClosedTask): Promise<Telling> => {
    await store.deliver(task, timestamp());
    return { end: 'delivered' };
  };

  const refuse = async (task: ClosedTask, reason: string): Promise<Telling> => {
    await store.refuse(task, reason, timestamp());
    return { end: 'refused', reason };
  };

  const readBytes = async (task: ClosedTask): Promise<Uint8Array | undefined> => {
    const processor = Object.hasOwn(registry, task.processor) ? registry[task.processor] : undefined;
    if (!needsBytes(task, processor)) return undefined;
    return task.payloadKey === undefined ? task.payload : payloads.read(task.payloadKey);
  };

  return async (task) => {
    const destination = findDestination(targets, applicationOf(task), task.resume);
    if (destination === undefined) return refuse(task, RESUME_REASONS.notAllowed);
    const token = await decryptToken(task);
    if (token === undefined) return refuse(task, RESUME_REASONS.unreadable);
    const outcome = outcomeOf(task, await readBytes(task), origin);
    const service = await connect(destination);

    const claim = await store.claim(task);
    if (claim === undefined) return { end: 'changed' };
    try {
      await call(service, token, outcome);
    } catch (error) {
      const name = describeError(error);
      switch (kindOfCallError(error)) {
        case 'closed':
          // An earlier call, whose outcome is not known, has closed it.
          return claim.wasUncertain ? deliver(task) : refuse(task, name);
        case 'final':
        case 'invalidOutput':
          return refuse(task, name);
        case 'notApplied':
          if (!claim.wasUncertain) await store.release(task);
          return { end: 'failed', error: name };
        case 'unknown':
          return { end: 'failed', error: name };
      }
    }
    return deliver(task);
  };
};

const call = async (service: WorkflowService, token: string, outcome: WorkflowOutcome): Promise<void> => {
  if (outcome.kind === 'failure') return service.fail(token, outcome);
  try {
    await service.succeed(token, outcome.output);
  } catch (error) {
    if (outcome.reference === undefined || kindOfCallError(error) !== 'invalidOutput') throw error;
    // The workflow can read the result by the reference.
    await service.succeed(token, outcome.reference);
  }
};
