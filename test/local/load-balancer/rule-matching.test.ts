import { expect, test } from 'vitest';
import { readListener } from '../../../local/load-balancer/listener.ts';
import { actionsFor, matchesPattern } from '../../../local/load-balancer/rule-matching.ts';
import { aRequest } from './requests.ts';

const fixed = (body: string) => ({
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: body },
});

const aRule = (
  priority: number,
  conditions: readonly object[],
  actions: readonly object[] = [fixed(`${priority}`)],
) => ({
  logicalId: `Rule${priority}`,
  type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  properties: { Priority: priority, Conditions: conditions, Actions: actions },
});
const aListener = (defaultActions: readonly object[] = [fixed('default')]) => ({
  logicalId: 'Listener',
  type: 'AWS::ElasticLoadBalancingV2::Listener',
  properties: { DefaultActions: defaultActions },
});
const path = (...Values: string[]) => ({ Field: 'path-pattern', PathPatternConfig: { Values } });
const host = (...Values: string[]) => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const method = (...Values: string[]) => ({ Field: 'http-request-method', HttpRequestMethodConfig: { Values } });

const bodyFor = (rules: ReturnType<typeof aRule>[], request: Parameters<typeof aRequest>[0]): string => {
  const [action] = actionsFor(readListener(aListener(), rules), aRequest(request));
  return action?.Type === 'fixed-response' ? action.FixedResponseConfig.MessageBody : 'another action';
};

test.each([
  ['/v1/tasks', '/v1/tasks', true],
  ['/v1/tasks', '/v1/tasks/', false],
  ['/v1/tasks', '/V1/tasks', false],
  ['/v1/tasks', '/v1%2Ftasks', false],
  ['/v1/results/*', '/v1/results/a/b/c', true],
  ['/v1/results/*', '/v1/results/', true],
  ['/v1/results/*', '/v1/results', false],
  ['/v1/*/result', '/v1/tasks/a/result', true],
  ['/v1/*/result', '/v1/tasks/a/result/x', false],
  ['*.example.com', 'a.example.com', true],
  ['/a?c', '/abc', true],
  ['/a?c', '/a/c', true],
  ['/a?c', '/ac', false],
  ['/a.c', '/abc', false],
  ['*', '', true],
  ['/*a*b', '/xxaxxbxxb', true],
])('the pattern %s and the path %s: %s', (pattern, value, expected) => {
  expect(matchesPattern(pattern, value)).toBe(expected);
});

test('chooses the matching rule with the lowest priority number, in any order of rules', () => {
  const rules = [aRule(30, [path('/*')]), aRule(10, [path('/a'), method('POST')]), aRule(20, [path('/a')])];
  expect(bodyFor(rules, { target: '/a', method: 'POST' })).toBe('10');
  expect(bodyFor(rules, { target: '/a', method: 'GET' })).toBe('20');
  expect(bodyFor(rules, { target: '/b' })).toBe('30');
});

test('a request that no rule matches gets the default actions', () => {
  expect(bodyFor([aRule(1, [path('/a')])], { target: '/b' })).toBe('default');
});

test('the host is compared without its port and in any case; another host matches nothing', () => {
  const rules = [aRule(1, [host('callbacks.example.com')])];
  expect(bodyFor(rules, { host: 'callbacks.example.com' })).toBe('1');
  expect(bodyFor(rules, { host: 'evil.example.com' })).toBe('default');
  expect(bodyFor([aRule(1, [host('127.0.0.1:8080')])], { host: '127.0.0.1' })).toBe('1');
});

test('methods are compared in their own case', () => {
  expect(bodyFor([aRule(1, [method('GET')])], { method: 'get' })).toBe('default');
});

test('actions are performed by their order', () => {
  const rule = aRule(
    1,
    [path('/a')],
    [
      { ...fixed('second'), Order: 2 },
      { ...fixed('first'), Order: 1 },
    ],
  );
  expect(bodyFor([rule], { target: '/a' })).toBe('first');
});

test.each([
  ['an action', aRule(1, [path('/a')], [{ Type: 'authenticate-cognito' }])],
  ['a condition', aRule(1, [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } }])],
  [
    'a forward to two groups',
    aRule(
      1,
      [path('/a')],
      [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'a' }, { TargetGroupArn: 'b' }] } }],
    ),
  ],
])('%s that is not known here stops by the name of the rule', (_, rule) => {
  expect(() => readListener(aListener(), [rule])).toThrow(/^Rule1: .*expected/);
});
