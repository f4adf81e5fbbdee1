import { ROUTES } from '../../lambda/contract/routes.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { fetchJson, type JsonAnswer } from '../sign-in/fetch-json.ts';
import { checkClock } from './check-clock.ts';
import { checkKeys } from './check-keys.ts';
import type { Problem } from './problem.ts';

type Surroundings = Pick<Context, 'fetch' | 'now' | 'signal'>;

/** A path that no gateway has. */
const UNKNOWN_PATH = '/postern-doctor';

const TITLE = 'Postern';

/** Checks that a gateway answers at the origin, that its keys can be used, and the clock. `/healthz` is for the load balancer. */
export const checkGateway = async (context: Surroundings, origin: string): Promise<readonly Problem[]> => {
  try {
    return await readGateway(context, origin);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ check: 'health', message: error.message, remedy: 'Check that a gateway answers at this origin.' }];
  }
};

const readGateway = async (context: Surroundings, origin: string): Promise<readonly Problem[]> => {
  const before = context.now();
  const description = await fetchJson(context, 'GET /openapi.json', `${origin}${ROUTES.apiDescription.path}`);
  const clock = checkClock('gateway', description.date, before, context.now());
  const health = checkDescription(origin, description) ?? (await checkUnknownPath(context, origin));
  if (health !== undefined) return [...clock, health];
  const jwks = await fetchJson(context, 'GET /.well-known/jwks.json', `${origin}${ROUTES.jwks.path}`);
  return [...clock, ...checkKeys('gateway', `${origin}${ROUTES.jwks.path}`, jwks)];
};

const checkDescription = (origin: string, { json, status }: JsonAnswer): Problem | undefined => {
  const info = json?.info as { readonly title?: unknown } | undefined;
  if (status === 200 && info?.title === TITLE) return undefined;
  if (status === 429 || status >= 500) {
    return {
      check: 'health',
      message: `The gateway ${origin} answers ${status}.`,
      remedy: 'Try again. If it goes on, its operator finds the cause in the alarms of the environment.',
    };
  }
  if (status === 403) {
    return {
      check: 'health',
      message: `${origin} answers 403: a firewall refuses requests from here.`,
      remedy: 'Ask the platform team whether your address is allowed, and check your VPN.',
    };
  }
  return {
    check: 'health',
    message: `${origin} is no gateway of Postern: ${ROUTES.apiDescription.path} answers ${status}${status === 200 ? ' with something else' : ''}.`,
    remedy: 'Check the origin in the profile: scheme, host and port, without a path.',
  };
};

const checkUnknownPath = async (context: Surroundings, origin: string): Promise<Problem | undefined> => {
  const { status } = await fetchJson(context, `GET ${UNKNOWN_PATH}`, `${origin}${UNKNOWN_PATH}`);
  if (status === 404) return undefined;
  return {
    check: 'health',
    message: `${origin} answers ${status} for a path that no gateway has; expected 404.`,
    remedy:
      'Something in front of the gateway answers for it, such as a proxy or a sign-in page. Take it out of the way.',
  };
};
