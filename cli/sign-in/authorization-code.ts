import { createHash, randomBytes } from 'node:crypto';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../io.ts';
import type { Provider } from './discovery.ts';
import { listenForCode } from './loopback.ts';
import { openBrowser } from './open-browser.ts';
import { audienceForm } from './renew-token.ts';
import { type IssuedTokens, requestTokens } from './token-endpoint.ts';

/** What a person signs in for. */
export interface PersonRequest {
  readonly clientId: string;
  readonly scope: string;
  readonly audience: string | undefined;
  /** Port that the browser comes back to. Undefined: a free one. */
  readonly callbackPort?: number | undefined;
}

type Surroundings = Pick<Context, 'env' | 'fetch' | 'io' | 'now' | 'settings' | 'signal'>;

/**
 * A person signs in with a browser on this machine: the authorization code flow of a native app (RFC 8252) with PKCE (RFC 7636).
 * It asks for no ID token, so it needs no nonce: the code is bound to this process by PKCE, and the answer by `state`.
 * @throws {CommandError} `signIn`, if the person or the provider refuses; `unavailable`, if nobody comes in time
 */
export const signInWithBrowser = async (
  context: Surroundings,
  provider: Provider & { readonly authorizationEndpoint: string },
  { audience, callbackPort, clientId, scope }: PersonRequest,
): Promise<IssuedTokens> => {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(32).toString('hex');
  await using listener = await listenForCode(state, { port: callbackPort });
  const { redirectUri } = listener;
  const url = new URL(provider.authorizationEndpoint);
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    // A refresh token needs consent (OpenID Connect Core 1.0 §11).
    ...(scope.split(' ').includes('offline_access') && { prompt: 'consent' }),
    ...audienceForm(audience),
  })) {
    url.searchParams.set(name, value);
  }
  context.io.note('Sign in on this page:');
  context.io.showAddress(url.href);
  if (context.settings.mayAsk) openBrowser(url.href, context.env);
  const answer = await listener.answer(context.signal);
  checkIssuer(answer, provider);
  const code = answer.get('code');
  if (code === null) {
    const [error, description] = ['error', 'error_description'].map((name) =>
      oneLine(answer.get(name) ?? '').slice(0, 300),
    );
    throw new CommandError(
      'signIn',
      `Nobody signed in. The provider says ${error}${description && `: ${description}`}.`,
    );
  }
  const outcome = await requestTokens(
    context,
    provider,
    { clientId },
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    },
    scope.split(' '),
  );
  if ('tokens' in outcome) return outcome.tokens;
  throw new CommandError('signIn', `The provider gave no token. ${outcome.refusal.message}`);
};

/** Refuses an answer of another provider (RFC 9207 §2.4): its code would be sent to the wrong one. */
const checkIssuer = (answer: URLSearchParams, { issuer, namesItself }: Provider): void => {
  const named = answer.get('iss');
  if (named === issuer || (named === null && !namesItself)) return;
  throw new CommandError(
    'signIn',
    `The answer in the browser is from ${named === null ? 'an unknown issuer' : oneLine(named)}; expected ${issuer}.`,
    'Sign in again, and open only the page that is shown here.',
  );
};
