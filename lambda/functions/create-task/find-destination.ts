import type { Application } from '../../contract/applications.ts';
import type { Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { Processor, Registry } from '../../contract/registry.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { quoteShort, refuseRequest } from './request.ts';

/** Parameters of callbacks that a processor's entry can forbid. */
export interface RequestedCallbacks {
  readonly callbacks: readonly Capability[];
  /** Seconds. */
  readonly expiresIn: number;
  /** @default the first carrier of the processor */
  readonly carrier?: Carrier;
}

/** Returns the processor of an id. One that the application may not use does not exist for it. */
export const findProcessor = (id: string, registry: Registry, { processors }: Application): Processor | Refusal => {
  // hasOwn: a processor named like a member of Object.prototype is not in the registry.
  const processor = Object.hasOwn(registry, id) ? registry[id] : undefined;
  if (processor !== undefined && processors.includes(id)) return processor;
  const detail = `${quoteShort(id)} is not a processor of this environment. Ask its operators which ids your application may use.`;
  const errors = [{ pointer: '/processor', detail }];
  const reason = processor === undefined ? 'not in the registry' : 'not one of the application';
  return refuse('processor_unknown', `the processor is ${reason}`, { errors });
};

/** A processor and the carrier of a task's callbacks. */
export interface Destination {
  readonly processor: Processor;
  readonly carrier: Carrier;
}

/** Returns processor and carrier, or refuses what the processor's entry does not allow. */
export const findDestination = (
  processorId: string,
  request: RequestedCallbacks,
  registry: Registry,
  application: Application,
): Destination | Refusal => {
  const processor = findProcessor(processorId, registry, application);
  return isRefusal(processor) ? processor : admitCallbacks(processor, request);
};

/** Returns the processor with the carrier, or refuses what the processor's entry does not allow. */
export const admitCallbacks = <P extends Processor>(
  processor: P,
  request: RequestedCallbacks,
): { readonly processor: P; readonly carrier: Carrier } | Refusal => {
  const carrier = request.carrier ?? processor.carriers[0];
  return findFault(processor, carrier, request) ?? { processor, carrier };
};

const findFault = (
  processor: Processor,
  carrier: Carrier,
  { callbacks, expiresIn }: RequestedCallbacks,
): Refusal | undefined => {
  const allowed: readonly Carrier[] = [...new Set<Carrier>([...processor.carriers, 'header'])];
  if (!allowed.includes(carrier)) {
    const detail = `"${carrier}" is not one of this processor's: ${allowed.join(', ')}`;
    return refuseRequest([{ pointer: '/carrier', detail }]);
  }
  if (expiresIn > processor.maxExpiresIn) {
    const detail = `must be at most ${processor.maxExpiresIn} for this processor`;
    return refuseRequest([{ pointer: '/expiresIn', detail }]);
  }
  if (callbacks.includes('upload') && processor.schema !== undefined) {
    const detail =
      'must not have "upload": this processor has a JSON Schema, and an upload cannot be checked against it';
    return refuseRequest([{ pointer: '/callbacks', detail }]);
  }
  return undefined;
};
