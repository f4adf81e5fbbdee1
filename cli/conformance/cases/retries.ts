import { RETRY_AFTER_TOLERANCE_MILLISECONDS } from '../../../lambda/contract/conformance.ts';
import type { ConformanceCase, Judgement, Observation } from '../case.ts';
import { type Exchange, headerValues } from '../gateway/exchange.ts';
import { inOrder } from '../gateway/fault.ts';
import {
  afterPlanned,
  attemptsOf,
  deliveriesOf,
  failed,
  mustBeAccepted,
  openUntil,
  passed,
  quietUntil,
  secondsBetween,
} from '../judge.ts';
import { PLAIN } from './defaults.ts';
import { RULES } from './rules.ts';

const UNAVAILABLE = { kind: 'unavailable' } as const;
const LOST = { kind: 'lost' } as const;

/** Judges that the delivery came again after one planned answer. */
const judgeRetry = (observation: Observation): Judgement =>
  afterPlanned(observation, 1, (planned, later) =>
    mustBeAccepted(observation, planned, later, 'The delivery came again, and was accepted.'),
  );

const judgeRetryAfter = (observation: Observation): Judgement =>
  afterPlanned(observation, 1, (planned, later) => {
    const [next] = later;
    const asked = planned.answer.retryAfter ?? 0;
    if (next !== undefined && next.at - planned.answeredAt < asked * 1_000 - RETRY_AFTER_TOLERANCE_MILLISECONDS) {
      const waited = secondsBetween(planned.answeredAt, next.at);
      return failed(
        `Retry-After was ${asked} s, and the next attempt came after ${waited}.`,
        'Wait as long as Retry-After says, in seconds, or a little longer.',
      );
    }
    const seen =
      next &&
      `Retry-After was ${asked} s, and the next attempt came after ${secondsBetween(planned.answeredAt, next.at)}.`;
    return mustBeAccepted(observation, planned, later, seen ?? '');
  });

const judgeSameBytes = (observation: Observation): Judgement => {
  const attempts = attemptsOf(observation);
  const [first, ...others] = attempts;
  for (const other of others) {
    const difference = first && differenceOf(first, other);
    if (difference !== undefined) {
      return failed(
        `Attempt ${attempts.indexOf(other) + 1} had ${difference} than the first.`,
        'Make the payload once, keep its bytes and its content type, and send these in each attempt.',
      );
    }
  }
  return afterPlanned(observation, 2, (planned, later) =>
    mustBeAccepted(observation, planned, later, `${attempts.length} attempts had the same bytes and content type.`),
  );
};

const differenceOf = (first: Exchange, other: Exchange): string | undefined => {
  // A body that did not come whole is another case.
  if (first.length !== 'exact' || other.length !== 'exact') return undefined;
  if (!Buffer.from(first.body).equals(Buffer.from(other.body))) return 'other bytes';
  const [a, b] = [first, other].map((exchange) => headerValues(exchange, 'content-type').join());
  return a === b ? undefined : 'another content type';
};

const judgeRepeat = (observation: Observation): Judgement =>
  afterPlanned(observation, 1, (planned, later) => {
    const repeat = later.findIndex(({ answer }) => answer.isRepeat);
    if (repeat === -1) return mustBeAccepted(observation, planned, later, 'The delivery came again.');
    const after = deliveriesOf(observation).filter(({ at }) => at > (later[repeat] as Exchange).at);
    const [next] = after;
    if (next === undefined) {
      return openUntil(quietUntil(observation), passed('The repeat was acknowledged, and nothing more came.'));
    }
    return failed(
      next.capability === planned.capability
        ? 'The repeat was acknowledged with 200, and the delivery came once more.'
        : `The repeat was acknowledged with 200, and then a ${next.capability} came.`,
      'Take every 200 as success. `Idempotency-Replayed: true` says that the first delivery had arrived.',
    );
  });

/** Headers of a proof. */
interface ProofParts {
  /** Those that must be new in each attempt. */
  readonly fresh: readonly string[];
  /** Those that must stay. */
  readonly kept: readonly string[];
  /** Times in whole seconds may be equal in attempts that are closer together. Milliseconds. */
  readonly resolution: number;
}

const PROOF_PARTS: Readonly<Record<string, ProofParts>> = {
  dpop: { fresh: ['dpop'], kept: [], resolution: 0 },
  http_signature: { fresh: ['signature-input'], kept: [], resolution: 1_000 },
  standard_webhooks: { fresh: ['webhook-timestamp'], kept: ['webhook-id'], resolution: 1_000 },
};
const NO_PARTS: ProofParts = { fresh: [], kept: [], resolution: 0 };

const judgeFreshProof = (observation: Observation): Judgement => {
  const { fresh, kept, resolution } = PROOF_PARTS[observation.agreement.proof.kind] ?? NO_PARTS;
  const attempts = attemptsOf(observation);
  for (const [i, attempt] of attempts.entries()) {
    const earlier = attempts.slice(0, i);
    const distant = earlier.filter(({ at }) => attempt.at - at >= resolution);
    const stale = fresh.find((name) => distant.some((other) => isSame(other, attempt, name)));
    if (stale !== undefined) {
      return failed(
        `Attempt ${i + 1} had the same ${stale} as an earlier one.`,
        'Make a new proof for each attempt. Payload and token stay the same.',
      );
    }
    const changed = kept.find((name) => earlier.some((other) => !isSame(other, attempt, name)));
    if (changed !== undefined) {
      return failed(
        `Attempt ${i + 1} had another ${changed} than the first.`,
        `Keep ${changed} when you send the same message again. Only its time and signature are new.`,
      );
    }
  }
  return afterPlanned(observation, 2, (planned, later) =>
    mustBeAccepted(observation, planned, later, `${attempts.length} attempts had a proof each.`),
  );
};

const isSame = (a: Exchange, b: Exchange, name: string): boolean =>
  headerValues(a, name).join('\n') === headerValues(b, name).join('\n');

const AGAIN = 'A delivery that is not sent again is lost: the sender sees only that the task expires.';

/** Cases in which the processor must send again. */
export const RETRY_CASES = [
  {
    ...PLAIN,
    id: 'retry-503',
    title: 'sends the same again after 503',
    why: `Gateways restart, and their stores pause. ${AGAIN}`,
    rule: RULES.again,
    does: 'Answers the first delivery with 503.',
    plan: () => inOrder(UNAVAILABLE),
    judge: judgeRetry,
  },
  {
    ...PLAIN,
    id: 'retry-429',
    title: 'sends the same again after 429',
    why: `The firewall answers many requests from one address with 429, and a page that is not the gateway’s. ${AGAIN}`,
    rule: RULES.again,
    does: 'Answers the first delivery with 429, as the firewall does.',
    plan: ({ retryAfter }) => inOrder({ kind: 'too-many', retryAfter }),
    judge: judgeRetry,
  },
  {
    ...PLAIN,
    id: 'retry-lost-answer',
    title: 'sends the same again after no answer',
    why: `Without an answer, nobody knows whether the delivery arrived. ${AGAIN}`,
    rule: RULES.again,
    does: 'Records the first delivery, and ends the connection without an answer.',
    plan: () => inOrder(LOST),
    judge: judgeRetry,
  },
  {
    ...PLAIN,
    id: 'retry-after',
    title: 'waits as long as Retry-After says',
    why: 'A gateway that is overloaded recovers only if its clients wait.',
    rule: RULES.again,
    does: 'Answers the first delivery with 503 and a longer Retry-After.',
    plan: ({ retryAfter }) => inOrder({ kind: 'unavailable', retryAfter }),
    judge: judgeRetryAfter,
  },
  {
    ...PLAIN,
    id: 'same-bytes',
    title: 'sends the same bytes and content type in each attempt',
    why: 'The gateway recognizes a repeat by its bytes and content type. Others are a replay: 401, and an alarm.',
    rule: RULES.again,
    does: 'Answers the first delivery with 503, records the second, and ends its connection without an answer.',
    plan: () => inOrder(UNAVAILABLE, LOST),
    judge: judgeSameBytes,
  },
  {
    ...PLAIN,
    id: 'fresh-proof',
    title: 'makes a new proof for each attempt',
    why: 'A proof is accepted once, and is too old after a few minutes.',
    rule: RULES.again,
    does: 'Answers the first delivery with 503, records the second, and ends its connection without an answer.',
    plan: () => inOrder(UNAVAILABLE, LOST),
    skipped: ({ proof }) => (proof.kind === 'none' ? 'No proof was agreed on. Give --proof and --key.' : undefined),
    judge: judgeFreshProof,
  },
  {
    ...PLAIN,
    id: 'repeat-is-success',
    title: 'takes an acknowledged repeat as success',
    why: 'The first delivery had arrived. A processor that goes on reports a failure of work that succeeded.',
    rule: RULES.answers,
    does: 'Records the first delivery without an answer, and acknowledges the repeat with 200.',
    plan: () => inOrder(LOST),
    judge: judgeRepeat,
  },
] as const satisfies readonly ConformanceCase[];
