import type { Carrier } from '../../lambda/contract/carriers.ts';
import type { ConformanceCaseId, Verdict } from '../../lambda/contract/conformance.ts';
import type { Grade, ProofName } from '../../lambda/contract/proofs.ts';
import type { ConformanceCase, Failed, Passed } from './case.ts';
import { gradeRun } from './grade.ts';

/** The case does not apply, or was not tried. */
export interface Skipped {
  readonly verdict: 'skipped';
  readonly seen: string;
}

/** One case of a report. */
export interface ReportedCase {
  readonly id: ConformanceCaseId;
  readonly verdict: Verdict;
  /** Why the case matters. */
  readonly why: string;
  /** Page and anchor of the rule, from the root of the repository. */
  readonly rule: string;
  /** What the processor did, or why the case was skipped. */
  readonly seen: string;
  /** What to change, for a failed case. */
  readonly change?: string;
}

/** The report of a run, as its JSON has it. */
export interface Report {
  readonly grade: Grade;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The carrier and the proof, which decide the best possible grade. */
  readonly carrier: Carrier;
  readonly proof: ProofName;
  readonly cases: readonly ReportedCase[];
}

export interface CaseResult {
  readonly conformanceCase: ConformanceCase;
  readonly result: Passed | Failed | Skipped;
}

export const createReport = (
  results: readonly CaseResult[],
  { carrier, proof }: { readonly carrier: Carrier; readonly proof: ProofName },
): Report => {
  const idsOf = (verdict: Verdict): readonly ConformanceCaseId[] =>
    results.filter(({ result }) => result.verdict === verdict).map(({ conformanceCase }) => conformanceCase.id);
  const [passed, failed] = [idsOf('passed').length, idsOf('failed')];
  return {
    grade: gradeRun({ carrier, proof, passed, failed }),
    passed,
    failed: failed.length,
    skipped: idsOf('skipped').length,
    carrier,
    proof,
    cases: results.map(({ conformanceCase: { id, rule, why }, result }) => ({
      id,
      verdict: result.verdict,
      why,
      rule: rule.page,
      seen: result.seen,
      ...(result.verdict === 'failed' && { change: result.change }),
    })),
  };
};
