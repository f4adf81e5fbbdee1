import { describe, expect, it } from 'vitest';
import { RFC_9068 } from '../../../../lambda/contract/access-token-profile.ts';
import type { DoorRule } from '../../../../lambda/contract/door-config.ts';
import { ROUTES, type Route } from '../../../../lambda/contract/routes.ts';
import { doorConfig } from '../../../../lib/edge/door/door-config.ts';
import { listenerRules } from '../../../../lib/edge/listener-rules.ts';
import { matchesPattern } from '../../../../local/load-balancer/rule-matching.ts';

const TOKEN = {
  issuer: 'https://login.example.com',
  jwksUri: 'https://login.example.com/jwks',
  profile: RFC_9068,
  audienceForm: 'text',
} as const;
const TARGET = { arn: 'arn:aws:lambda:eu-west-1:1:function:f:live', targetGroupArn: 'arn:…/door', timeoutSeconds: 15 };

const CONFIG = doorConfig({
  environment: 'test',
  host: 'callbacks.example.com',
  origin: 'https://callbacks.example.com',
  functions: {
    receive: TARGET,
    'create-task': TARGET,
    tasks: TARGET,
    metadata: TARGET,
    handshake: TARGET,
    'operator-api': TARGET,
    'reveal-payload': TARGET,
  },
  accessTokens: { sender: TOKEN, operator: { ...TOKEN, audienceForm: 'list' } },
  rateLimits: { callbacks: 1, callbackPath: 2, others: 3, handshake: 4 },
  directives: 'SecRuleEngine On',
  certificate: { secretId: 'postern/test/door' },
});

const doorRuleFor = (method: string, path: string): DoorRule | undefined =>
  CONFIG.rules.find(
    (rule) =>
      (rule.methods === undefined || rule.methods.some((one) => one === method)) &&
      rule.paths.some((pattern) => matchesPattern(pattern, path)),
  );

const exampleOf = ({ path }: Route): string => path.replaceAll(/\{[^}]+\}/g, 'x-1');
const isOfConsole = ({ access }: Route): boolean => access.kind === 'operator';

const ALL = Object.entries(ROUTES) as [string, Route][];
const SERVED = ALL.filter(([, route]) => !isOfConsole(route));
const CONSOLE = ALL.filter(([, route]) => isOfConsole(route));

const CHECKS = {
  callback: 'none',
  code: 'none',
  handshake: 'none',
  public: 'none',
  sender: 'sender',
  'operator-api': 'operator',
};

describe('the configuration of the network door', () => {
  it.each(SERVED)('sends %s to its function after its check', (_name, route) => {
    const rule = doorRuleFor(route.method, exampleOf(route));
    expect(rule?.function).toBe(route.function);
    expect(rule?.check).toBe(CHECKS[route.access.kind as keyof typeof CHECKS]);
    expect(rule?.profile).toBe(route.function === 'receive' ? 'callback' : 'other');
  });

  it.each(SERVED)('lets the whole body of %s through', (_name, route) => {
    expect(doorRuleFor(route.method, exampleOf(route))?.bodyBytes).toBeGreaterThanOrEqual(route.bodyLimit ?? 0);
  });

  it.each(CONSOLE)('has no rule for %s, which belongs to the console', (_name, route) => {
    expect(doorRuleFor(route.method, exampleOf(route))).toBeUndefined();
  });

  it('keeps the order and the patterns of the listener rules', () => {
    const others = listenerRules().filter(({ check }) => !check.startsWith('operator-session'));
    expect(CONFIG.rules.map(({ function: name, methods, paths }) => ({ name, methods, paths }))).toEqual(
      others.map(({ function: name, methods, paths }) => ({ name, methods, paths })),
    );
  });

  it.each([
    ['POST', '/v1/results/t', 1_048_576],
    ['POST', '/v1/tasks', 65_536],
    ['POST', '/v1/tasks/t/callbacks', 16_384],
    ['POST', '/v1/operator/tasks/t/payload', 4_096],
    ['GET', '/healthz', 1_048_576],
  ])('limits the body of %s %s to %i bytes', (method, path, bytes) => {
    expect(doorRuleFor(method, path)?.bodyBytes).toBe(bytes);
  });

  it('demands the audience that the load balancer demands', () => {
    const claim = { name: 'aud', values: ['https://callbacks.example.com'] };
    expect(CONFIG.checks.sender.claims).toEqual([{ ...claim, format: 'single-string' }]);
    expect(CONFIG.checks.operator.claims).toEqual([{ ...claim, format: 'string-array' }]);
  });

  it('answers with status and problem alike, and says when to come again', () => {
    for (const { problem, status } of Object.values(CONFIG.answers)) expect(problem.status).toBe(status);
    expect(CONFIG.answers.tooMany).toMatchObject({ status: 429, headers: { 'retry-after': '300' } });
    expect(CONFIG.answers.unavailable).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(CONFIG.answers.tooLarge.problem).toMatchObject({
      code: 'payload_too_large',
      type: 'https://callbacks.example.com/problems/payload_too_large',
    });
  });

  it('has the limits of the load balancer', () => {
    expect(CONFIG.limits).toMatchObject({
      lineBytes: 16_384,
      headerBytes: 65_536,
      pathBytes: 4_096,
      bodyBytes: 1_048_576,
      idleSeconds: 60,
      keepAliveSeconds: 300,
    });
  });

  it('counts requests by the limits of the environment, in five minutes', () => {
    expect(CONFIG.rates).toEqual({
      windowSeconds: 300,
      callbacks: 1,
      callbackPath: 2,
      others: 3,
      handshake: 4,
      handshakePath: '/v1/handshake',
      keys: 100_000,
    });
  });
});
