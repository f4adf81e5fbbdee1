import type { Carrier } from '../../lambda/contract/carriers.ts';
import type { ConformanceCaseId } from '../../lambda/contract/conformance.ts';
import type { PlanAnswer } from './gateway/fault.ts';
import type { KitTask } from './gateway/kit-gateway.ts';
import type { TaskSetUp } from './gateway/open-task.ts';
import type { KitProof } from './read-proof.ts';
import type { Waits } from './waits.ts';

/** What was agreed on with the processor, and what it can do. */
export interface Agreement extends Pick<KitProof, 'proof'> {
  readonly carrier: Carrier;
  readonly contentTypes: readonly string[];
  /** True if the processor delivers large results by upload. */
  readonly upload: boolean;
  /** True if the processor's output can be read. */
  readonly logs: boolean;
}

/** What a processor did in one case so far. */
export interface Observation {
  readonly task: Pick<KitTask, 'callbacks' | 'exchanges'>;
  readonly agreement: Agreement;
  readonly waits: Waits;
  /** Milliseconds of `Clock.elapsed`. */
  readonly startedAt: number;
}

export interface Passed {
  readonly verdict: 'passed';
  readonly seen: string;
}

export interface Failed {
  readonly verdict: 'failed';
  readonly seen: string;
  /** What the engineer changes. */
  readonly change: string;
}

/** No verdict yet. */
export interface Open {
  readonly verdict: 'open';
  /** Milliseconds of `Clock.elapsed`. If nothing happens until then, `otherwise` is the verdict. */
  readonly until: number;
  readonly otherwise: Passed | Failed;
}

export type Judgement = Passed | Failed | Open;

/** A place in the documentation for processors. */
export interface Rule {
  /** Heading of the section. */
  readonly heading: string;
  /** Path from the root of the repository, with the anchor of the heading. */
  readonly page: string;
}

/** One rule that a processor keeps, and how the kit finds out. */
export interface ConformanceCase {
  readonly id: ConformanceCaseId;
  /** The requirement, as a sentence without subject: "sends the same again after 503". */
  readonly title: string;
  /** Why it matters. */
  readonly why: string;
  readonly rule: Rule;
  /** What the kit does, for an engineer who drives the processor by hand. */
  readonly does: string;
  readonly setUp: TaskSetUp;
  readonly plan: (waits: Waits) => PlanAnswer;
  /** Reason why the case does not apply. @returns undefined if it does */
  readonly skipped: (agreement: Agreement) => string | undefined;
  readonly judge: (observation: Observation) => Judgement;
}
