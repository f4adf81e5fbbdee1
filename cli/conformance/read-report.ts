import * as v from 'valibot';
import { CARRIERS } from '../../lambda/contract/carriers.ts';
import { CONFORMANCE_CASES, VERDICTS } from '../../lambda/contract/conformance.ts';
import { GRADE_NAMES, PROOF_NAMES } from '../../lambda/contract/proofs.ts';
import { CommandError } from '../command-error.ts';
import type { Report } from './report.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const REPORT = v.object({
  grade: v.picklist(GRADE_NAMES),
  passed: count,
  failed: count,
  skipped: count,
  carrier: v.picklist(CARRIERS),
  proof: v.picklist(PROOF_NAMES),
  cases: v.array(
    v.object({
      id: v.picklist(CONFORMANCE_CASES),
      verdict: v.picklist(VERDICTS),
      why: v.string(),
      rule: v.string(),
      seen: v.string(),
      change: v.exactOptional(v.string()),
    }),
  ),
});

/**
 * Reads a report that was written with the format `json`.
 * @throws {CommandError} `usage`
 */
export const readReport = (text: string): Report => {
  const parsed = v.safeParse(REPORT, parse(text));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw new CommandError(
    'usage',
    `The file is not a report of the conformance kit${path === null ? '' : `: ${path}`}: ${issue.message}.`,
    'Give a file that "postern conformance run --format json --out FILE" has written.',
  );
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
