import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import type { Fault, ProxiedRequest } from './fault-proxy.ts';
import type { Service } from './proxied-request.ts';

type Refusal = Extract<Fault, { readonly kind: 'conflict' | 'cancelled' | 'throttled' | 'error' }>;
type Refuse = (response: ServerResponse, service: Service, proxied: ProxiedRequest, fault: Refusal) => void;

/** Answers with a fault, in the form that the service has for it. */
export const refuse: Refuse = (response, service, proxied, fault) => {
  if (service === 'S3') refuseInXml(response, service, proxied, fault);
  else if (service === 'Lambda') refuseInRest(response, service, proxied, fault);
  else refuseInJson(response, service, proxied, fault);
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const refuseInXml: Refuse = (response, _, { operation }, fault) => {
  const [status, code] =
    fault.kind === 'conflict'
      ? [409, 'ConditionalRequestConflict']
      : fault.kind === 'error' && fault.status === 500
        ? [500, 'InternalError']
        : [503, fault.kind === 'throttled' ? 'SlowDown' : 'ServiceUnavailable'];
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>Please try again.</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(operation === 'HeadObject' ? '' : text);
};

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
const refuseInRest: Refuse = (response, _, __, fault) => {
  const [status, type, body] =
    fault.kind === 'throttled'
      ? [
          429,
          'TooManyRequestsException',
          { Type: 'User', message: 'Rate Exceeded.', Reason: 'CallerRateLimitExceeded' },
        ]
      : [fault.kind === 'error' ? fault.status : 500, 'ServiceException', { Type: 'Service', Message: 'Try again.' }];
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify(body));
};

interface JsonForm {
  readonly version: '1.0' | '1.1';
  /** Namespace of the service's own errors. */
  readonly model: string;
  readonly throttled: { readonly status: number; readonly type: string };
  readonly error: string;
}

const JSON_FORMS: Readonly<Record<Exclude<Service, 'Lambda' | 'S3'>, JsonForm>> = {
  DynamoDB: {
    version: '1.0',
    model: 'com.amazonaws.dynamodb.v20120810#',
    throttled: { status: 400, type: 'ProvisionedThroughputExceededException' },
    error: 'InternalServerError',
  },
  KMS: {
    version: '1.1',
    model: '',
    throttled: { status: 400, type: 'ThrottlingException' },
    error: 'KMSInternalException',
  },
  SQS: {
    version: '1.0',
    model: 'com.amazonaws.sqs#',
    throttled: { status: 403, type: 'RequestThrottled' },
    error: 'InternalFailure',
  },
  StepFunctions: {
    version: '1.0',
    model: '',
    throttled: { status: 400, type: 'ThrottlingException' },
    error: 'InternalFailure',
  },
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const refuseInJson: Refuse = (response, service, proxied, fault) => {
  const form = JSON_FORMS[service as keyof typeof JSON_FORMS];
  const { status, type, ...members } = describeRefusal(form, proxied, fault);
  const isShared = type === 'ThrottlingException' && form.model !== '';
  const text = JSON.stringify({
    __type: isShared ? `com.amazon.coral.availability#${type}` : `${form.model}${type}`,
    ...members,
  });
  response.writeHead(status, {
    'content-type': `application/x-amz-json-${form.version}`,
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
    'x-amz-crc32': String(crc32(text)),
  });
  response.end(text);
};

const describeRefusal = (form: JsonForm, { operation, input }: ProxiedRequest, fault: Refusal) => {
  switch (fault.kind) {
    case 'error':
      return { status: fault.status, type: form.error, message: 'Internal server error' };
    case 'throttled': {
      const { status, type } = { ...form.throttled, ...(fault.as && { type: fault.as }) };
      return { status, type, message: 'The level of configured provisioned throughput was exceeded.' };
    }
    case 'conflict': {
      const { TransactItems: items } = input;
      if (!operation.startsWith('Transact') || !Array.isArray(items)) {
        return {
          status: 400,
          type: 'TransactionConflictException',
          message: 'Transaction is ongoing for the item',
        };
      }
      return cancellation(items.map(() => 'TransactionConflict'));
    }
    case 'cancelled':
      return cancellation(fault.codes);
  }
};

const REASONS: Readonly<Record<string, string>> = {
  TransactionConflict: 'Transaction is ongoing for the item',
  ConditionalCheckFailed: 'The conditional request failed',
  ProvisionedThroughputExceeded: 'The level of configured provisioned throughput for the table was exceeded.',
  ThrottlingError: 'Throughput exceeds the current capacity of your table or index.',
};

const cancellation = (codes: readonly string[]) => ({
  status: 400,
  type: 'TransactionCanceledException',
  Message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
  CancellationReasons: codes.map((Code) => ({ Code, ...(REASONS[Code] && { Message: REASONS[Code] }) })),
});
