import type { Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { Processor, Registry } from '../../contract/registry.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';
import { invalid } from './request-form.ts';

/** What a sender wants of a processor. */
export interface Wanted {
  readonly callbacks: readonly Capability[];
  /** Seconds. */
  readonly expiresIn: number;
  /** The processor's first unless named. */
  readonly carrier?: Carrier;
}

/** The processor of that id, as far as the environment has one. */
export const findProcessor = (id: string, registry: Registry): Processor | Refusal => {
  // hasOwn: a processor named like a member of Object.prototype is not in the registry.
  const processor = Object.hasOwn(registry, id) ? registry[id] : undefined;
  if (processor !== undefined) return processor;
  const errors = [{ pointer: '/processor', detail: 'is not a processor of this environment' }];
  return refuse('processor_unknown', 'processor is not in the registry', { errors });
};

/** The carrier that is taken, or what the processor's entry says against the request. */
export const chooseCarrier = (processor: Processor, { callbacks, carrier, expiresIn }: Wanted): Carrier | Refusal => {
  const chosen = carrier ?? processor.carriers[0];
  const allowed: readonly Carrier[] = [...new Set<Carrier>([...processor.carriers, 'header'])];
  if (!allowed.includes(chosen)) {
    const detail = `"${chosen}" is not one of this processor's: ${allowed.join(', ')}`;
    return invalid([{ pointer: '/carrier', detail }]);
  }
  if (expiresIn > processor.maxExpiresIn) {
    return invalid([{ pointer: '/expiresIn', detail: `must be at most ${processor.maxExpiresIn} for this processor` }]);
  }
  if (callbacks.includes('upload') && processor.schema !== undefined) {
    const detail = 'must not have "upload": the JSON Schema of this processor could not be held against an upload';
    return invalid([{ pointer: '/callbacks', detail }]);
  }
  return chosen;
};
