import { MAX_BODY_BYTES } from '../../../lambda/contract/limits.ts';
import { JSON_MEDIA_TYPE, mediaTypeOf } from '../../../lambda/contract/registry.ts';
import type { ConformanceCase, Judgement, Observation } from '../case.ts';
import { type Exchange, headerValues, isAccepted } from '../gateway/exchange.ts';
import {
  awaitDelivery,
  deliveriesOf,
  describeAnswer,
  failed,
  openUntil,
  passed,
  quietUntil,
  refused,
} from '../judge.ts';
import { PLAIN } from './defaults.ts';
import { RULES } from './rules.ts';

/**
 * Judges each request with a rule of its own. The rule returns the fault of a request, or undefined. Refusals that the rule is
 * not about are corrected by nobody, so the first of them without a fault passes.
 */
const judgeRequests = (
  observation: Observation,
  faultOf: (exchange: Exchange) => Judgement | undefined,
  seen: string,
): Judgement => {
  const deliveries = deliveriesOf(observation);
  if (deliveries.length === 0) return awaitDelivery(observation);
  for (const exchange of deliveries) {
    const fault = faultOf(exchange);
    if (fault !== undefined) return fault;
  }
  if (deliveries.some(isAccepted)) return passed(seen);
  const last = deliveries.at(-1) as Exchange;
  return openUntil(quietUntil(observation), passed(`${seen} Another rule refused it: ${describeAnswer(last)}.`));
};

const EXACT_URL = 'Send to the URL exactly as it was given. Do not decode, normalize, shorten or complete it.';

const urlFault = ({ task }: Observation, exchange: Exchange): Judgement | undefined => {
  const { answer, capability, host, place, target } = exchange;
  const given = Object.values(task.callbacks).map(({ url }) => new URL(url));
  const meant = capability && task.callbacks[capability];
  const [expectedHost = ''] = given.map((url) => url.host);
  if (host !== expectedHost) {
    return failed(`The request named the host "${host}". The URL has "${expectedHost}".`, EXACT_URL);
  }
  if (place === 'astray' || (meant !== undefined && target !== pathOf(meant.url))) {
    return failed(
      `The request was sent to another path or query: ${describeDifference(target, meant?.url)}.`,
      EXACT_URL,
    );
  }
  // The token is a part of what was given: in the URL, or beside it.
  return answer.code?.startsWith('token_') ? refused(exchange) : undefined;
};

const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
};

/** Says how a target differs, without its text: it may have a token. */
const describeDifference = (target: string, url: string | undefined): string => {
  const given = url === undefined ? '' : pathOf(url);
  if (target.startsWith(`${given}?`)) return 'a query was added';
  if (target === `${given}/`) return 'a slash was added';
  if (target.toLowerCase() === given.toLowerCase()) return 'letters have another case';
  if (target.startsWith(given)) return 'text was added at its end';
  if (given.startsWith(target)) return 'its end is missing';
  return `${target.length} characters came, and ${given.length} were given`;
};

const typeFault = ({ agreement }: Observation, exchange: Exchange): Judgement | undefined => {
  const types = headerValues(exchange, 'content-type');
  const [type = ''] = types;
  const { contentTypes } = agreement;
  const name = 'Name the content type of the payload in one header Content-Type.';
  if (types.length === 0) {
    return failed('Content-Type did not come. The sender gets the payload as application/octet-stream.', name);
  }
  if (types.length > 1) return failed(`Content-Type came ${types.length} times.`, name);
  const encoding = headerValues(exchange, 'content-encoding').find((value) => !/^(identity)?$/i.test(value.trim()));
  if (encoding !== undefined) {
    return failed(
      `The body came with Content-Encoding ${encoding}.`,
      'Send the bytes as they are, without an encoding.',
    );
  }
  const essence = mediaTypeOf(type);
  if (!contentTypes.includes(essence)) {
    const change = `Send a content type that was agreed on: ${contentTypes.join(', ')}. Tell the kit about others.`;
    return failed(`The content type was ${essence || 'not a media type'}, which was not agreed on.`, change);
  }
  // The size of the body is judged by another case.
  if (exchange.body.length > 0 && JSON_MEDIA_TYPE.test(essence) && exchange.answer.code === 'payload_invalid') {
    return failed(
      `The content type was ${essence}, and the body is not one JSON value in UTF-8 without a byte order mark.`,
      'Send JSON, or the content type of what you send.',
    );
  }
  return exchange.answer.code === 'content_type_refused' ? refused(exchange) : undefined;
};

const EXACT_LENGTH = 'Let your HTTP library compute Content-Length from the bytes, not from the characters.';

const lengthFault = (exchange: Exchange): Judgement | undefined => {
  const announced = headerValues(exchange, 'content-length').join(', ');
  switch (exchange.length) {
    case 'short':
      return failed(`Content-Length was ${announced}, and ${exchange.body.length} bytes came.`, EXACT_LENGTH);
    case 'surplus':
      return failed(`Content-Length was ${announced}, and more bytes came.`, EXACT_LENGTH);
    case 'too-large':
      return failed(`More than ${MAX_BODY_BYTES} bytes came.`, 'Deliver a result of this size by upload.');
    case 'exact':
      return exchange.body.length === 0 && exchange.capability === 'result'
        ? failed('The body was empty.', 'Send the bytes of the result: it has 1 byte at least.')
        : undefined;
  }
};

/** Cases about one request, without a fault of the gateway. */
export const REQUEST_FORM_CASES = [
  {
    ...PLAIN,
    id: 'url-exact',
    title: 'uses the URL and the token exactly as they were given',
    why: 'The gateway compares paths as they are sent. A changed URL gets 404 or 401, and the result is lost.',
    rule: RULES.answers,
    does: 'Accepts a delivery, and compares its URL and token with those that were given.',
    judge: (observation) =>
      judgeRequests(observation, (exchange) => urlFault(observation, exchange), 'The URL and the token came as given.'),
  },
  {
    ...PLAIN,
    id: 'method',
    title: 'sends nothing but POST',
    why: 'A callback URL takes POST. Other methods get 405, also those that only look if the URL is there.',
    rule: RULES.requests,
    does: 'Accepts a delivery, and looks at the methods of all requests.',
    judge: (observation) =>
      judgeRequests(
        observation,
        ({ method }) =>
          method === 'POST'
            ? undefined
            : failed(
                `A request came with ${method}.`,
                'Use POST for every request to a callback URL, and no other method.',
              ),
        'Every request was a POST.',
      ),
  },
  {
    ...PLAIN,
    id: 'content-type',
    title: 'names a content type that was agreed on, and that is true',
    why: 'The sender gets the payload with this content type. Without one it gets bytes that it cannot read.',
    rule: RULES.payload,
    does: 'Accepts a delivery, and compares its content type with those that were agreed on.',
    judge: (observation) =>
      judgeRequests(observation, (exchange) => typeFault(observation, exchange), 'The content type was agreed on.'),
  },
  {
    ...PLAIN,
    id: 'length',
    title: 'sends the whole payload, and announces its true length',
    why: 'With a wrong length, a part of the payload is lost, or the connection waits until it breaks.',
    rule: RULES.payload,
    does: 'Accepts a delivery, and compares Content-Length with the bytes that come.',
    judge: (observation) => judgeRequests(observation, lengthFault, 'The length was right.'),
  },
] as const satisfies readonly ConformanceCase[];
