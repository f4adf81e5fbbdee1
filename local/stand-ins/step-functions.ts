import {
  type Input,
  type JsonService,
  type Operation,
  optionalText,
  requiredText,
  ServiceError,
  violation,
} from './aws-json.ts';
import type { ResumeRequest, Resumes, Trouble } from './resumes.ts';

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html and …_SendTaskFailure.html */
const MAX_TOKEN_CHARACTERS = 2_048;
const MAX_OUTPUT_BYTES = 262_144;
const MAX_ERROR_CHARACTERS = 256;
const MAX_CAUSE_CHARACTERS = 32_768;

/** Checks an operation's own members. @throws {ServiceError} if the service refuses them */
type Check = (input: Input, trouble: Trouble | undefined) => void;

/**
 * Stand-in for AWS Step Functions: what a worker tells about its task. There are no tasks: any token is good, see `Resumes`.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export const createStepFunctions = (resumes: Resumes): JsonService => {
  const operation =
    (action: string, check: Check): Operation =>
    (input, request) => {
      const record = (outcome: 200 | string) => resumes.record(requestOf(action, input), outcome, request);
      try {
        answer(resumes, input, check);
      } catch (error) {
        if (error instanceof ServiceError) record(error.name.replace(/^.*#/, ''));
        throw error;
      }
      record(200);
      return {};
    };
  return {
    targetPrefix: 'AWSStepFunctions',
    version: '1.0',
    operations: {
      SendTaskSuccess: operation('SendTaskSuccess', checkOutput),
      SendTaskFailure: operation('SendTaskFailure', checkFailure),
      SendTaskHeartbeat: operation('SendTaskHeartbeat', () => undefined),
    },
  };
};

const answer = (resumes: Resumes, input: Input, check: Check): void => {
  const token = requiredText(input, 'taskToken', MAX_TOKEN_CHARACTERS);
  const trouble = resumes.troubleOf(token);
  check(input, trouble);
  const error = trouble === undefined ? undefined : ERRORS[trouble];
  if (error !== undefined) throw error;
};

const checkOutput: Check = (input, trouble) => {
  const output = optionalText(input, 'output');
  if (output === undefined) throw violation(undefined, 'output', 'not be null');
  if (Buffer.byteLength(output) > MAX_OUTPUT_BYTES) throw tooLong(output, 'output', MAX_OUTPUT_BYTES);
  const parsed = parse(output);
  if (trouble === 'output refused' || (trouble === 'result refused' && Object.hasOwn(Object(parsed), 'result'))) {
    throw INVALID_OUTPUT;
  }
};

const checkFailure: Check = (input) => {
  const { cause, error } = { cause: optionalText(input, 'cause'), error: optionalText(input, 'error') };
  if (error !== undefined && error.length > MAX_ERROR_CHARACTERS) throw tooLong(error, 'error', MAX_ERROR_CHARACTERS);
  if (cause !== undefined && cause.length > MAX_CAUSE_CHARACTERS) throw tooLong(cause, 'cause', MAX_CAUSE_CHARACTERS);
};

const tooLong = (value: string, member: string, max: number): ServiceError =>
  violation(value, member, `have length less than or equal to ${max}`);

const parse = (output: string): unknown => {
  try {
    return JSON.parse(output);
  } catch {
    throw INVALID_OUTPUT;
  }
};

const refuse = (name: string, message: string): ServiceError => new ServiceError(`com.amazonaws.sfn#${name}`, message);

const INVALID_OUTPUT = refuse('InvalidOutput', 'The provided JSON output data is not valid.');

/** https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html has the first two. */
const ERRORS: Readonly<Partial<Record<Trouble, ServiceError>>> = {
  throttled: new ServiceError('ThrottlingException', 'Rate exceeded'),
  fault: new ServiceError('InternalFailure', 'The token asks for this fault.', 500),
  'timed out': refuse('TaskTimedOut', 'Task Timed Out: the task has timed out or has been closed.'),
  unknown: refuse('TaskDoesNotExist', 'The task does not exist.'),
  invalid: refuse('InvalidToken', 'The provided token is not valid.'),
};

/** The request as it was sent: texts only, because another value was refused. */
const requestOf = (action: string, input: Input): ResumeRequest => {
  const text = (member: string): string | undefined => {
    const value = input[member];
    return typeof value === 'string' ? value : undefined;
  };
  const [output, error, cause] = ['output', 'error', 'cause'].map(text);
  return {
    service: 'states',
    action,
    taskToken: text('taskToken') ?? '',
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  };
};
