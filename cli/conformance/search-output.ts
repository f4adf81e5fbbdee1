import type { ConformanceCaseId } from '../../lambda/contract/conformance.ts';
import type { Failed, Passed } from './case.ts';
import { failed, passed } from './judge.ts';

/** The secrets of one case. */
export interface CaseSecrets {
  readonly id: ConformanceCaseId;
  readonly secrets: readonly string[];
}

const CHANGE =
  'Do not print callback URLs, headers of requests, or errors that quote them. Mask the token where your HTTP library logs requests.';

/** Logs may be in UTF-16, and lines may be wrapped: neither hides a token. */
const withoutBreaks = (text: string): string => text.replaceAll(/[\s\0]/g, '');

/**
 * Searches the output of a processor for texts that let their bearer deliver.
 * @param output the content of its log files
 */
export const searchOutput = (output: string, cases: readonly CaseSecrets[]): Passed | Failed => {
  const text = withoutBreaks(output);
  const found = cases.filter(({ secrets }) => secrets.some((secret) => text.includes(secret)));
  const size = `${Buffer.byteLength(output)} bytes of output`;
  if (found.length === 0) return passed(`${size} have no token of ${cases.length} cases.`);
  return failed(`${size} have a token of the cases ${found.map(({ id }) => id).join(', ')}.`, CHANGE);
};
