import { type OutcomeCode, statusOf } from '../../lambda/contract/outcomes.ts';
import { REMEDIES } from '../../lambda/contract/remedies.ts';
import type { Failed, Judgement, Observation, Open, Passed } from './case.ts';
import { type Exchange, isAccepted } from './gateway/exchange.ts';

const MILLISECONDS = 1_000;

export const passed = (seen: string): Passed => ({ verdict: 'passed', seen });
export const failed = (seen: string, change: string): Failed => ({ verdict: 'failed', seen, change });
export const openUntil = (until: number, otherwise: Passed | Failed): Open => ({ verdict: 'open', until, otherwise });

/** Seconds between two moments, with one decimal. */
export const secondsBetween = (from: number, to: number): string => `${((to - from) / MILLISECONDS).toFixed(1)} s`;

/** Deliveries of a result or a failure, in the order in which they arrived. */
export const deliveriesOf = ({ task }: Observation): readonly Exchange[] =>
  task.exchanges
    .filter(({ capability, place }) => isDelivery(place) && (capability === 'result' || capability === 'failure'))
    .sort((a, b) => a.at - b.at);

const isDelivery = (place: Exchange['place']): boolean => place === 'callback' || place === 'astray';

/** Attempts of the first thing that was delivered. A report of a failure after a result is another delivery. */
export const attemptsOf = (observation: Observation): readonly Exchange[] => {
  const deliveries = deliveriesOf(observation);
  return deliveries.filter(({ capability }) => capability === deliveries[0]?.capability);
};

/** Judgement before the first delivery. */
export const awaitDelivery = ({ startedAt, waits }: Observation): Open =>
  openUntil(
    startedAt + waits.delivery * MILLISECONDS,
    failed(
      `Nothing was delivered within ${waits.delivery} s.`,
      'Deliver a result, or a failure, to the callbacks of this case. If the work takes longer, give the kit more time.',
    ),
  );

/** Words for an answer: `401 token_missing`. */
export const describeAnswer = ({ answer }: Exchange): string => {
  if (answer.status === undefined) return 'no answer';
  return answer.code === undefined ? `${answer.status}` : `${answer.status} ${answer.code}`;
};

/** Verdict about a delivery that the gateway refuses for a reason of its own. */
export const refused = (exchange: Exchange, what = 'The delivery'): Failed => {
  const { code, detail } = exchange.answer;
  const reason = detail === undefined ? '' : `: ${detail}`;
  return failed(
    `${what} got ${describeAnswer(exchange)}${reason}.`.replace(/\.\.$/, '.'),
    code === undefined
      ? 'Send the request as the guide describes it, to the URL exactly as it was given.'
      : REMEDIES[code],
  );
};

/** Time at which a processor that may not send again is judged. */
export const quietUntil = ({ task, waits }: Observation): number =>
  Math.max(...task.exchanges.map(({ answeredAt }) => answeredAt)) + waits.quiet * MILLISECONDS;

/** Time by which the next attempt must have arrived. */
export const retryUntil = ({ waits }: Observation, { answer, answeredAt }: Exchange): number =>
  answeredAt + ((answer.retryAfter ?? 0) + waits.retry) * MILLISECONDS;

/**
 * Judges what comes after a planned answer. Until the planned answer was given, waits for a delivery that deserves it.
 * @param number how many planned answers must have been given
 * @param judge gets the last of them, and the attempts after it
 */
export const afterPlanned = (
  observation: Observation,
  number: number,
  judge: (planned: Exchange, later: readonly Exchange[]) => Judgement,
): Judgement => {
  const attempts = attemptsOf(observation);
  const last = attempts.at(-1);
  if (last === undefined) return awaitDelivery(observation);
  const planned = attempts.filter(({ answer }) => answer.isPlanned);
  const latest = planned.at(-1);
  const wanted = planned[number - 1];
  if (wanted !== undefined) return judge(wanted, attempts.slice(attempts.indexOf(wanted) + 1));
  if (latest !== undefined && last === latest)
    return openUntil(retryUntil(observation, latest), noRetry(observation, latest));
  return openUntil(quietUntil(observation), refused(last, attempts.length === 1 ? 'The delivery' : 'The last attempt'));
};

/** Verdict about a processor that did not send again. */
const noRetry = ({ waits, ...observation }: Observation, planned: Exchange): Failed => {
  const gaveUp = deliveriesOf({ waits, ...observation }).some(
    ({ capability }) => capability !== planned.capability && capability === 'failure',
  );
  const instead = gaveUp ? ' A failure was reported instead.' : '';
  return failed(
    `After ${describeAnswer(planned)}, no other attempt came within ${(planned.answer.retryAfter ?? 0) + waits.retry} s.${instead}`,
    'Send exactly the same again after no answer, 429 and any 5xx, until another answer comes.',
  );
};

/** Judgement of the attempts after the last planned answer: one of them must be accepted. */
export const mustBeAccepted = (
  observation: Observation,
  planned: Exchange,
  later: readonly Exchange[],
  seen: string,
): Judgement => {
  const last = later.at(-1);
  if (last === undefined) return openUntil(retryUntil(observation, planned), noRetry(observation, planned));
  return later.some(isAccepted) ? passed(seen) : openUntil(quietUntil(observation), refused(last, 'The next attempt'));
};

/** Words for a public code with its status. */
export const describeCode = (code: OutcomeCode): string => `${statusOf(code)} ${code}`;
