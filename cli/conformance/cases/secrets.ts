import type { ConformanceCase, Judgement, Observation } from '../case.ts';
import { headerValues } from '../gateway/exchange.ts';
import { inOrder } from '../gateway/fault.ts';
import { afterPlanned, failed, mustBeAccepted, openUntil, passed, quietUntil } from '../judge.ts';
import { PLAIN } from './defaults.ts';
import { RULES } from './rules.ts';

const judgeRedirect = (observation: Observation): Judgement =>
  afterPlanned(observation, 1, () => {
    const followed = observation.task.exchanges.find(({ place }) => place === 'elsewhere');
    if (followed === undefined) {
      return openUntil(quietUntil(observation), passed('The redirect was not followed.'));
    }
    const hasToken = ['authorization', 'callback-token'].some((name) => headerValues(followed, name).length > 0);
    const parts = [...(hasToken ? ['the token'] : []), ...(followed.body.length > 0 ? ['the payload'] : [])];
    return failed(
      `The redirect was followed${parts.length > 0 ? `, with ${parts.join(' and ')}` : ''}.`,
      'Switch off redirects in your HTTP library. Treat a redirect like no answer.',
    );
  });

/** Decides when the case is over. Its verdict comes from the output, which is read when all cases are over. */
const judgeOutput = (observation: Observation): Judgement =>
  afterPlanned(observation, 2, (planned, later) => {
    const judgement = mustBeAccepted(observation, planned, later, 'The delivery came again, and was accepted.');
    // The output may be written a little later.
    return judgement.verdict === 'passed' ? openUntil(quietUntil(observation), judgement) : judgement;
  });

/** Cases about what leaves the processor beside the delivery. */
export const SECRET_CASES = [
  {
    ...PLAIN,
    id: 'no-redirect',
    title: 'follows no redirect',
    why: 'A gateway never redirects. A redirect comes from another party, which would get the token and the payload.',
    rule: RULES.answers,
    does: 'Answers the first delivery with 307, and a URL of this machine.',
    plan: () => inOrder({ kind: 'redirect' }),
    judge: judgeRedirect,
  },
  {
    ...PLAIN,
    id: 'no-token-in-output',
    title: 'writes no token into its output',
    why: 'Until it is used, anyone who has the token can deliver in the processor’s name.',
    rule: RULES.answers,
    does: 'Answers the first delivery with 503, ends the connection of the second without an answer, and searches the output for the tokens of all cases.',
    plan: () => inOrder({ kind: 'unavailable' }, { kind: 'lost' }),
    skipped: ({ logs }) => (logs ? undefined : 'The output of the processor is not known. Give --logs FILE.'),
    judge: judgeOutput,
  },
] as const satisfies readonly ConformanceCase[];
