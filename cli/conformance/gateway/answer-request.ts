import { randomUUID } from 'node:crypto';
import { isOutcomeCode, OUTCOMES } from '../../../lambda/contract/outcomes.ts';
import { mediaTypeOf } from '../../../lambda/contract/registry.ts';
import { REMEDIES } from '../../../lambda/contract/remedies.ts';
import type { AlbEvent, AlbResult } from '../../../lambda/shared/http/alb.ts';
import { problemResponse } from '../../../lambda/shared/http/problem.ts';
import type { Handler } from '../../../lambda/shared/http/serve-routes.ts';
import { type Refusal, refuse } from '../../../lambda/shared/refusal.ts';
import { headerValues, type SentRequest } from './exchange.ts';
import type { Fault } from './fault.ts';
import { type FrontAnswer, loadBalancerAnswer, redirectAnswer, tooManyAnswer } from './front-answers.ts';
import type { MemoryStore } from './memory-store.ts';
import type { Objects } from './objects.ts';
import type { OpenTask } from './open-task.ts';
import { ELSEWHERE_PATH } from './place-request.ts';

export interface AnswerRequestOptions {
  readonly origin: string;
  readonly contentTypes: readonly string[];
  readonly receiver: Handler;
  readonly store: MemoryStore;
  readonly objects: Objects;
}

export interface GivenAnswer {
  /** `undefined`: the connection ends without an answer. */
  readonly reply: FrontAnswer | undefined;
  /** True if the fault was played. */
  readonly isPlanned: boolean;
}

export type AnswerRequest = (
  request: SentRequest,
  task: OpenTask | undefined,
  fault: Fault | undefined,
) => Promise<GivenAnswer>;

/** Creates the answers of the gateway, of the bucket, and of faults. */
export const createAnswerRequest = (options: AnswerRequestOptions): AnswerRequest => {
  const { objects, origin, receiver, store } = options;

  const receive = async (request: SentRequest): Promise<FrontAnswer> =>
    toFrontAnswer(await receiver(toAlbEvent(request), { awsRequestId: randomUUID() }));

  const faultAnswer = (
    fault: Exclude<Fault, { readonly kind: 'lost' }>,
    request: SentRequest,
    taskId: string,
    unavailable: FrontAnswer,
  ): FrontAnswer => {
    switch (fault.kind) {
      case 'unavailable': {
        const { retryAfter } = fault;
        return retryAfter === undefined
          ? unavailable
          : { ...unavailable, headers: { ...unavailable.headers, 'Retry-After': String(retryAfter) } };
      }
      case 'too-many':
        return tooManyAnswer(fault.retryAfter);
      case 'redirect':
        return redirectAnswer(`${origin}${ELSEWHERE_PATH}${taskId}`);
      case 'refuse-type':
        return problem(refuseType(request, options.contentTypes), origin);
      case 'refuse-payload':
        return problem(REFUSED_PAYLOAD, origin);
    }
  };

  const answerCallback = async (
    request: SentRequest,
    task: OpenTask,
    fault: Fault | undefined,
  ): Promise<GivenAnswer> => {
    if (fault === undefined) return { reply: await receive(request), isPlanned: false };
    if (fault.kind === 'lost') {
      const reply = await receive(request);
      return reply.status === 200 ? LOST : { reply, isPlanned: false };
    }
    // Only a delivery that passes every check gets this far.
    const reply = await store.whileUnavailable(() => receive(request));
    return reply.status === OUTCOMES.unavailable.status
      ? { reply: faultAnswer(fault, request, task.taskId, reply), isPlanned: true }
      : { reply, isPlanned: false };
  };

  return async (request, task, fault) => {
    const own = (reply: FrontAnswer): GivenAnswer => ({ reply, isPlanned: false });
    if (request.host.replace(/:\d+$/, '') !== new URL(origin).hostname) return own(loadBalancerAnswer(404));
    if (request.length === 'short') return own(loadBalancerAnswer(400));
    if (request.length === 'too-large') return own(loadBalancerAnswer(413));
    if (request.place === 'elsewhere') return own({ status: 200, headers: {}, body: '' });
    if (request.place === 'object') {
      const reply = objects.receive(request);
      return fault?.kind === 'lost' && reply.status === 200 ? LOST : own(reply);
    }
    const page = request.method === 'GET' ? problemPage(request.target) : undefined;
    if (page !== undefined) return own(page);
    return task === undefined ? own(await receive(request)) : answerCallback(request, task, fault);
  };
};

const LOST: GivenAnswer = { reply: undefined, isPlanned: true };

const problem = (refusal: Refusal, origin: string): FrontAnswer => {
  const { body, headers, status } = problemResponse(refusal, origin, randomUUID());
  return { status, headers, body: String(body) };
};

/** The refusal of a content type that was not agreed on, as the receiver words it. */
const refuseType = (request: SentRequest, contentTypes: readonly string[]): Refusal => {
  const refused = mediaTypeOf(headerValues(request, 'content-type')[0] ?? '');
  return refuse('content_type_refused', 'planned by the case', {
    errors: [
      {
        pointer: '',
        message: 'is not a content type of this processor',
        accepted: contentTypes.filter((type) => type !== refused),
      },
    ],
  });
};

const REFUSED_PAYLOAD = refuse('payload_invalid', 'planned by the case', {
  errors: [{ pointer: '', detail: 'does not have the form that was agreed on: this case refuses the first payload' }],
});

/** The page of an error code, to which `type` of a problem leads. */
const problemPage = (target: string): FrontAnswer | undefined => {
  const [, code = ''] = /^\/problems\/(\w+)$/.exec(target) ?? [];
  if (!isOutcomeCode(code)) return undefined;
  const body = `${OUTCOMES[code].title}\n${REMEDIES[code]}\n`;
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
};

/** The event that the receiver gets from the load balancer. */
const toAlbEvent = ({ body, headers, method, target }: SentRequest): AlbEvent => {
  const [path = '', query = ''] = target.split(/\?(.*)/s, 2);
  const parameters = query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => part.split(/=(.*)/s, 2))
    .map(([name = '', value = '']) => [name, value] as const);
  return {
    requestContext: { elb: { targetGroupArn: '' } },
    httpMethod: method,
    path,
    multiValueQueryStringParameters: collect(parameters),
    multiValueHeaders: collect([...headers, ['x-forwarded-for', '127.0.0.1']]),
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  };
};

const collect = (pairs: readonly (readonly [string, string])[]): Record<string, string[]> => {
  const collected = new Map<string, string[]>();
  for (const [name, value] of pairs) collected.set(name, [...(collected.get(name) ?? []), value]);
  return Object.fromEntries(collected);
};

const toFrontAnswer = ({ body, isBase64Encoded, multiValueHeaders, statusCode }: AlbResult): FrontAnswer => ({
  status: statusCode,
  headers: Object.fromEntries(Object.entries(multiValueHeaders).map(([name, values]) => [name, values.join(', ')])),
  body: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body,
});
