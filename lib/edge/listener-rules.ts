import type { FrontFunction, Method, Route } from '../../lambda/contract/routes.ts';
import { CONSOLE_BASE_PATH, ROUTES } from '../../lambda/contract/routes.ts';

/**
 * What the load balancer asks for before it forwards. Without a session it sends the asker to sign in, or (`…-or-deny`)
 * answers 401. With a session that has expired it sends the asker to sign in either way.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
export type ListenerCheck = 'none' | 'access-token' | 'operator-session' | 'operator-session-or-deny';

/** One rule of the listener, before it has a host and targets. */
export interface ListenerRule {
  readonly function: FrontFunction;
  /** The lowest that matches decides. */
  readonly priority: number;
  readonly check: ListenerCheck;
  /** `*` stands for any characters, slashes included. */
  readonly paths: readonly string[];
  /** Absent: every method; the function answers 405 to those it has no use for. */
  readonly methods?: readonly Method[];
}

/** Most values in the conditions of one rule, the host among them (a quota of the load balancer). */
export const MAX_CONDITION_VALUES = 5;

/** `create-task` takes its own methods of its paths only; `tasks` answers for the rest of them. */
const SHARED_PATHS: Partial<Record<FrontFunction, FrontFunction>> = { 'create-task': 'tasks' };

/**
 * Where the priorities of a function's rules begin; each further one is a step higher. Rules are moved one by one, and
 * none can be moved to where another still is: so no rule of one function ever pushes those of another aside.
 */
const FIRST_PRIORITIES: Readonly<Record<FrontFunction, number>> = {
  'create-task': 1_000,
  receive: 2_000,
  tasks: 3_000,
  metadata: 4_000,
  console: 5_000,
  handshake: 6_000,
};
const PRIORITY_STEP = 10;

const CHECKS: Readonly<Record<Route['access']['kind'], ListenerCheck>> = {
  callback: 'none',
  code: 'none',
  handshake: 'none',
  public: 'none',
  sender: 'access-token',
  operator: 'operator-session',
};

/** The rules of the listener, in the order in which they are tried. Made from the routes, so that none is forgotten. */
export const listenerRules = (routes: readonly Route[] = Object.values(ROUTES)): readonly ListenerRule[] => {
  const functions = [...new Set(routes.map((route) => route.function))];
  return functions
    .flatMap((name) =>
      rulesOf(name, routes).map((rule, i) => ({
        ...rule,
        function: name,
        priority: FIRST_PRIORITIES[name] + i * PRIORITY_STEP,
      })),
    )
    .sort((a, b) => a.priority - b.priority);
};

/** Those of them that processors call. */
export const forCallbacks = (rules: readonly ListenerRule[]): readonly ListenerRule[] =>
  rules.filter((rule) => rule.function === 'receive');

type FunctionRule = Omit<ListenerRule, 'function' | 'priority'>;

const rulesOf = (name: FrontFunction, routes: readonly Route[]): readonly FunctionRule[] => {
  if (SHARED_PATHS[name] !== undefined) return methodRules(name, routes);
  const check = checkOf(name, routes);
  const paths = pathsOf(name, routes);
  return check === 'operator-session'
    ? consoleRules(paths, routes)
    : split(withoutCovered(paths)).map((some) => ({ check, paths: some }));
};

/**
 * Only a browser that asks for a page can be sent to sign in and come back. A style sheet or a form would get a page of the
 * identity provider as its answer: without a session it gets 401 instead. The load balancer has no such choice for a session
 * that has expired. A form is then lost: the browser comes back with GET, so that its path has to answer GET as well. Nothing
 * is changed by a form that was lost.
 */
const consoleRules = (paths: readonly string[], routes: readonly Route[]): readonly FunctionRule[] => {
  const parts = routes.flatMap(({ access, path }) => (access.kind === 'operator' && !access.isPage ? [path] : []));
  const pages = withoutCovered(paths.filter((path) => !parts.includes(path)));
  return [
    ...split(parts).map((some) => ({ check: 'operator-session-or-deny', paths: some }) as const),
    { check: 'operator-session', paths: pages, methods: ['GET'] },
    { check: 'operator-session-or-deny', paths: pages },
  ];
};

const methodRules = (name: FrontFunction, routes: readonly Route[]): readonly FunctionRule[] =>
  routes
    .filter((route) => route.function === name)
    .map((route) => ({
      check: CHECKS[route.access.kind],
      paths: [pattern(route.path)],
      methods: [route.method],
    }));

const pathsOf = (name: FrontFunction, routes: readonly Route[]): readonly string[] => [
  ...new Set([
    ...routes
      .filter((route) => route.function === name || SHARED_PATHS[route.function] === name)
      .map((route) => pattern(route.path)),
    ...(name === 'console' ? [`${CONSOLE_BASE_PATH}/*`] : []),
  ]),
];

/** @throws {Error} if routes of one function are to be checked differently, which one rule cannot do. */
const checkOf = (name: FrontFunction, routes: readonly Route[]): ListenerCheck => {
  const checks = new Set(routes.filter((route) => route.function === name).map((route) => CHECKS[route.access.kind]));
  const [check, ...more] = checks;
  if (check === undefined || more.length > 0) {
    throw new Error(
      `The routes of the function "${name}" ask for ${[...checks].join(' and ')}; expected one kind of access for all ` +
        'of them. Give the routes with another access a function of their own.',
    );
  }
  return check;
};

const pattern = (path: string): string => path.replaceAll(/\{[^}]+\}/g, '*');

/** Leaves out the patterns that a wider one matches as well, as `/v1/results/*` does with every path below it. */
const withoutCovered = (patterns: readonly string[]): readonly string[] =>
  patterns.filter((one) => !patterns.some((other) => other !== one && covers(other, one)));

const covers = (wide: string, narrow: string): boolean => wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1));

const split = (paths: readonly string[]): readonly (readonly string[])[] => {
  const size = MAX_CONDITION_VALUES - 1;
  return Array.from({ length: Math.ceil(paths.length / size) }, (_, i) => paths.slice(i * size, (i + 1) * size));
};
