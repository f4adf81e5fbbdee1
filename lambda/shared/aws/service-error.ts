import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import type { ServiceAnswer } from './exchange.ts';

export interface ServiceErrorOptions {
  readonly status: number;
  /** Of a cancelled transaction, by position, as the SDK's own exception has them. */
  readonly CancellationReasons?: readonly CancellationReason[] | undefined;
  /** What the service asks for before the next attempt. */
  readonly retryAfterMilliseconds?: number | undefined;
  /** Our clock was wrong, and is no longer. */
  readonly clockCorrected: boolean;
}

/** A service's refusal. `name` is its code, like that of the SDK's exceptions: `ConditionalCheckFailedException`. */
export class ServiceError extends Error {
  readonly status: number;
  readonly CancellationReasons: readonly CancellationReason[] | undefined;
  readonly retryAfterMilliseconds: number | undefined;
  readonly clockCorrected: boolean;

  constructor(name: string, message: string, options: ServiceErrorOptions) {
    super(message);
    this.name = name;
    this.status = options.status;
    this.CancellationReasons = options.CancellationReasons;
    this.retryAfterMilliseconds = options.retryAfterMilliseconds;
    this.clockCorrected = options.clockCorrected;
  }
}

/**
 * What an answer of the JSON protocols says went wrong. One that is no JSON (of a proxy between) has no code: it is
 * `UnknownError`, and its status alone says whether it may pass.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
 */
export const readServiceError = (
  { headers, status, text }: ServiceAnswer,
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
    retryAfterMilliseconds: readHint(headers),
    clockCorrected: clockCorrected && CLOCK_NAMES.has(name),
  });
};

/** What a service says of a signature whose time is none to it. */
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
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
};

/** `x-amz-retry-after` in milliseconds, `Retry-After` in seconds. */
const readHint = (headers: ServiceAnswer['headers']): number | undefined => {
  const own = Number(headers['x-amz-retry-after'] ?? Number.NaN);
  const common = Number(headers['retry-after'] ?? Number.NaN) * 1000;
  return [own, common].find(Number.isFinite);
};
