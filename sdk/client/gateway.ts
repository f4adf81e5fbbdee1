import type { API_ROUTES } from '../../lambda/contract/api-routes.ts';
import { TASK_ID_PATTERN } from '../../lambda/contract/claims.ts';
import { IDEMPOTENCY_KEY } from '../../lambda/contract/limits.ts';
import { retry } from '../shared/backoff.ts';
import type { AccessTokens } from '../shared/client-credentials.ts';
import type { Failure, Outcome } from '../shared/failure.ts';
import { readJsonObject, readRefusal } from '../shared/http-answers.ts';
import { readOrigin } from '../shared/origin.ts';
import { type Fetch, PLATFORM, type Platform, untilAborted } from '../shared/platform.ts';
import { send } from '../shared/request.ts';
import type { Answers } from './answers.ts';
import { type ActOptions, splitOptions } from './call-options.ts';
import { toPosternError } from './postern-error.ts';

export interface PosternOptions {
  /** Origin of the gateway, for example `https://callbacks.example.com`. */
  readonly origin: string;
  /** Supplies access tokens: `clientCredentials(…)`, or a function of your own. */
  readonly credentials: AccessTokens;
  /** @default the global one */
  readonly fetch?: Fetch;
  /**
   * Longest time for one attempt, in milliseconds.
   * @default 30000
   */
  readonly attemptTimeout?: number;
  /** Clock, randomness and timer, for tests. */
  readonly platform?: Partial<Platform>;
}

type Routes = (typeof API_ROUTES)[keyof typeof API_ROUTES];
type RouteText<R> = R extends { readonly method: infer M extends string; readonly path: infer P extends string }
  ? `${M} ${P}`
  : never;

/** Method and path of a route, as `GET /v1/tasks/{taskId}`. A route that the gateway does not have does not compile. */
export type RouteLine = RouteText<Routes>;

type ParameterNames<P extends string> = P extends `${string}{${infer N}}${infer Rest}`
  ? N | ParameterNames<Rest>
  : never;

/** Values of the parameters in the path of a route. */
type PathParameters<L extends RouteLine> = Readonly<Record<ParameterNames<L>, string>>;

/** One call of a route. */
export interface Call<L extends RouteLine> extends ActOptions {
  readonly path: PathParameters<L>;
  /** Query parameters; those that are undefined are left out. */
  readonly query?: object;
  /** Body, as JSON. */
  readonly body?: object;
  /**
   * True if a repeat of the carried out request has the same answer.
   * @default true for GET
   */
  readonly isRepeatable?: boolean;
}

/** Reads an answer of 2xx or 303. */
type Read<T> = (response: Response, request: string) => Promise<Outcome<T>>;

/** The gateway, as its clients call it: with an access token, retries, and one key over the attempts of a call. */
export interface Gateway {
  readonly platform: Platform;
  /** True if the gateway is on this machine. */
  readonly isLocal: boolean;
  /**
   * Calls a route whose answer is a JSON object.
   * @throws {PosternError}
   */
  call<L extends keyof Answers>(line: L, call: Call<L>): Promise<Answers[L]>;
  /**
   * Calls a route that acts. Options may stand beside the members of the body.
   * @param isRepeatable see `Call`
   * @throws {PosternError}
   */
  act<L extends keyof Answers>(
    line: L,
    path: PathParameters<L>,
    request: ActOptions,
    options: ActOptions,
    isRepeatable?: boolean,
  ): Promise<Answers[L]>;
  /**
   * Calls a route with another answer.
   * @param isLong true if the time limit is for the beginning of the answer only
   */
  callAndRead<L extends RouteLine, T>(line: L, call: Call<L>, read: Read<T>, isLong?: boolean): Promise<T>;
}

/** Visible ASCII. `fetch` quotes a header value that has anything else in its error. */
const TOKEN = /^[\x21-\x7e]+$/;
const KEY = new RegExp(`^[\\x20-\\x7e]{1,${IDEMPOTENCY_KEY.maxChars}}$`);

/** @throws {TypeError} if the origin is not valid */
export const createGateway = ({ attemptTimeout, credentials, fetch, ...others }: PosternOptions): Gateway => {
  const origin = readOrigin('origin', others.origin);
  const platform: Platform = { ...PLATFORM, ...others.platform, ...(fetch && { fetch }) };

  const accessToken = async (refused: string | undefined, signal: AbortSignal | undefined): Promise<string> => {
    const request = { ...(refused !== undefined && { refused }), ...(signal && { signal }) };
    const token = await untilAborted(credentials(request), signal);
    if (typeof token === 'string' && TOKEN.test(token)) return token;
    throw toPosternError({
      code: 'access_token_refused',
      message: 'credentials gave no access token; expected a text of visible ASCII characters. Sign in again.',
      retryable: false,
    });
  };

  const callAndRead: Gateway['callAndRead'] = async <L extends RouteLine, T>(
    line: L,
    call: Call<L>,
    read: Read<T>,
    isLong = false,
  ): Promise<T> => {
    const { body, idempotencyKey, query = {}, signal } = call;
    const [method = '', template = ''] = line.split(' ');
    const path = fill(template, call.path);
    const request = `${method} ${path}`;
    const url = `${origin}${path}${toQuery(query)}`;
    const headers = {
      accept: '*/*',
      ...(body && { 'content-type': 'application/json' }),
      ...(method === 'POST' && { 'idempotency-key': readKey(idempotencyKey) }),
    };
    const text = body && JSON.stringify(body);
    const attempt = (token: string) =>
      send(platform, {
        request,
        url,
        init: { method, headers: { ...headers, authorization: `Bearer ${token}` }, ...(text && { body: text }) },
        read: async (response) =>
          response.ok || response.status === 303
            ? read(response, request)
            : { failure: await readRefusal(response, request, platform.now(), [token]) },
        isLong,
        ...(attemptTimeout !== undefined && { timeoutMilliseconds: attemptTimeout }),
        signal,
      });

    let isUncertain = false;
    const outcome = await retry(
      async () => {
        const token = await accessToken(undefined, signal);
        let answer = await attempt(token);
        if ('failure' in answer && answer.failure.status === 401) {
          const next = await accessToken(token, signal);
          if (next !== token) answer = await attempt(next);
        }
        if ('value' in answer || answer.failure.retryable) {
          isUncertain ||= 'failure' in answer && answer.failure.isUncertain === true;
          return answer;
        }
        return isUncertain && !(call.isRepeatable ?? method === 'GET')
          ? { failure: asUncertain(answer.failure) }
          : answer;
      },
      platform,
      signal,
    );
    if ('failure' in outcome) throw toPosternError(outcome.failure);
    return outcome.value;
  };

  const call: Gateway['call'] = <L extends keyof Answers>(line: L, each: Call<L>) =>
    callAndRead(line, each, readJson<Answers[L]>);
  return {
    platform,
    isLocal: origin.startsWith('http:'),
    callAndRead,
    call,
    act: (line, path, request, given, isRepeatable = false) => {
      const { members: body, options } = splitOptions(request, given);
      return call(line, { ...options, path, body, isRepeatable });
    },
  };
};

/** The refusal may be the effect of an earlier attempt. */
const asUncertain = (failure: Failure): Failure => ({
  ...failure,
  message: `${failure.message} An earlier attempt got no answer and may have been carried out: read the task.`,
});

const readJson = async <T>(response: Response, request: string): Promise<Outcome<T>> => {
  const value = await readJsonObject(response);
  if (value !== undefined && response.ok) return { value: value as T };
  return {
    failure: {
      code: 'answer_invalid',
      message:
        `${request} got ${response.status} without a JSON object, which is no answer of a Postern gateway. ` +
        'Check the origin, and the proxies on the way to it.',
      status: response.status,
      retryable: false,
    },
  };
};

/** Fills in the parameters of a path. Ids are checked, because `..` would name another path. */
const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (typeof value === 'string' && TASK_ID_PATTERN.test(value)) return value;
    // Not quoted: a callback URL may stand in its place.
    throw new TypeError(`${name} is not an id; expected 1 to 64 characters of A-Z, a-z, 0-9, _ and -.`);
  });

const toQuery = (query: object): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`;
};

const readKey = (key: string = crypto.randomUUID()): string => {
  if (KEY.test(key)) return key;
  throw new TypeError(
    `idempotencyKey has ${key.length} characters; expected 1 to ${IDEMPOTENCY_KEY.maxChars} printable ASCII characters.`,
  );
};
