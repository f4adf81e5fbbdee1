import type { ConformanceCase, Judgement, Observation } from '../case.ts';
import { type Exchange, headerValues, isAccepted } from '../gateway/exchange.ts';
import { DESCRIPTIONS } from '../gateway/objects.ts';
import {
  awaitDelivery,
  deliveriesOf,
  describeAnswer,
  failed,
  openUntil,
  passed,
  quietUntil,
  refused,
  retryUntil,
} from '../judge.ts';
import { PLAIN } from './defaults.ts';
import { RULES } from './rules.ts';

const UNCHANGED = 'PUT the bytes to the URL of the answer, with every header of the answer, unchanged, and no others.';

const judgeUpload = (observation: Observation): Judgement => {
  const { exchanges } = observation.task;
  const offers = exchanges.filter(({ capability, place }) => capability === 'upload' && place !== 'object');
  const puts = exchanges.filter(({ place }) => place === 'object');
  const lastOffer = offers.at(-1);
  const [failure] = deliveriesOf(observation);
  if (lastOffer === undefined) {
    return failure === undefined
      ? awaitDelivery(observation)
      : openUntil(quietUntil(observation), failed('A failure was reported, and no upload was announced.', ANNOUNCE));
  }
  const isAnnounced = offers.some(isAccepted);
  if (!isAnnounced) return openUntil(retryUntil(observation, lastOffer), refused(lastOffer, 'The announcement'));
  const fault = puts.map(faultOfPut).find((found) => found !== undefined);
  if (fault !== undefined) return fault;
  const lost = puts.find(({ answer }) => answer.isPlanned);
  const lastPut = puts.at(-1);
  if (lost === undefined || lastPut === undefined) {
    const last = lastPut ?? lastOffer;
    const what = lastPut === undefined ? 'no PUT came' : `the PUT got ${describeAnswer(lastPut)}`;
    return openUntil(retryUntil(observation, last), failed(`The announcement was accepted, and ${what}.`, UNCHANGED));
  }
  if (failure !== undefined && failure.at > lost.answeredAt) {
    return failed('The object was stored, and then a failure was reported.', AFTER_LOSS);
  }
  const later = [...offers, ...puts].filter(({ at }) => at > lost.answeredAt);
  if (later.length === 0) {
    return openUntil(
      retryUntil(observation, lost),
      failed('The answer to the PUT was lost, and no request came after it.', AFTER_LOSS),
    );
  }
  const repeats = later.filter(({ answer }) => answer.status === 412);
  if (repeats.length > 1) {
    return failed(`The PUT came ${repeats.length} times more after the object was stored.`, AFTER_LOSS);
  }
  return openUntil(
    quietUntil(observation),
    passed('The object was announced and stored, and 412 was taken as success.'),
  );
};

const ANNOUNCE = 'Announce the object to the upload callback: its content type, size and SHA-256.';
const AFTER_LOSS =
  'If the answer to the PUT is lost, send the same PUT again. 412 then says that the object is stored: that is success. Or announce the object again: 409 with task_closed says the same.';

/** Statuses of S3 after which something else must be sent. */
const PUT_FAULTS: Readonly<Record<number, string>> = {
  400: 'Announce the bytes that you have, and PUT exactly these.',
  403: UNCHANGED,
  411: 'Send Content-Length with the PUT, and no chunks.',
};

const faultOfPut = (exchange: Exchange): Judgement | undefined => {
  if (headerValues(exchange, 'authorization').length > 0) {
    return failed(
      'The PUT had a header Authorization. The bucket belongs to another party, which would get the token.',
      'Send no token and no proof with the PUT: the URL is signed.',
    );
  }
  const described = DESCRIPTIONS.find((name) => headerValues(exchange, name).length > 0);
  if (described !== undefined) {
    return failed(`The PUT had the header ${described}. The gateway deletes such an object.`, UNCHANGED);
  }
  const change = exchange.answer.status === undefined ? undefined : PUT_FAULTS[exchange.answer.status];
  return change === undefined ? undefined : failed(`The PUT got ${exchange.answer.status}.`, change);
};

export const UPLOAD_CASE: ConformanceCase = {
  ...PLAIN,
  id: 'upload',
  title: 'uploads a result in two steps',
  why: 'The load balancer takes at most 1 MB. A larger result goes to the bucket.',
  rule: RULES.upload,
  does: 'Offers upload and failure, and no result. Stores the object, and ends the connection of the first PUT without an answer.',
  setUp: { ...PLAIN.setUp, capabilities: ['upload', 'failure'] },
  plan:
    () =>
    ({ place }, played) =>
      place === 'object' && played.length === 0 ? { kind: 'lost' } : undefined,
  skipped: ({ upload }) => (upload ? undefined : 'The processor was not said to upload. Give --upload.'),
  judge: judgeUpload,
};
