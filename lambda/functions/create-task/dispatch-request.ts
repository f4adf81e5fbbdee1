import type { Capability } from '../../contract/capabilities.ts';
import type { JsonValue } from '../../contract/dispatch.ts';
import type { Processor } from '../../contract/registry.ts';
import { buildRequest, isTemplateFault, type RequestValues } from '../../shared/dispatch/build-request.ts';
import { namedCapabilities, namedPlaceholders } from '../../shared/dispatch/placeholders.ts';
import { type DispatchedProcessor, isDispatched, leastExpiresIn } from '../../shared/dispatch/send-again.ts';
import { standInCallbacks } from '../../shared/dispatch/stand-in-callbacks.ts';
import type { Refusal } from '../../shared/refusal.ts';
import type { Destination, RequestedCallbacks } from './find-destination.ts';
import { type CreationRequest, refuseRequest } from './request.ts';

/**
 * Returns the processor if Postern sends the work of a new task to it, and `null` if the sender sends it. Refuses members of the
 * request that go only with the other way.
 */
export const findReceiver = (
  { dispatch, input }: Pick<CreationRequest, 'dispatch' | 'input'>,
  processor: Processor,
): DispatchedProcessor | null | Refusal => {
  if (!isDispatched(processor)) {
    if (dispatch === true) return fault('dispatch', 'must not be true: Postern does not send work to this processor');
    return input === undefined ? null : fault('input', 'must be absent: Postern does not send work to this processor');
  }
  if (dispatch !== false) return processor;
  return input === undefined
    ? null
    : fault('input', 'must be absent if "dispatch" is false: the sender sends the work');
};

/** Returns the capabilities that the template of a processor names. Others would be useless, because nobody gets their callbacks. */
export const capabilitiesToSend = (
  requested: readonly Capability[] | undefined,
  { dispatch }: DispatchedProcessor,
): readonly Capability[] | Refusal => {
  const named = namedCapabilities(dispatch);
  const missing = requested === undefined ? [] : named.filter((capability) => !requested.includes(capability));
  if (missing.length === 0) return named;
  const names = missing.map((capability) => `"${capability}"`).join(' and ');
  return fault('callbacks', `must contain ${names}, because the work for this processor has them`);
};

/** Values that a request for new callbacks to send brings along. */
export interface SentRequest extends RequestedCallbacks {
  readonly input?: JsonValue;
}

/** A task whose work is to be sent. */
type SentTask = Pick<RequestValues, 'taskId' | 'application' | 'resource' | 'owner' | 'issue'>;

/**
 * Refuses values that do not fit the work for a processor. The whole request is built, with stand-ins for the callbacks.
 * @param now seconds since 1970
 */
export const refuseUnfit = (
  task: SentTask,
  { callbacks, carrier: requestedCarrier, expiresIn, input }: SentRequest,
  { carrier, processor }: Destination & { readonly processor: DispatchedProcessor },
  now: number,
): Refusal | undefined => {
  const { dispatch } = processor;
  const least = leastExpiresIn(dispatch);
  if (expiresIn < least) {
    const parts = `${dispatch.retry.leastTime} for the work, and ${dispatch.timeout} for an attempt to send it`;
    return fault('expiresIn', `must be at least ${least} seconds for this processor: ${parts}`);
  }
  const placeholders = namedPlaceholders(dispatch);
  // A URL without its token is useless.
  if (requestedCarrier === 'header' && callbacks.some((name) => !placeholders.includes(`callbacks.${name}.token`))) {
    const carriers = processor.carriers.filter((name) => name !== 'header').join(', ');
    const reason = 'because the work for this processor has URLs without tokens';
    return fault('carrier', `must not be "header", ${reason}. Its carriers are: ${carriers}`);
  }
  const request = buildRequest(dispatch, {
    taskId: task.taskId,
    application: task.application,
    processor: processor.id,
    ...(task.resource !== undefined && { resource: task.resource }),
    ...(task.owner !== undefined && { owner: task.owner }),
    ...(input !== undefined && { input }),
    expiresAt: new Date((now + expiresIn) * 1000).toISOString(),
    callbacks: standInCallbacks(callbacks, carrier),
    issue: task.issue,
  });
  return isTemplateFault(request) ? fault(request.field ?? 'processor', request.detail) : undefined;
};

const fault = (property: string, detail: string): Refusal => refuseRequest([{ pointer: `/${property}`, detail }]);
