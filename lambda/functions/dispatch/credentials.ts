import type { DispatchAuthorization } from '../../contract/dispatch.ts';
import { DISPATCH_TOKEN_SECONDS, MAX_TOKEN_ANSWER_BYTES } from '../../contract/dispatch-limits.ts';
import type { Secrets } from '../../shared/aws/secrets-cache.ts';
import { secretNamesOf } from '../../shared/dispatch/secrets.ts';
import { type GuardOptions, guardedRequest } from '../../shared/egress/guarded-request.ts';
import type { Credentials } from './ports.ts';

export interface CredentialsOptions extends GuardOptions {
  readonly secrets: Secrets;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The last answer of a token endpoint: a token, or the code of a failure. */
interface LastAnswer {
  /** A failure is kept for a short time too, so that many waiting tasks do not ask a token endpoint that is down all the time. */
  readonly result: { readonly token: string } | { readonly code: string };
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Secrets of Secrets Manager, and access tokens of token endpoints. Concurrent attempts share one request. */
export const createCredentials = (options: CredentialsOptions): Credentials => {
  const { now, secrets } = options;
  const answers = new Map<string, LastAnswer>();
  const pending = new Map<string, Promise<LastAnswer>>();

  const requestToken = async (
    auth: DispatchAuthorization,
    clientSecret: string,
    timeoutMilliseconds: number,
  ): Promise<LastAnswer> => {
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
    const failed = (code: string): LastAnswer => ({
      result: { code },
      until: now() + DISPATCH_TOKEN_SECONDS.failure * 1000,
    });
    if (!answer.isAnswered) return failed(answer.code);
    const { body, status } = answer;
    // invalid_client (RFC 6749 §5.2): the client may have another secret now.
    if (status === 400 || status === 401) secrets.drop(auth.secretName);
    if (status !== 200) return failed(`Status${status}`);
    const answered = readTokenAnswer(body);
    if ('code' in answered) return failed(answered.code);
    const { lifetime, token } = answered;
    return { result: { token }, until: askedAt + (lifetime - marginOf(lifetime)) * 1000 };
  };

  const requestOnce = (key: string, ...request: Parameters<typeof requestToken>): Promise<LastAnswer> => {
    const found = pending.get(key);
    if (found !== undefined) return found;
    const begun = requestToken(...request)
      .then((answer) => {
        answers.set(key, answer);
        return answer;
      })
      .finally(() => pending.delete(key));
    pending.set(key, begun);
    return begun;
  };

  const findToken = async (...request: Parameters<typeof requestToken>): Promise<string> => {
    const key = keyOf(request[0]);
    const kept = answers.get(key);
    const isKept = kept !== undefined && now() < kept.until;
    const { result } = isKept ? kept : await requestOnce(key, ...request);
    if ('code' in result) throw new TokenEndpointError(result.code);
    return result.token;
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
      if (settings.auth !== undefined) answers.delete(keyOf(settings.auth));
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

/** Reads an answer of a token endpoint (RFC 6749 §5.1). @returns the lifetime in seconds */
const readTokenAnswer = (
  body: string | undefined,
): { readonly token: string; readonly lifetime: number } | { readonly code: string } => {
  const { access_token: token, expires_in: given, token_type: type } = parse(body);
  if (typeof token !== 'string' || !TOKEN.test(token)) return { code: 'NoToken' };
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') return { code: 'TokenType' };
  // A number by the RFC. Some servers send a text.
  const lifetime = typeof given === 'string' ? Number.parseInt(given, 10) : given;
  const isUsable = typeof lifetime === 'number' && lifetime > 0;
  return { token, lifetime: isUsable ? lifetime : DISPATCH_TOKEN_SECONDS.default };
};

/** A token that lives shorter than two margins is used for half of its lifetime. */
const marginOf = (lifetime: number): number => Math.min(DISPATCH_TOKEN_SECONDS.margin, lifetime / 2);

const parse = (body: string | undefined): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(body ?? '');
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
};
