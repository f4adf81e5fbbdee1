import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { discoverProvider, discoveryUrl } from '../sign-in/discovery.ts';
import { fetchJson } from '../sign-in/fetch-json.ts';
import { checkClock } from './check-clock.ts';
import { checkKeys } from './check-keys.ts';
import type { Problem } from './problem.ts';

/** Checks the discovery document of an issuer, the keys that it names, and the clock. */
export const checkProvider = async (
  context: Pick<Context, 'fetch' | 'now' | 'signal'>,
  issuer: string,
): Promise<readonly Problem[]> => {
  try {
    const { jwksUri } = await discoverProvider(context, issuer);
    if (jwksUri === undefined) {
      const message = `The discovery document ${discoveryUrl(issuer)} has no jwks_uri.`;
      return [{ check: 'discovery', message, remedy: 'Check the issuer in the profile.' }];
    }
    const before = context.now();
    const jwks = await fetchJson(context, 'The key set of the issuer', jwksUri);
    return [...checkClock('issuer', jwks.date, before, context.now()), ...checkKeys('issuer', jwksUri, jwks)];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ check: 'discovery', message: error.message, remedy: error.remedy ?? 'Check the issuer in the profile.' }];
  }
};
