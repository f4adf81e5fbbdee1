import { describe, expect, it } from 'vitest';
import type { Route } from '../../../lambda/contract/routes.ts';
import { FRONT_FUNCTIONS, ROUTES } from '../../../lambda/contract/routes.ts';
import type { ListenerRule } from '../../../lib/edge/listener-rules.ts';
import { listenerRules, MAX_CONDITION_VALUES } from '../../../lib/edge/listener-rules.ts';

/** Finds the rule like a load balancer: `*` matches any characters, and the first matching rule decides. */
const ruleFor = (method: string, path: string): ListenerRule | undefined =>
  listenerRules().find(
    (rule) =>
      (rule.methods === undefined || rule.methods.some((one) => one === method)) &&
      rule.paths.some((pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(path)),
  );

const CHECKS = {
  callback: 'none',
  code: 'none',
  handshake: 'none',
  public: 'none',
  sender: 'sender-access-token',
  'operator-api': 'operator-access-token',
} as const;

/** A page redirects to sign in; a form, and a request for a part of a page, is refused. */
const checkOf = ({ access, method }: Route) => {
  if (access.kind !== 'operator') return CHECKS[access.kind];
  return access.isPage && method === 'GET' ? 'operator-session' : 'operator-session-or-deny';
};

describe('the listener rules', () => {
  it.each(Object.entries(ROUTES) as [string, Route][])('send %s to its function after its check', (_name, route) => {
    const rule = ruleFor(route.method, route.path.replaceAll(/\{[^}]+\}/g, 'x-1'));
    expect(rule?.function).toBe(route.function);
    expect(rule?.check).toBe(checkOf(route));
  });

  it('cover every function behind the load balancer', () => {
    expect(new Set(listenerRules().map((rule) => rule.function))).toEqual(new Set(FRONT_FUNCTIONS));
  });

  it.each([
    ['GET', '/v1/results/t', 'receive'],
    ['DELETE', '/v1/failures/t/token', 'receive'],
    ['GET', '/v1/results/a/b/c', 'receive'],
    ['PUT', '/v1/progress/t', 'receive'],
    ['GET', '/v1/uploads/t/token', 'receive'],
    ['GET', '/c/code', 'receive'],
    ['POST', '/c/', 'receive'],
    ['PUT', '/v1/tasks', 'tasks'],
    ['HEAD', '/v1/tasks', 'tasks'],
    ['POST', '/v1/tasks/t', 'tasks'],
    ['GET', '/v1/tasks/t/callbacks', 'tasks'],
    ['DELETE', '/v1/tasks/t/callbacks', 'tasks'],
    ['POST', '/v1/tasks/t/callbacks/x', 'tasks'],
    ['POST', '/v1/tasks/a/b/callbacks', 'create-task'],
    ['GET', '/v1/tasks/t/reopen', 'tasks'],
    ['POST', '/v1/tasks/t/dispatch', 'create-task'],
    ['GET', '/v1/tasks/t/dispatch', 'tasks'],
    ['POST', '/v1/tasks/t/dispatch/x', 'tasks'],
    ['POST', '/v1/tasks/t/reopen/x', 'tasks'],
    ['PUT', '/v1/tasks/t/quarantine/q', 'tasks'],
    ['POST', '/openapi.json', 'metadata'],
    ['GET', '/v1/tasks/t/anything/else', 'tasks'],
    ['POST', '/healthz', 'metadata'],
    ['POST', '/problems/token_missing', 'metadata'],
    ['POST', '/console', 'console'],
    ['DELETE', '/v1/operator/tasks/t', 'operator-api'],
    ['POST', '/v1/operator/anything/else', 'operator-api'],
    ['GET', '/v1/operator/tasks/t/payload', 'reveal-payload'],
    ['POST', '/v1/operator/tasks/a/b/payload', 'reveal-payload'],
    ['POST', '/v1/operator/tasks/t/payload/x', 'operator-api'],
    ['GET', '/console/tasks/t', 'console'],
    ['GET', '/console/tasks/t/payload/result', 'console'],
    ['PUT', '/console/tasks/t/payload/result', 'console'],
    ['POST', '/console/tasks/t/payload/result/x', 'reveal-payload'],
    ['POST', '/console/tasks/t/payload', 'console'],
    ['POST', '/console/processors/p/payload/result', 'console'],
  ])('H3 send %s %s to the function %s, which answers 405 or 404', (method, path, name) => {
    expect(ruleFor(method, path)?.function).toBe(name);
  });

  it.each([
    '/',
    '/v1',
    '/v1/results',
    '/v1/progress',
    '/v1/uploads',
    '/c',
    '/cx',
    '/openapi.json/x',
    '/v1/tasksx',
    '/consolex',
    '/healthz/',
    '/.well-known/openid-configuration',
    '/.well-knownxjwks.json/x',
    '/oauth2/idpresponse',
    '/v1/operator',
    '/v1/operatorx',
  ])('match no rule for %s, which the load balancer answers', (path) => {
    expect(ruleFor('POST', path)).toBeUndefined();
    expect(ruleFor('GET', path)).toBeUndefined();
  });

  it('require an access token for senders and operators, and a session for the console', () => {
    for (const { paths, check } of listenerRules()) {
      if (paths.some((path) => path.startsWith('/v1/tasks'))) expect(check).toBe('sender-access-token');
      if (paths.some((path) => path.startsWith('/v1/operator'))) expect(check).toBe('operator-access-token');
      if (paths.some((path) => path.startsWith('/console'))) expect(check).toMatch(/^operator-session/);
    }
  });

  it.each([
    ['GET', '/console', 'operator-session'],
    ['GET', '/console/tasks/t', 'operator-session'],
    ['GET', '/console/style.css', 'operator-session-or-deny'],
    ['POST', '/console', 'operator-session-or-deny'],
    ['HEAD', '/console', 'operator-session-or-deny'],
    ['DELETE', '/console/tasks/t', 'operator-session-or-deny'],
    ['GET', '/console/script.js', 'operator-session-or-deny'],
    ['GET', '/console/tasks/t/cancel', 'operator-session'],
    ['POST', '/console/tasks/t/cancel', 'operator-session-or-deny'],
    ['GET', '/console/tasks/t/payload/result', 'operator-session'],
    ['POST', '/console/tasks/t/payload/result', 'operator-session-or-deny'],
  ])('W1 redirect only page requests to sign in: %s %s', (method, path, check) => {
    expect(ruleFor(method, path)?.check).toBe(check);
  });

  it('have at most five condition values each, with any number of routes', () => {
    const many = Array.from({ length: 12 }, (_, i) => ({ ...ROUTES.health, path: `/page-${i}` }));
    const rules = listenerRules([...Object.values(ROUTES), ...many]);
    for (const { paths, methods = [] } of rules) {
      expect(1 + paths.length + methods.length).toBeLessThanOrEqual(MAX_CONDITION_VALUES);
    }
    expect(rules.flatMap((rule) => rule.paths).filter((path) => path.startsWith('/page-'))).toHaveLength(12);
  });

  it('stay within the quotas for wildcards of a rule and rules of a listener', () => {
    const rules = listenerRules();
    for (const { paths } of rules) expect(paths.join('').split('*').length - 1).toBeLessThanOrEqual(5);
    expect(rules.length).toBeLessThanOrEqual(100);
  });

  it('try rules for one method before rules for every method', () => {
    const rules = listenerRules();
    const priorities = rules.map(({ priority }) => priority);
    expect(priorities).toEqual([...new Set(priorities)].sort((a, b) => a - b));
    const general = rules.findIndex(({ function: name }) => name === 'tasks');
    const byMethod = rules.findLastIndex(({ function: name }) => name === 'create-task');
    expect(byMethod).toBeLessThan(general);
  });

  it('keep their priorities when rules are added, because a used priority fails the deployment', () => {
    const known = listenerRules();
    const more = Array.from({ length: 9 }, (_, i) => ({ ...ROUTES.health, path: `/page-${i}` }));
    const reissueAgain = { ...ROUTES.reissueCallbacks, path: '/v1/tasks/{taskId}/again' };
    const after = listenerRules([...Object.values(ROUTES), ...more, reissueAgain]);
    for (const { check, paths, function: name, priority } of known) {
      const same = after.find(
        (rule) => rule.function === name && rule.check === check && rule.paths.some((path) => path === paths[0]),
      );
      expect(same?.priority).toBe(priority);
    }
    expect(known.map(({ function: name, priority }) => `${name} ${priority}`)).toEqual([
      'create-task 1000',
      'create-task 1010',
      'create-task 1020',
      'create-task 1030',
      'receive 2000',
      'receive 2010',
      'tasks 3000',
      'metadata 4000',
      'reveal-payload 4900',
      'console 5000',
      'console 5010',
      'console 5020',
      'handshake 6000',
      'reveal-payload 7000',
      'operator-api 8000',
    ]);
  });

  it('refuse routes of one function with different kinds of access', () => {
    expect(() =>
      listenerRules([ROUTES.health, { ...ROUTES.problem, access: { kind: 'operator', isPage: true } }]),
    ).toThrow(/function "metadata" ask for none and operator-session; expected one kind of access/);
  });
});
