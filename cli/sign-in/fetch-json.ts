import { readJsonObject } from '../../sdk/shared/http-answers.ts';
import { send } from '../../sdk/shared/request.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';

export interface JsonAnswer {
  readonly status: number;
  /** Undefined if the body is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** `Date` of the answer in milliseconds since 1970. */
  readonly date: number | undefined;
}

/**
 * Makes one request and reads its answer. Redirects are answers like others: a credential goes to no other place.
 * @param request the request in words, for the error
 * @throws {CommandError} `unavailable` without an answer
 */
export const fetchJson = async (
  { fetch, signal }: Pick<Context, 'fetch' | 'signal'>,
  request: string,
  url: string,
  init: RequestInit = {},
): Promise<JsonAnswer> => {
  const outcome = await send(
    { fetch },
    {
      request,
      url,
      init: { ...init, headers: { accept: 'application/json', ...(init.headers as Record<string, string>) } },
      signal,
      read: async (response) => {
        const date = Date.parse(response.headers.get('date') ?? '');
        return {
          value: {
            status: response.status,
            json: await readJsonObject(response),
            date: Number.isNaN(date) ? undefined : date,
          },
        };
      },
    },
  );
  if ('failure' in outcome) throw new CommandError('unavailable', outcome.failure.message);
  return outcome.value;
};
