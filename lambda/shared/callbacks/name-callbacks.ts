import type { Capability } from '../../contract/capabilities.ts';
import { maxUsesOf, type Processor } from '../../contract/registry.ts';
import type { TaskItem } from '../../contract/task.ts';

/**
 * Chooses the jtis of new callback tokens, one for each capability. Nothing is signed.
 * @param randomId 128 random bits or more, base64url
 */
export const nameCallbacks = (
  capabilities: readonly Capability[],
  processor: Processor,
  randomId: () => string,
): TaskItem['callbacks'] =>
  Object.fromEntries(
    capabilities.map((capability) => [capability, { jti: randomId(), maxUses: maxUsesOf(processor, capability) }]),
  );
