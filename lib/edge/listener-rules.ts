import type { FrontFunction, Method, Route } from '../../lambda/contract/routes.ts';
import { CONSOLE_BASE_PATH, OPERATOR_BASE_PATH, ROUTES } from '../../lambda/contract/routes.ts';

/**
 * Check of the load balancer before it forwards a request. Without a session it redirects to the identity provider, or
 * (`…-or-deny`) answers 401. With an expired session it always redirects.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
export type ListenerCheck =
  | 'none'
  | 'sender-access-token'
  | 'operator-access-token'
  | 'operator-session'
  | 'operator-session-or-deny';

/** Rule of a listener, without host and target groups. */
export interface ListenerRule {
  readonly function: FrontFunction;
  /** True if its requests are forms of the console, and the function has other requests too. */
  readonly isForForms?: true;
  /** The matching rule with the lowest priority decides. */
  readonly priority: number;
  readonly check: ListenerCheck;
  /** Patterns; `*` matches any characters, slashes included. */
  readonly paths: readonly string[];
  /** Absent: every method. The function answers 405 to methods that it does not have. */
  readonly methods?: readonly Method[];
}

/** Quota: values in the conditions of one rule, the host included. */
export const MAX_CONDITION_VALUES = 5;

/** `create-task` gets only its own methods of its paths; `tasks` gets the other methods. */
const SHARED_PATHS: Partial<Record<FrontFunction, FrontFunction>> = { 'create-task': 'tasks' };

/**
 * First priority of each function's rules; each further rule is a step higher. CloudFormation updates rules one by one, and
 * a priority that another rule still has is refused. With fixed first priorities a new rule never moves other functions'
 * rules.
 */
const FIRST_PRIORITIES: Readonly<Record<FrontFunction, number>> = {
  'create-task': 1_000,
  receive: 2_000,
  tasks: 3_000,
  metadata: 4_000,
  console: 5_000,
  handshake: 6_000,
  // Its paths are below those of `operator-api`, so its rules come first.
  'reveal-payload': 7_000,
  'operator-api': 8_000,
};
const PRIORITY_STEP = 10;

/** First priority of rules for forms of the console that another function answers. They come before those of the console. */
const FIRST_FORM_PRIORITY = 4_900;

/**
 * Distance of the rules on a console's own host from those on the gateway's. The first rules of a switch are made before the last
 * ones of the gateway's host are deleted.
 */
const OWN_HOST_DISTANCE = 20_000;
/** Priority of the rule for public files on a console's own host. */
const PUBLIC_FILES_PRIORITY = OWN_HOST_DISTANCE;

const CHECKS: Readonly<Record<Route['access']['kind'], ListenerCheck>> = {
  callback: 'none',
  code: 'none',
  handshake: 'none',
  public: 'none',
  sender: 'sender-access-token',
  'operator-api': 'operator-access-token',
  operator: 'operator-session',
};

/** Rules of the listener, by priority. They are derived from the routes, so that no route is missing. */
export const listenerRules = (routes: readonly Route[] = Object.values(ROUTES)): readonly ListenerRule[] => {
  const forms = routes.filter(isForeignForm);
  const others = routes.filter((route) => !isForeignForm(route));
  const formRules = forms.map((route, i) => ({
    function: route.function,
    isForForms: true as const,
    priority: FIRST_FORM_PRIORITY + i * PRIORITY_STEP,
    check: 'operator-session-or-deny' as const,
    paths: [pattern(route.path)],
    methods: [route.method],
  }));
  return [...new Set(others.map((route) => route.function))]
    .flatMap((name): readonly ListenerRule[] =>
      rulesOf(name, others).map((rule, i) => ({
        ...rule,
        function: name,
        priority: FIRST_PRIORITIES[name] + i * PRIORITY_STEP,
      })),
    )
    .concat(formRules)
    .sort((a, b) => a.priority - b.priority);
};

/** True for a form of the console that another function answers: the one that shows a payload. */
const isForeignForm = (route: Route): boolean =>
  route.access.kind === 'operator' && route.method === 'POST' && route.function !== 'console';

/** Selects the rules for paths that processors call. */
export const forCallbacks = (rules: readonly ListenerRule[]): readonly ListenerRule[] =>
  rules.filter((rule) => rule.function === 'receive');

/** True for rules of the console: its pages and files, and forms that another function answers. */
export const isOfConsole = (rule: ListenerRule): boolean => rule.function === 'console' || rule.isForForms === true;

/**
 * Rules of a listener that serves the console alone: its rules, and the public files that a page without a session has. Its
 * priorities differ from those of all other rules.
 */
export const forConsole = (rules: readonly ListenerRule[]): readonly ListenerRule[] => [
  {
    function: ROUTES.pageStyle.function,
    priority: PUBLIC_FILES_PRIORITY,
    check: 'none',
    paths: [ROUTES.pageStyle.path, ROUTES.pageIcon.path],
  },
  ...rules.filter(isOfConsole).map((rule) => ({ ...rule, priority: rule.priority + OWN_HOST_DISTANCE })),
];

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
 * Rules of the console. Only a request for an HTML page can be redirected to sign in and return. A style sheet or a form
 * would receive a page of the identity provider instead, so without a session it gets 401. The load balancer redirects every
 * request with an expired session. A form is then lost: the browser returns with GET, so the form's path must answer GET
 * too. A lost form changes nothing.
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
    ...(name === 'operator-api' ? [`${OPERATOR_BASE_PATH}/*`] : []),
  ]),
];

/** @throws {Error} if routes of one function need different checks: one rule has one check */
const checkOf = (name: FrontFunction, routes: readonly Route[]): ListenerCheck => {
  const checks = new Set(routes.filter((route) => route.function === name).map((route) => CHECKS[route.access.kind]));
  const [check, ...more] = checks;
  if (check === undefined || more.length > 0) {
    throw new Error(
      `The routes of the function "${name}" ask for ${[...checks].join(' and ')}; expected one kind of access for all ` +
        'of them. Move the routes with another access to another function.',
    );
  }
  return check;
};

const pattern = (path: string): string => path.replaceAll(/\{[^}]+\}/g, '*');

/** Drops patterns that a wider pattern covers: `/v1/results/*` covers every path below it. */
const withoutCovered = (patterns: readonly string[]): readonly string[] =>
  patterns.filter((one) => !patterns.some((other) => other !== one && covers(other, one)));

const covers = (wide: string, narrow: string): boolean => wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1));

const split = (paths: readonly string[]): readonly (readonly string[])[] => {
  const size = MAX_CONDITION_VALUES - 1;
  return Array.from({ length: Math.ceil(paths.length / size) }, (_, i) => paths.slice(i * size, (i + 1) * size));
};
