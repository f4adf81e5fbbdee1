import {
  AWS_CALLS,
  AWS_RETRIES,
  type CallLimits,
  CLOCK_SKEW_MILLISECONDS,
  DYNAMODB_CALLS,
} from '../../contract/call-limits.ts';
import { wait } from '../clock.ts';
import { credentialsOf } from './credentials.ts';
import { endpointOf, regionOf } from './endpoint.ts';
import { createExchange, type ServiceResponse } from './exchange.ts';
import { createRetry, type RetryOptions } from './retries.ts';
import { readServiceError } from './service-error.ts';
import { createSigner } from './signature.ts';

/** A service with one of the AWS JSON protocols. */
export interface JsonService {
  readonly name: keyof typeof AWS_RETRIES.baseMilliseconds;
  /** Prefix of the operation in `X-Amz-Target`. */
  readonly target: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  parse(text: string): unknown;
  /** Called for each attempt. */
  onAttempt?(): void;
}

/**
 * Calls an operation.
 * @param body the input, as JSON
 * @returns the parsed output
 * @throws {ServiceError} the service's last error, after all attempts
 * @throws {Error} of the connection, after all attempts
 */
export type JsonCall = (operation: string, body: string) => Promise<unknown>;

export interface JsonClientOptions extends Partial<Pick<RetryOptions, 'random' | 'wait'>> {
  /** Environment variables with Region, credentials and endpoints, under the names of Lambda and the AWS SDKs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default `DYNAMODB_CALLS` or `AWS_CALLS`, by service */
  readonly limits?: CallLimits;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/**
 * Creates a client for the few calls of every callback, without the size of the SDK. It signs, limits times and retries as
 * the SDK does, on kept connections.
 * @throws {Error} if the Region or its endpoint is not known
 */
export const createJsonClient = (service: JsonService, options: JsonClientOptions): JsonCall => {
  const defaults = service.name === 'dynamodb' ? DYNAMODB_CALLS : AWS_CALLS;
  const { environment, limits = defaults, now = Date.now, random = Math.random } = options;
  const region = regionOf(environment);
  const endpoint = endpointOf(service.name, region, environment);
  const credentials = credentialsOf(environment);
  const signer = createSigner(region, service.name);
  const exchange = createExchange(endpoint, limits);
  const baseMilliseconds = AWS_RETRIES.baseMilliseconds[service.name];
  const retry = createRetry({ attempts: limits.attempts, baseMilliseconds, random, wait: options.wait ?? wait });
  /** Offset of the service's clock from ours, in milliseconds. */
  let clockOffset = 0;

  /** Detects clock skew by the response's `Date`. If the signing time was out of range, stores the offset and returns true. */
  const correctClock = ({ age, date }: ServiceResponse['headers'], signingOffset: number): boolean => {
    // A response with `Age` comes from a cache, so its `Date` is old.
    const offset = age === undefined ? Date.parse(date ?? '') - now() : Number.NaN;
    if (!(Math.abs(offset - signingOffset) >= CLOCK_SKEW_MILLISECONDS)) return false;
    clockOffset = offset;
    return true;
  };

  return (operation, body) => {
    const headers = {
      'content-type': service.contentType,
      'x-amz-target': `${service.target}.${operation}`,
    };
    return retry(async () => {
      service.onAttempt?.();
      const signingOffset = clockOffset;
      const signed = signer.sign({ host: endpoint.host, headers, body }, credentials(), now() + signingOffset);
      signed['content-length'] = `${Buffer.byteLength(body)}`;
      const response = await exchange(signed, body);
      const clockCorrected = correctClock(response.headers, signingOffset);
      if (response.status !== 200) throw readServiceError(response, service.parse, clockCorrected);
      return service.parse(response.text);
    });
  };
};
