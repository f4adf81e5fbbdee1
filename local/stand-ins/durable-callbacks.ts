import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { isRecord } from './aws-json.ts';
import type { ResumeRequest, Resumes, Trouble } from './resumes.ts';

/** Paths of the API for callbacks of durable functions. */
export const DURABLE_CALLBACKS_PREFIX = '/2025-12-01/durable-execution-callbacks/';

/**
 * https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
 * The clients of today say that a result may have 1 MB. This page says 256 KB. The lower limit finds what only one of them takes.
 */
const MAX_RESULT_BYTES = 262_144;
const MAX_ID_CHARACTERS = 1_024;
const ID = /^[A-Za-z0-9+/]+={0,2}$/;
/** Largest payload of a request to Lambda. */
const MAX_REQUEST_BYTES = 6_291_456;

const ACTIONS = {
  succeed: 'SendDurableExecutionCallbackSuccess',
  fail: 'SendDurableExecutionCallbackFailure',
  heartbeat: 'SendDurableExecutionCallbackHeartbeat',
} as const;
type Action = keyof typeof ACTIONS;

/** An error of Lambda, as its REST protocol has it. */
interface LambdaError {
  readonly status: number;
  readonly type: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Stand-in for the part of AWS Lambda that takes the outcome of a durable function's callback. There are no callbacks: any
 * id is good, see `Resumes`.
 */
export const serveDurableCallbacks =
  (resumes: Resumes): RequestListener =>
  async (request, response) => {
    const answer = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers });
      response.end(JSON.stringify(body));
    };
    const refuse = ({ body, headers, status, type }: LambdaError) =>
      answer(status, body, { 'x-amzn-errortype': type, ...headers });

    const { action, callbackId } = readPath(request);
    if (action === undefined || callbackId === undefined) {
      refuse(userError(404, 'UnknownOperationException', 'There is no such operation here.'));
      return;
    }
    const body = await readBody(request);
    if (body === undefined) {
      refuse(userError(413, 'RequestTooLargeException', 'The payload is too large.'));
      return;
    }
    const failure = action === 'fail' ? readFailure(body) : undefined;
    const error = refusalOf(callbackId, action, body, failure) ?? ERRORS[resumes.troubleOf(callbackId) ?? 'none'];
    const sent: ResumeRequest = {
      service: 'lambda',
      action: ACTIONS[action],
      callbackId,
      ...(action === 'succeed' && { result: body }),
      ...(isRecord(failure) && { error: failure }),
    };
    resumes.record(sent, error?.type ?? 200, request);
    if (error === undefined) answer(200, {});
    else refuse(error);
  };

/** The id is one segment of the path: a client encodes its `/`. */
const readPath = ({ method, url = '' }: IncomingMessage) => {
  const [, encoded = '', action = ''] = /^([^/]+)\/([a-z]+)$/.exec(url.slice(DURABLE_CALLBACKS_PREFIX.length)) ?? [
    '',
    '',
  ];
  if (method !== 'POST' || !Object.hasOwn(ACTIONS, action)) return {};
  try {
    return { action: action as Action, callbackId: decodeURIComponent(encoded) };
  } catch {
    return {};
  }
};

/** `undefined` if it is too large. */
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  return size > MAX_REQUEST_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
};

const MEMBERS = ['ErrorType', 'ErrorMessage', 'ErrorData', 'StackTrace'];

/** The error that a failure has, `undefined` if it has none, or `malformed`. */
const readFailure = (body: string): Readonly<Record<string, unknown>> | undefined | 'malformed' => {
  if (body === '') return undefined;
  try {
    const value: unknown = JSON.parse(body);
    if (!isRecord(value)) return 'malformed';
    return Object.fromEntries(MEMBERS.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]));
  } catch {
    return 'malformed';
  }
};

const refusalOf = (
  callbackId: string,
  action: Action,
  body: string,
  failure: ReturnType<typeof readFailure>,
): LambdaError | undefined => {
  if (callbackId.length > MAX_ID_CHARACTERS || !ID.test(callbackId))
    return invalidParameter('The callback id is wrong.');
  if (failure === 'malformed')
    return userError(400, 'InvalidRequestContentException', 'The error is not a JSON object.');
  if (isRecord(failure)) {
    const { StackTrace: trace = [], ...texts } = failure;
    const isText = (value: unknown) => typeof value === 'string';
    if (!Object.values(texts).every(isText) || !(Array.isArray(trace) && trace.every(isText))) {
      return userError(400, 'InvalidRequestContentException', 'A member of the error has a wrong type.');
    }
  }
  if (action !== 'heartbeat' && Buffer.byteLength(body) > MAX_RESULT_BYTES) {
    return invalidParameter(`The payload has more than ${MAX_RESULT_BYTES} bytes.`);
  }
  return undefined;
};

const userError = (status: number, type: string, message: string): LambdaError => ({
  status,
  type,
  body: { Type: 'User', Message: message },
});

const invalidParameter = (message: string): LambdaError => ({
  status: 400,
  type: 'InvalidParameterValueException',
  body: { Type: 'User', message },
});

const ERRORS: Readonly<Partial<Record<Trouble | 'none', LambdaError>>> = {
  throttled: {
    status: 429,
    type: 'TooManyRequestsException',
    body: { Type: 'User', message: 'Rate Exceeded.', Reason: 'CallerRateLimitExceeded' },
  },
  fault: { status: 500, type: 'ServiceException', body: { Type: 'Service', Message: 'The id asks for this fault.' } },
  'timed out': userError(400, 'CallbackTimeoutException', 'The callback has timed out or has been closed.'),
  unknown: userError(404, 'ResourceNotFoundException', 'The callback does not exist.'),
  invalid: invalidParameter('The callback id is not valid.'),
};
