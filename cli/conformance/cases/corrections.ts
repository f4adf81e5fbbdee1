import { mediaTypeOf } from '../../../lambda/contract/registry.ts';
import type { ConformanceCase, Judgement, Observation } from '../case.ts';
import { type Exchange, headerValues, isAccepted, type SentRequest } from '../gateway/exchange.ts';
import type { Fault, PlanAnswer } from '../gateway/fault.ts';
import { afterPlanned, deliveriesOf, describeAnswer, failed, openUntil, passed, retryUntil } from '../judge.ts';
import { PLAIN } from './defaults.ts';
import { RULES } from './rules.ts';

const typeOf = (request: SentRequest): string => mediaTypeOf(headerValues(request, 'content-type')[0] ?? '');

const hasSameType = (a: SentRequest, b: SentRequest): boolean => typeOf(a) === typeOf(b);
const hasSameBytes = (a: SentRequest, b: SentRequest): boolean => Buffer.from(a.body).equals(Buffer.from(b.body));

/** Refuses the first delivery, and every other one to the same URL that is not corrected. */
const refuseUncorrected =
  (kind: Fault['kind'] & ('refuse-type' | 'refuse-payload'), isUncorrected: typeof hasSameType): PlanAnswer =>
  (request, played) => {
    const [first] = played;
    if (request.place !== 'callback') return undefined;
    if (first === undefined) return { kind };
    return request.capability === first.capability && isUncorrected(request, first) ? { kind } : undefined;
  };

const judgeCorrection =
  (isUncorrected: typeof hasSameType, what: string, change: string) =>
  (observation: Observation): Judgement =>
    afterPlanned(observation, 1, (planned, later) => {
      const unchanged = later.find((attempt) => isUncorrected(attempt, planned));
      if (unchanged !== undefined) {
        return failed(`After ${describeAnswer(planned)}, the delivery came again with the same ${what}.`, change);
      }
      const accepted = deliveriesOf(observation).find(isAccepted);
      if (accepted !== undefined) return passed(describeCorrection(accepted, planned));
      return openUntil(
        retryUntil(observation, planned),
        failed(`After ${describeAnswer(planned)}, neither a corrected delivery nor a failure came.`, change),
      );
    });

const describeCorrection = ({ capability }: Exchange, planned: Exchange): string =>
  capability === planned.capability
    ? 'A corrected delivery came to the same URL, and was accepted.'
    : 'The failure was reported to its own callback.';

const OR_REPORT =
  'If you cannot, report it to the failure callback, so that the sender learns why there is no result. Do not send the same again.';

/** Cases in which the payload is refused, and the token still works. */
export const CORRECTION_CASES = [
  {
    ...PLAIN,
    id: 'correct-415',
    title: 'corrects a content type that was refused, or reports the failure',
    why: '415 does not use the token up. A processor that only stops leaves the sender without a result and without a reason.',
    rule: RULES.answers,
    does: 'Refuses the content type of the first delivery with 415, and lists others.',
    plan: () => refuseUncorrected('refuse-type', hasSameType),
    judge: judgeCorrection(
      hasSameType,
      'content type',
      `After 415, send a content type that \`errors\` lists to the same URL. ${OR_REPORT}`,
    ),
  },
  {
    ...PLAIN,
    id: 'correct-422',
    title: 'corrects a payload that was refused, or reports the failure',
    why: '422 does not use the token up. A processor that only stops leaves the sender without a result and without a reason.',
    rule: RULES.answers,
    does: 'Refuses the payload of the first delivery with 422.',
    plan: () => refuseUncorrected('refuse-payload', hasSameBytes),
    judge: judgeCorrection(
      hasSameBytes,
      'bytes',
      `After 422, correct what \`errors\` names, and send it to the same URL. ${OR_REPORT}`,
    ),
  },
] as const satisfies readonly ConformanceCase[];
