import type { Carrier } from '../../lambda/contract/carriers.ts';
import type { ConformanceCaseId } from '../../lambda/contract/conformance.ts';
import { GRADE_NAMES, type Grade, gradeOf, type ProofName } from '../../lambda/contract/proofs.ts';

const WORST: Grade = 'D';

/** Cases whose failure gives the token to others. No proof or carrier makes up for it. */
const LEAKS: ReadonlySet<ConformanceCaseId> = new Set(['no-redirect', 'no-token-in-output']);

export interface GradedRun {
  readonly carrier: Carrier;
  readonly proof: ProofName;
  readonly passed: number;
  readonly failed: readonly ConformanceCaseId[];
}

/**
 * Returns the grade of a run: the contract's grade of carrier and proof, one step lower for each failed case, and D if a
 * failed case gives the token to others, or if no case passed.
 */
export const gradeRun = ({ carrier, failed, passed, proof }: GradedRun): Grade => {
  if (passed === 0 || failed.some((id) => LEAKS.has(id))) return WORST;
  const best = gradeOf(carrier, proof) ?? WORST;
  return GRADE_NAMES[GRADE_NAMES.indexOf(best) + failed.length] ?? WORST;
};
