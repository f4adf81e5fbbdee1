import {
  AWS_CALLS,
  AWS_RETRIES,
  type CallLimits,
  CLOCK_SKEW_MILLISECONDS,
  DYNAMODB_CALLS,
} from '../../contract/limits.ts';
import { wait } from '../clock.ts';
import { credentialsOf } from './credentials.ts';
import { endpointOf, regionOf } from './endpoint.ts';
import { createExchange, type ServiceAnswer } from './exchange.ts';
import { createRetry, type RetryOptions } from './retries.ts';
import { readServiceError } from './service-error.ts';
import { createSigner } from './signature.ts';

/** A service that speaks one of the AWS JSON protocols. */
export interface JsonService {
  readonly name: keyof typeof AWS_RETRIES.baseMilliseconds;
  /** Before the operation in `X-Amz-Target`. */
  readonly target: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  parse(text: string): unknown;
}

/**
 * Makes one call: the text of its input goes, its output comes.
 * @throws {ServiceError} what the service answered instead, once no further attempt is due
 * @throws {Error} of the connection, likewise
 */
export type JsonCall = (operation: string, body: string) => Promise<unknown>;

export interface JsonClientOptions extends Partial<Pick<RetryOptions, 'random' | 'wait'>> {
  /** Region, credentials and endpoints, as Lambda and the AWS SDKs name them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default those of the service: `DYNAMODB_CALLS` or `AWS_CALLS` */
  readonly limits?: CallLimits;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/**
 * The few calls that every callback makes, without the weight of the SDK: signed, with its time limits and its retries, on
 * connections that are kept.
 * @throws {Error} where the Region or the endpoint cannot be known
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
  /** Of the service's clock before ours, in milliseconds. */
  let ahead = 0;

  /** Whether a request was signed with a time that is none to the service; from then on its time is ours. */
  const correctClock = ({ age, date }: ServiceAnswer['headers'], signedAhead: number): boolean => {
    // What a cache answers is as old as it says.
    const aheadByAnswer = age === undefined ? Date.parse(date ?? '') - now() : Number.NaN;
    if (!(Math.abs(aheadByAnswer - signedAhead) >= CLOCK_SKEW_MILLISECONDS)) return false;
    ahead = aheadByAnswer;
    return true;
  };

  return (operation, body) => {
    const headers = {
      'content-type': service.contentType,
      'x-amz-target': `${service.target}.${operation}`,
    };
    return retry(async () => {
      const signedAhead = ahead;
      const signed = signer.sign({ host: endpoint.host, headers, body }, credentials(), now() + signedAhead);
      signed['content-length'] = `${Buffer.byteLength(body)}`;
      const answer = await exchange(signed, body);
      const clockCorrected = correctClock(answer.headers, signedAhead);
      if (answer.status !== 200) throw readServiceError(answer, service.parse, clockCorrected);
      return service.parse(answer.text);
    });
  };
};
