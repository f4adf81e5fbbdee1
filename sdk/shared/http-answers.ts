import type { OutcomeCode } from '../../lambda/contract/outcomes.ts';
import type { Problem } from '../../lambda/contract/problem.ts';
import { readRetryAfter } from './backoff.ts';
import type { Failure } from './failure.ts';

/** True if the same request may have another answer later. */
export const isRetryableStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Statuses of the load balancer and the firewall, whose answers have no code. */
const FRONT_CODES: Readonly<Record<number, OutcomeCode>> = {
  400: 'request_invalid',
  401: 'access_token_invalid',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
};

/** A code of this or a later version of the gateway. */
const CODE = /^[a-z][a-z0-9_]{2,63}$/;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the body of an answer as a JSON object.
 * @returns undefined if it is something else
 * @throws if the connection ends before the body
 */
export const readJsonObject = async (response: Response): Promise<Readonly<Record<string, unknown>> | undefined> =>
  parseObject(await response.text());

const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Reads the problem details of a refusal, or returns undefined: the load balancer and the firewall send none with a code. */
const readProblem = async (response: Response, secrets: readonly string[]): Promise<Problem | undefined> => {
  if (!/^application\/(problem\+)?json\b/i.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    return undefined;
  }
  const text = await response.text();
  const value = parseObject(secrets.reduce((rest, secret) => rest.replaceAll(secret, 'REDACTED'), text));
  return typeof value?.code === 'string' && CODE.test(value.code) ? (value as unknown as Problem) : undefined;
};

/**
 * Reads why the gateway, or what stands in front of it, refused a request.
 * @param request the request in words without secrets, for example `POST /v1/tasks`
 * @param now milliseconds since 1970
 * @param secrets what the request had and the failure must not have, even if something on the way repeats it
 * @throws if the connection ends before the body
 */
export const readRefusal = async (
  response: Response,
  request: string,
  now: number,
  secrets: readonly string[] = [],
): Promise<Failure> => {
  const { headers, status } = response;
  const retryable = isRetryableStatus(status);
  const problem = await readProblem(response, secrets);
  const requestId = problem?.requestId ?? headers.get('x-request-id') ?? undefined;
  const retryAfter = readRetryAfter(headers.get('retry-after'), now);
  const failure = {
    status,
    retryable,
    ...(requestId !== undefined && { requestId }),
    ...(retryAfter !== undefined && { retryAfter }),
    // A proxy gave up on an answer that may still come about.
    ...((status === 408 || status === 502 || status === 504) && { isUncertain: true as const }),
  };
  if (problem === undefined) {
    const code = retryable ? 'unavailable' : (FRONT_CODES[status] ?? 'answer_invalid');
    return { ...failure, code, message: `${request} got ${status} without a code. ${explainFrontAnswer(status)}` };
  }
  const { code, detail, errors = [], title } = problem;
  const places = errors.map((error) => {
    const place = 'pointer' in error ? error.pointer || 'body' : 'parameter' in error ? error.parameter : error.header;
    return `${place}: ${'accepted' in error ? `${error.message} (${error.accepted.join(', ')})` : error.detail}.`;
  });
  const told = [`${request} was refused (${status} ${code}): ${title}`, ...(detail ? [detail] : []), ...places];
  return { ...failure, code, problem, message: [...told, 'The page at problem.type says what to do.'].join(' ') };
};

const explainFrontAnswer = (status: number): string => {
  if (isRetryableStatus(status)) return 'The gateway cannot answer for the moment. Try again later.';
  switch (status) {
    case 401:
      return 'The load balancer refused the access token: it is missing, expired, or not for this gateway. Get a new one for this origin.';
    case 403:
      return 'The firewall accepts no requests like this one, or from this address. Ask the platform team.';
    case 404:
      return 'The host or path does not exist. Check the origin and the id.';
    case 413:
      return 'The body is over the limit of the load balancer. Send a smaller one.';
    default:
      return 'It is no answer of a Postern gateway. Check the origin, and the proxies on the way to it.';
  }
};
