import type { AttributeValue, CancellationReason } from '@aws-sdk/client-dynamodb';
import type { ServiceResponse } from './exchange.ts';

export interface ServiceErrorOptions {
  readonly status: number;
  /** Reasons of a cancelled transaction, by position of the items, as in the SDK's exception. */
  readonly CancellationReasons?: readonly CancellationReason[] | undefined;
  /** The stored item, if a condition failed and the input asks for it, as in the SDK's exception. */
  readonly Item?: Readonly<Record<string, AttributeValue>> | undefined;
  /** Wait that the service requests before the next attempt. */
  readonly retryAfterMilliseconds?: number | undefined;
  /** True if the signing time was wrong and the client has corrected its clock offset. */
  readonly clockCorrected: boolean;
}

/** An error response of a service. `name` is its error code, as in the SDK's exceptions: `ConditionalCheckFailedException`. */
export class ServiceError extends Error {
  readonly status: number;
  readonly CancellationReasons: readonly CancellationReason[] | undefined;
  readonly Item: Readonly<Record<string, AttributeValue>> | undefined;
  readonly retryAfterMilliseconds: number | undefined;
  readonly clockCorrected: boolean;

  constructor(name: string, message: string, options: ServiceErrorOptions) {
    super(message);
    this.name = name;
    this.status = options.status;
    this.CancellationReasons = options.CancellationReasons;
    this.Item = options.Item;
    this.retryAfterMilliseconds = options.retryAfterMilliseconds;
    this.clockCorrected = options.clockCorrected;
  }
}

/**
 * Reads an error response of the JSON protocols. A response that is not JSON, for example of a proxy, becomes
 * `UnknownError`; only its status decides if the call is tried again.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
 */
export const readServiceError = (
  { headers, status, text }: ServiceResponse,
  parse: (text: string) => unknown,
  clockCorrected: boolean,
): ServiceError => {
  const body = readObject(text, parse);
  const code = body.__type ?? body.code ?? headers['x-amzn-errortype'];
  const name = typeof code === 'string' ? (/^(?:.*#)?([^:#]+)/.exec(code)?.[1] ?? code) : 'UnknownError';
  const message = body.message ?? body.Message;
  return new ServiceError(name, typeof message === 'string' ? message : `The service answered ${status}.`, {
    status,
    CancellationReasons: Array.isArray(body.CancellationReasons) ? body.CancellationReasons : undefined,
    Item: isObject(body.Item) ? body.Item : undefined,
    retryAfterMilliseconds: readHint(headers),
    clockCorrected: clockCorrected && CLOCK_NAMES.has(name),
  });
};

/** Error codes for a signature whose timestamp is out of range. */
const CLOCK_NAMES: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

const readObject = (text: string, parse: (text: string) => unknown): Readonly<Record<string, unknown>> => {
  try {
    const value = parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, never>> =>
  typeof value === 'object' && value !== null;

/** `x-amz-retry-after` in milliseconds, `Retry-After` in seconds. */
const readHint = (headers: ServiceResponse['headers']): number | undefined => {
  const own = Number(headers['x-amz-retry-after'] ?? Number.NaN);
  const common = Number(headers['retry-after'] ?? Number.NaN) * 1000;
  return [own, common].find(Number.isFinite);
};
