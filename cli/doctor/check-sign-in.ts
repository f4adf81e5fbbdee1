import { ROUTES } from '../../lambda/contract/routes.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../io.ts';
import { API_SCOPES, type Api } from '../sign-in/api-scopes.ts';
import { fetchJson } from '../sign-in/fetch-json.ts';
import { openSession, type Session } from '../sign-in/session.ts';
import { readClaims, readHeader } from '../sign-in/token-endpoint.ts';
import type { StoredToken, TokenUse } from '../sign-in/token-store.ts';
import type { Problem } from './problem.ts';

/** A request of each API that reads, and changes nothing. */
const PROBES = {
  sender: `${ROUTES.listTasks.path}?limit=1`,
  operator: `${ROUTES.operatorListTasks.path}?limit=1`,
} as const satisfies Record<Api, string>;

interface Answer {
  readonly status: number;
  readonly code: unknown;
  readonly token: StoredToken;
}

/**
 * Checks that there is a sign-in, that its tokens can be renewed, and that the gateway accepts them for one of its APIs.
 * @param well false for a place that has a problem already: no token is sent to that gateway, and silence of that issuer is known
 */
export const checkSignIn = async (
  context: Context,
  well: { readonly gateway: boolean; readonly issuer: boolean },
): Promise<readonly Problem[]> => {
  try {
    const session = openSession(context);
    const uses = session.uses();
    const answers: Answer[] = [];
    for (const use of uses) {
      const token = await session.token(use);
      if (!well.gateway) continue;
      for (const api of use === 'any' ? apisOf(token) : [use]) {
        answers.push(await probeTwice(context, session, { use, api, token }));
      }
    }
    if (answers.length === 0 || answers.some(({ status }) => status === 200)) return [];
    // 401 says least about the token, so its claims are looked at.
    const worst = answers.find(({ status }) => status === 401) ?? answers[0];
    return worst === undefined ? [] : [explain(session, worst)];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.exit === 'unavailable' && !well.issuer) return [];
    return [{ check: 'sign-in', message: error.message, remedy: error.remedy ?? 'Try again, or sign in again.' }];
  }
};

/** APIs whose scopes the token has, or both if its scopes have other names at this provider. */
const apisOf = ({ scopes }: StoredToken): readonly Api[] => {
  const apis = (['sender', 'operator'] as const).filter((api) =>
    scopes.some((scope) => API_SCOPES[api].some((own) => own === scope)),
  );
  return apis.length > 0 ? apis : ['sender', 'operator'];
};

interface Probe {
  readonly use: TokenUse;
  readonly api: Api;
  readonly token: StoredToken;
}

/** An environment may accept each token once, so a refused one is replaced, as every command does. */
const probeTwice = async (context: Context, session: Session, { api, token, use }: Probe): Promise<Answer> => {
  const first = await probe(context, session, api, token);
  if (first.status !== 401) return first;
  try {
    const other = await session.token(use, { refused: token.accessToken });
    return await probe(context, session, api, other);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return first;
  }
};

const probe = async (context: Context, { origin }: Session, api: Api, token: StoredToken): Promise<Answer> => {
  const headers = { authorization: `Bearer ${token.accessToken}` };
  const { json, status } = await fetchJson(context, `GET ${PROBES[api]}`, `${origin}${PROBES[api]}`, { headers });
  return { status, code: json?.code, token };
};

const explain = (session: Session, { code, status, token }: Answer): Problem => {
  const { accessToken, scopes } = token;
  const { clientId, issuer, origin } = session;
  const claims = readClaims(accessToken);
  if (status === 401) {
    const audiences = [claims.aud].flat();
    if (claims.iss !== undefined && claims.iss !== issuer) {
      return scopeProblem(
        `The token names the issuer ${shown(claims.iss)}; the profile has ${issuer}.`,
        'Sign in with the issuer that the environment of the gateway names.',
      );
    }
    if (claims.aud !== undefined && !audiences.includes(origin)) {
      return scopeProblem(
        `The gateway refuses the token: it is for ${shown(claims.aud)}, and not for ${origin}.`,
        `Register ${origin} as the audience at the provider, or ask for it: postern login --audience ${origin}`,
      );
    }
    const { typ } = readHeader(accessToken);
    return scopeProblem(
      `The gateway refuses the token of the client ${clientId} (type ${shown(typ)}, issuer ${shown(claims.iss)}).`,
      'Check that its environment names this issuer, and takes such access tokens: docs/operate/configuration.md.',
    );
  }
  if (code === 'application_unknown') {
    return scopeProblem(
      `The client ${clientId} belongs to no application of the gateway.`,
      'The platform team adds it under "applications" of the environment.',
    );
  }
  if (status === 403) {
    const wanted = Object.values(API_SCOPES).flat();
    if (!scopes.some((scope) => wanted.some((name) => scope.endsWith(name)))) {
      return scopeProblem(
        `The token has the scopes ${scopes.length === 0 ? 'none' : shown(scopes.join(' '))}; a sender needs task_read and task_write, an operator operator_read.`,
        `Give the client ${clientId} these scopes at the provider, or ask for them with "postern login --scope".`,
      );
    }
    return scopeProblem(
      `The gateway refuses the token of the client ${clientId} (403 ${shown(code)}): its roles are ${shown(claims.roles)}.`,
      'Give it the role "sender", or a role of operators, at the provider.',
    );
  }
  return {
    check: 'health',
    message: `The gateway answers ${status} to a request with a token.`,
    remedy: 'Try again. If it goes on, its operator finds the cause in the alarms of the environment.',
  };
};

const scopeProblem = (message: string, remedy: string): Problem => ({ check: 'scopes', message, remedy });

/** A value of a token for people: no token has secrets in these claims. */
const shown = (value: unknown): string =>
  value === undefined ? 'none' : oneLine(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200);
