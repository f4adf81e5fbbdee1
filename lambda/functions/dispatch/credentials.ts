import type { DispatchAuthorization } from '../../contract/dispatch.ts';
import { DISPATCH_TOKEN_MARGIN_SECONDS, MAX_TOKEN_ANSWER_BYTES } from '../../contract/dispatch-limits.ts';
import type { Secrets } from '../../shared/aws/secrets-cache.ts';
import { secretNamesOf } from '../../shared/dispatch/secrets.ts';
import { type GuardOptions, guardedRequest } from '../../shared/egress/guarded-request.ts';
import type { Credentials } from './ports.ts';

export interface CredentialsOptions extends GuardOptions {
  readonly secrets: Secrets;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface CachedToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Lifetime of an access token whose answer names none, in seconds (RFC 6749 §5.1 leaves it to the documentation). */
const DEFAULT_LIFETIME = 300;

/** Secrets of Secrets Manager, and access tokens of token endpoints. Concurrent attempts share one request. */
export const createCredentials = (options: CredentialsOptions): Credentials => {
  const { now, secrets } = options;
  const tokens = new Map<string, CachedToken>();
  const pending = new Map<string, Promise<CachedToken>>();

  const requestToken = async (
    auth: DispatchAuthorization,
    clientSecret: string,
    timeoutMilliseconds: number,
  ): Promise<CachedToken> => {
    const askedAt = now();
    const answer = await guardedRequest(
      {
        url: new URL(auth.tokenEndpoint),
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${basicCredentials(auth.clientId, clientSecret)}`,
        },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          ...(auth.scope !== undefined && { scope: auth.scope }),
        }).toString(),
        timeoutMilliseconds,
        maxAnswerBytes: MAX_TOKEN_ANSWER_BYTES,
      },
      options,
    );
    if (!answer.isAnswered) throw new TokenEndpointError(answer.code);
    if (answer.status !== 200) throw new TokenEndpointError(`Status${answer.status}`);
    const { expiresIn, token } = readTokenAnswer(answer.body);
    return { token, until: askedAt + (expiresIn - DISPATCH_TOKEN_MARGIN_SECONDS) * 1000 };
  };

  const findToken = async (
    auth: DispatchAuthorization,
    clientSecret: string,
    timeoutMilliseconds: number,
  ): Promise<string> => {
    const key = keyOf(auth);
    const cached = tokens.get(key);
    if (cached !== undefined && cached.until > now()) return cached.token;
    const current =
      pending.get(key) ?? requestToken(auth, clientSecret, timeoutMilliseconds).finally(() => pending.delete(key));
    pending.set(key, current);
    const fresh = await current;
    tokens.set(key, fresh);
    return fresh.token;
  };

  return {
    resolve: async (settings, timeoutMilliseconds) => {
      const names = secretNamesOf(settings);
      const texts = await Promise.all(names.map((name) => secrets.find(name)));
      const found = new Map(names.map((name, i) => [name, texts[i] ?? '']));
      const { auth } = settings;
      if (auth === undefined) return { secrets: found };
      const clientSecret = (found.get(auth.secretName) ?? '').trim();
      return { secrets: found, accessToken: await findToken(auth, clientSecret, timeoutMilliseconds) };
    },
    drop: (settings) => {
      for (const name of secretNamesOf(settings)) secrets.drop(name);
      if (settings.auth !== undefined) tokens.delete(keyOf(settings.auth));
    },
  };
};

const keyOf = ({ clientId, scope = '', tokenEndpoint }: DispatchAuthorization): string =>
  JSON.stringify([tokenEndpoint, clientId, scope]);

/** RFC 6749 §2.3.1: both parts are encoded as in a form before they are joined. */
const basicCredentials = (clientId: string, clientSecret: string): string => {
  const encode = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length);
  return Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64');
};

/** The log has the name only: a code, or the status of the answer. */
class TokenEndpointError extends Error {
  constructor(code: string) {
    super('The token endpoint gave no access token.');
    this.name = `TokenEndpoint${code}`;
  }
}

/** RFC 6750 §2.1. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

const readTokenAnswer = (body: string | undefined): { readonly token: string; readonly expiresIn: number } => {
  const { access_token: token, expires_in: given, token_type: type } = parse(body);
  if (typeof token !== 'string' || !TOKEN.test(token)) throw new TokenEndpointError('NoToken');
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') throw new TokenEndpointError('TokenType');
  return { token, expiresIn: typeof given === 'number' && given > 0 ? given : DEFAULT_LIFETIME };
};

const parse = (body: string | undefined): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(body ?? '');
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
};
