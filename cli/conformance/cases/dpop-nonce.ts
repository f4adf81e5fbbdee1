import type { ConformanceCase, Judgement, Observation } from '../case.ts';
import { isAccepted } from '../gateway/exchange.ts';
import { attemptsOf, awaitDelivery, failed, openUntil, passed, refused, retryUntil } from '../judge.ts';
import { PLAIN } from './defaults.ts';
import { RULES } from './rules.ts';

/** Challenges after which the processor surely does not read them. */
const MAX_CHALLENGES = 3;

const judgeNonce = (observation: Observation): Judgement => {
  const attempts = attemptsOf(observation);
  const last = attempts.at(-1);
  if (last === undefined) return awaitDelivery(observation);
  if (attempts.some(isAccepted)) return passed('The delivery came with the nonce, and was accepted.');
  const challenges = attempts.filter(({ answer }) => answer.hasNonce);
  const change = 'After 401 with DPoP-Nonce, put its value into `nonce` of a new proof, and send again.';
  if (challenges.length >= MAX_CHALLENGES) {
    return failed(`${challenges.length} attempts had no nonce that this gateway gave.`, change);
  }
  return openUntil(
    retryUntil(observation, last),
    challenges.length > 0
      ? failed('After 401 with DPoP-Nonce, no attempt with the nonce came.', change)
      : refused(last),
  );
};

export const DPOP_NONCE_CASE: ConformanceCase = {
  ...PLAIN,
  id: 'dpop-nonce',
  title: 'takes the nonce of the answer into its next DPoP proof',
  why: 'A gateway may ask for a nonce in each proof. Without it, no delivery arrives.',
  rule: RULES.dpop,
  does: 'Asks for a nonce in the DPoP proof, with 401 and DPoP-Nonce.',
  setUp: { ...PLAIN.setUp, processor: 'nonce' },
  skipped: ({ proof }) => (proof.kind === 'dpop' ? undefined : 'The proof is not DPoP.'),
  judge: judgeNonce,
};
