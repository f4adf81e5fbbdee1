import type { ConformanceCase } from '../case.ts';
import { noFault } from '../gateway/fault.ts';

/** A task with the callbacks that a sender gets who does not choose, and a gateway without faults. */
export const PLAIN = {
  setUp: { processor: 'plain', capabilities: ['result', 'failure'], state: 'pending' },
  plan: () => noFault,
  skipped: () => undefined,
} as const satisfies Pick<ConformanceCase, 'setUp' | 'plan' | 'skipped'>;
