import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CallErrorKind, kindOfCallError } from '../../../../lambda/functions/resume/call-errors.ts';

/** An error as the SDK throws it for a response. */
const answered = (name: string, status: number): Error =>
  Object.assign(new Error('The text of a service may repeat a token.'), {
    name,
    $metadata: { httpStatusCode: status, attempts: 1 },
  });

/** Errors of the models of both services, with the status of their response. */
const STEP_FUNCTIONS: Readonly<Record<string, CallErrorKind>> = {
  InvalidOutput: 'invalidOutput',
  InvalidToken: 'final',
  KmsAccessDeniedException: 'final',
  KmsInvalidStateException: 'final',
  KmsThrottlingException: 'notApplied',
  TaskDoesNotExist: 'final',
  TaskTimedOut: 'closed',
};
const LAMBDA: Readonly<Record<string, CallErrorKind>> = {
  CallbackTimeoutException: 'closed',
  InvalidParameterValueException: 'final',
  KMSAccessDeniedException: 'final',
  KMSDisabledException: 'final',
  KMSInvalidStateException: 'final',
  KMSNotFoundException: 'final',
  ResourceNotFoundException: 'final',
  ServiceException: 'unknown',
  TooManyRequestsException: 'notApplied',
};

/** Names of the errors that the description of a call in the SDK lists. */
const modelledErrors = (client: string, calls: readonly string[]): readonly string[] => {
  const main = createRequire(import.meta.url).resolve(client);
  const names = calls.flatMap((call) => {
    const file = join(dirname(main), '../dist-types/commands', `${call}Command.d.ts`);
    return [...readFileSync(file, 'utf8').matchAll(/@throws \{@link (\w+)\}/g)].map(([, name = '']) => name);
  });
  // The last one is the class of all errors of a service.
  return [...new Set(names)].filter((name) => !/^(SFN|Lambda)ServiceException$/.test(name)).sort();
};

describe('an error of a workflow’s service', () => {
  it.each([
    ['@aws-sdk/client-sfn', ['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat'], STEP_FUNCTIONS],
    [
      '@aws-sdk/client-lambda',
      [
        'SendDurableExecutionCallbackSuccess',
        'SendDurableExecutionCallbackFailure',
        'SendDurableExecutionCallbackHeartbeat',
      ],
      LAMBDA,
    ],
  ])('has a meaning if the model of %s has it', (client, calls, kinds) => {
    expect(modelledErrors(client, calls)).toEqual(Object.keys(kinds).sort());
  });

  it.each(Object.entries({ ...STEP_FUNCTIONS, ...LAMBDA }))('%s is %s, whatever its status', (name, kind) => {
    for (const status of [400, 404, 429, 500, 502]) expect(kindOfCallError(answered(name, status))).toBe(kind);
  });

  it.each([
    ['ValidationException', 400, 'final'],
    ['SerializationException', 400, 'final'],
    // Throttling. It is not applied.
    ['ThrottlingException', 400, 'notApplied'],
    ['RequestLimitExceeded', 400, 'notApplied'],
    ['UnknownError', 429, 'notApplied'],
    // An operator can repair these.
    ['AccessDeniedException', 400, 'notApplied'],
    ['AccessDeniedException', 403, 'notApplied'],
    ['UnrecognizedClientException', 400, 'notApplied'],
    ['ExpiredTokenException', 400, 'notApplied'],
    ['InvalidSignatureException', 403, 'notApplied'],
    // The service may have done it.
    ['InternalFailure', 500, 'unknown'],
    ['ServiceUnavailable', 503, 'unknown'],
    ['UnknownError', 504, 'unknown'],
    ['SyntaxError', 200, 'unknown'],
  ] as const)('%s with status %i is %s', (name, status, kind) => {
    expect(kindOfCallError(answered(name, status))).toBe(kind);
  });

  it.each([
    ['a timeout', Object.assign(new Error(''), { name: 'TimeoutError' })],
    ['a closed connection', Object.assign(new Error(''), { code: 'ECONNRESET' })],
    ['a refused connection', Object.assign(new Error(''), { code: 'ECONNREFUSED', $metadata: { attempts: 1 } })],
    ['a value that is no error', 'TaskTimedOut'],
  ])('that is %s is unknown', (_, error) => {
    expect(kindOfCallError(error)).toBe('unknown');
  });
});
