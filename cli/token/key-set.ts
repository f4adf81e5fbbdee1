import type { JsonWebKey } from 'node:crypto';
import { ROUTES } from '../../lambda/contract/routes.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';

const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Reads the public keys of a gateway.
 * @throws {CommandError} `unavailable` if there is no answer, `failed` if the answer is no key set
 */
export const readKeySet = async (
  { fetch, signal }: Pick<Context, 'fetch' | 'signal'>,
  origin: string,
): Promise<readonly JsonWebKey[]> => {
  const url = `${origin}${ROUTES.jwks.path}`;
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    const cause = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error);
    throw new CommandError('unavailable', `${url} did not answer: ${cause}`, 'Name the gateway with --origin.');
  });
  const set = response.ok ? ((await response.json().catch(() => undefined)) as { readonly keys?: unknown }) : undefined;
  if (Array.isArray(set?.keys)) return set.keys as readonly JsonWebKey[];
  throw new CommandError(
    response.status >= 500 ? 'unavailable' : 'failed',
    `${url} answered ${response.status} without a key set.`,
    'Name the gateway with --origin, for example --origin https://callbacks.example.com.',
  );
};
