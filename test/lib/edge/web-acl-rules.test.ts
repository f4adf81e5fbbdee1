import { describe, expect, it } from 'vitest';
import { MAX_TOKEN_CHARS } from '../../../lambda/contract/limits.ts';
import { ROUTES, type Route } from '../../../lambda/contract/routes.ts';
import { CAPACITY_INCLUDED, CAPACITY_OF_SHIELD, capacityOf } from '../../../lib/edge/web-acl-capacity.ts';
import { beginsWithOne, isOneOf } from '../../../lib/edge/web-acl-paths.ts';
import { CALLBACK_BLOCKING_RULES, RESPONSE_BODIES, webAclRules } from '../../../lib/edge/web-acl-rules.ts';
import { MANAGED_RULES } from '../../support/managed-rules.ts';
import { createWebAcl, evaluate } from '../../support/web-acl.ts';

const PLAIN = { rateLimits: { callbacks: 123, callbackPath: 67, others: 45, handshake: 12 }, antiDdos: false };
/** All features that an environment can switch on. */
const FULL = {
  ...PLAIN,
  antiDdos: true,
  countries: { except: ['KP'] },
  callbackSources: ['arn:v4', 'arn:v6'],
} as const;

const rules = webAclRules(PLAIN);
const rule = (name: string, among = rules) => among.find((one) => one.name === name);
const text = (name: string, among = rules) => JSON.stringify(rule(name, among)?.statement);
const isOnCallbacksAlone = (name: string) => text(name).includes('postern:callback') && !text(name).includes('"notS');

const KNOWN_BAD_INPUTS = 'AWSManagedRulesKnownBadInputsRuleSet';
/** Names of AWS's rules by the component that they inspect, of one group or of all groups. */
const rulesAbout = (ending: string, group?: string): string[] =>
  Object.entries(MANAGED_RULES)
    .filter(([name]) => group === undefined || name === group)
    .flatMap(([, managed]) => managed.map(({ name }) => name))
    .filter((name) => name.endsWith(ending));

const CALLBACK = `/v1/results/gUcGy5DcXDZ2RzSHQ2nmuw/eyJhbGciOiJFUzI1NiJ9.e30.envpwdcvs`;
const TOKEN = 'x'.repeat(MAX_TOKEN_CHARS);
const pathsOf = ({ path }: Route) => {
  const plain = path.replaceAll(/\{\w+\}/g, 'gUcGy5DcXDZ2RzSHQ2nmuw');
  return path.startsWith('/v1/') ? [plain, `${plain}/${TOKEN}`] : [plain];
};

describe('paths in the web ACL', () => {
  it.each(Object.entries(ROUTES))('allow every path of the route %s, with a token at its end too', (_name, route) => {
    for (const path of pathsOf(route)) expect(evaluate(rules, { path })).toBeUndefined();
  });

  it.each(['/oauth2/idpresponse', '/console/tasks/1'])(
    'allow %s, which the load balancer or the console answers',
    (path) => {
      expect(evaluate(rules, { path })).toBeUndefined();
    },
  );

  it.each([
    '/',
    '/wp-login.php',
    '/.env',
    '/v1',
    '/v2/results/a',
    '/V1/results/a',
    '/%761/results/a',
    '//v1/results/a',
  ])('answer %s with 404, as the load balancer would', (path) => {
    expect(evaluate(rules, { path })).toEqual({ rule: 'NoRoute', status: 404 });
  });

  it('answer a path with 414 if it is longer than any valid path', () => {
    const path = (length: number) => `/v1/results/${'a'.repeat(length - '/v1/results/'.length)}`;
    expect(evaluate(rules, { path: path(4_096) })).toBeUndefined();
    expect(evaluate(rules, { path: path(4_097) })).toEqual({ rule: 'LongPath', status: 414 });
  });

  it('allow every method, content type and body: the functions check them', () => {
    expect(JSON.stringify(rules)).not.toMatch(/"(method|body|singleHeader|jsonBody)":/);
  });
});

describe('callbacks in the web ACL', () => {
  const callbacks = (Object.values(ROUTES) as Route[]).filter(({ access }) =>
    ['callback', 'code'].includes(access.kind),
  );
  /** The rule that labels callbacks, changed so that it blocks. */
  const telling = (path: string) => {
    const told = rules.map((one) => (one.name === 'Callback' ? { ...one, action: { block: {} } } : one));
    return evaluate(told, { path })?.rule;
  };

  it('are recognized once for all rules, by their paths as sent', () => {
    expect(callbacks.length).toBeGreaterThanOrEqual(5);
    for (const route of callbacks) for (const path of pathsOf(route)) expect(telling(path)).toBe('Callback');
    for (const path of ['/v1/tasks', '/v1/tasks/a', '/v1/handshake', '/console', '/openapi.json', '/v1/%72esults/a']) {
      expect(telling(path)).not.toBe('Callback');
    }
    const [label] = rules.flatMap(({ name, ruleLabels }) => (name === 'Callback' ? [ruleLabels] : []));
    expect(label).toEqual([{ name: 'postern:callback' }]);
  });

  it.each(rulesAbout('_BODY'))('may have any payload: %s inspects bodies and blocks none', (managed) => {
    expect(evaluate(rules, { path: CALLBACK, managed: [managed] })).toBeUndefined();
  });

  it.each(rulesAbout('_URIPATH'))('may have any token in their path: %s inspects paths and blocks none', (managed) => {
    for (const path of [CALLBACK, '/c/3Kx9Vt0aQm']) {
      expect(evaluate(rules, { path, managed: [managed] })).toBeUndefined();
      // A path match does not block even if another rule of the same group blocks: each rule has its own label.
      const withHeader = evaluate(rules, { path, managed: [managed, 'Log4JRCE_HEADER'] });
      expect(withHeader).toEqual({ rule: 'CallbackBadInputs', status: 403 });
    }
  });

  it.each(rulesAbout('_HEADER', KNOWN_BAD_INPUTS).concat(rulesAbout('_QUERYSTRING', KNOWN_BAD_INPUTS)))(
    'are blocked by %s, which inspects headers or the query',
    (managed) => {
      expect(evaluate(rules, { path: CALLBACK, managed: [managed] })).toEqual({
        rule: 'CallbackBadInputs',
        status: 403,
      });
    },
  );

  it('pass only managed groups whose rules have all been reviewed', () => {
    const asked = rules.flatMap(({ name, statement }) => {
      const { managedRuleGroupStatement: group } = statement as { managedRuleGroupStatement?: { name: string } };
      return group === undefined || text(name).includes('"notS') ? [] : [[name, group.name]];
    });
    expect(asked).toEqual([
      ['CallbackIpReputation', 'AWSManagedRulesAmazonIpReputationList'],
      ['BadInputs', KNOWN_BAD_INPUTS],
    ]);
  });

  it('pass no bot control, no list of hosting providers and no challenge', () => {
    const all = JSON.stringify(webAclRules(FULL));
    for (const group of ['BotControl', 'AnonymousIpList', 'captcha']) expect(all).not.toContain(group);
    expect(all.match(/challenge/g)).toHaveLength(1);
    expect(rule('AntiDdos', webAclRules(FULL))?.statement).toMatchObject({
      managedRuleGroupStatement: {
        managedRuleGroupConfigs: [
          { awsManagedRulesAntiDDoSRuleSet: { clientSideActionConfig: { challenge: { usageOfAction: 'DISABLED' } } } },
        ],
      },
    });
  });

  it('may come only from the processors’ addresses if every processor has some', () => {
    const full = webAclRules({ ...PLAIN, callbackSources: ['arn:v4', 'arn:v6'] });
    const sets = { 'arn:v4': ['192.0.2.0/24'], 'arn:v6': ['2001:db8::/32'] };
    const from = (address: string, path = '/c/code') => evaluate(full, { path, address }, sets);
    expect(from('192.0.2.77')).toBeUndefined();
    expect(from('2001:db8::1')).toBeUndefined();
    for (const address of ['198.51.100.1', '2001:db9::1']) {
      expect(from(address)).toEqual({ rule: 'CallbackSources', status: 403 });
      // Senders and operators may have any address.
      expect(from(address, '/v1/tasks')).toBeUndefined();
    }
  });

  it('O5 are blocked by exactly the rules with these names', () => {
    const names = webAclRules(FULL).map(({ name }) => name);
    for (const name of CALLBACK_BLOCKING_RULES) expect(names).toContain(name);
    const mine = names.filter((name) => name.startsWith('Callback') && name !== 'Callback');
    expect(['AntiDdos', 'BadInputs', ...mine].sort()).toEqual([...CALLBACK_BLOCKING_RULES].sort());
  });
});

describe('rate rules', () => {
  it('answer 429 with Retry-After to an address or a path above its rate', () => {
    const customResponse = {
      responseCode: 429,
      customResponseBodyKey: 'tooMany',
      responseHeaders: [{ name: 'Retry-After', value: '300' }],
    };
    for (const [name, limit] of Object.entries({
      CallbackRate: 123,
      CallbackPathRate: 67,
      OtherRate: 45,
      HandshakeRate: 12,
    })) {
      expect(rule(name)).toMatchObject({
        action: { block: { customResponse } },
        statement: { rateBasedStatement: { limit, evaluationWindowSec: 300 } },
      });
    }
    expect(isOnCallbacksAlone('CallbackRate') && isOnCallbacksAlone('CallbackPathRate')).toBe(true);
    expect(isOnCallbacksAlone('OtherRate')).toBe(false);
  });

  it('S1 count handshakes by address, at their path only, without confirmations of our calls', () => {
    const handshakeRate = rule('HandshakeRate') as (typeof rules)[0];
    expect(handshakeRate.statement).toMatchObject({ rateBasedStatement: { limit: 12, aggregateKeyType: 'IP' } });
    const { rateBasedStatement } = handshakeRate.statement as { rateBasedStatement: { scopeDownStatement: object } };
    const alone = { ...handshakeRate, statement: rateBasedStatement.scopeDownStatement };
    const counted = (path: string) => evaluate([alone], { path }) !== undefined;
    expect(counted('/v1/handshake')).toBe(true);
    for (const path of ['/v1/handshake/confirm', '/v1/handshake/', '/v1/tasks', '/c/v1/handshake']) {
      expect(counted(path)).toBe(false);
    }
  });

  it('O1 count callbacks by address and hashed path, because the key is logged', () => {
    expect(rule('CallbackPathRate')?.statement).toMatchObject({
      rateBasedStatement: {
        aggregateKeyType: 'CUSTOM_KEYS',
        customKeys: [{ ip: {} }, { uriPath: { textTransformations: [{ priority: 0, type: 'MD5' }] } }],
      },
    });
    for (const name of ['CallbackRate', 'OtherRate']) {
      expect(rule(name)?.statement).toMatchObject({ rateBasedStatement: { aggregateKeyType: 'IP' } });
    }
  });

  it('block an attacker who floods a callback URL, and not its processor', () => {
    const ask = createWebAcl(rules);
    const stranger = { path: CALLBACK, address: '203.0.113.9' };
    const processor = { path: CALLBACK, address: '192.0.2.1' };
    for (let i = 0; i < 67; i += 1) expect(ask(stranger)).toBeUndefined();
    expect(ask(stranger)).toEqual({ rule: 'CallbackPathRate', status: 429 });
    for (let i = 0; i < 10_000; i += 1) ask(stranger);
    for (let i = 0; i < 67; i += 1) expect(ask(processor)).toBeUndefined();
    // The processor has its own limit, at this URL and not at its other URLs.
    expect(ask(processor)).toEqual({ rule: 'CallbackPathRate', status: 429 });
    expect(ask({ ...processor, path: '/v1/results/another' })).toBeUndefined();
  });
});

describe('requests of senders and operators in the web ACL', () => {
  it('are also checked for common attacks and SQL, except for normal requests', () => {
    for (const name of [
      'NoUserAgent_HEADER',
      'SizeRestrictions_BODY',
      'SizeRestrictions_Cookie_HEADER',
      'SizeRestrictions_QUERYSTRING',
      'EC2MetaDataSSRF_BODY',
      'GenericRFI_BODY',
      'GenericLFI_BODY',
      'CrossSiteScripting_BODY',
    ]) {
      expect(text('OtherCommon')).toContain(`{"name":"${name}","actionToUse":{"count":{}}}`);
    }
    const groups = rules.flatMap(({ name, statement }) => {
      const { managedRuleGroupStatement: group } = statement as { managedRuleGroupStatement?: { name: string } };
      return group === undefined || isOnCallbacksAlone(name) ? [] : [group.name];
    });
    expect(groups).toEqual([
      'AWSManagedRulesAmazonIpReputationList',
      KNOWN_BAD_INPUTS,
      'AWSManagedRulesCommonRuleSet',
      'AWSManagedRulesSQLiRuleSet',
    ]);
    // A counting rule blocks no request. None of the reputation rules counts.
    expect(text('OtherIpReputation')).not.toContain('ruleActionOverrides');
  });

  it('are blocked for every known bad input except a method: a function answers 405 (H3)', () => {
    for (const { name } of MANAGED_RULES[KNOWN_BAD_INPUTS] ?? []) {
      const blocked = evaluate(rules, { path: '/v1/tasks/t/callbacks', managed: [name] });
      expect([name, blocked]).toEqual([
        name,
        name === 'PROPFIND_METHOD' ? undefined : { rule: 'OtherBadInputs', status: 403 },
      ]);
    }
  });
});

describe('requests with the input of a task in the web ACL', () => {
  const paths = ['/v1/tasks', '/v1/tasks/gUcGy5DcXDZ2RzSHQ2nmuw/reopen'];

  it.each(rulesAbout('_BODY'))('may have any body: %s blocks none', (managed) => {
    for (const path of paths) expect([path, evaluate(rules, { path, managed: [managed] })]).toEqual([path, undefined]);
  });

  it.each(rulesAbout('_BODY', KNOWN_BAD_INPUTS))('are the only ones: %s blocks other paths', (managed) => {
    for (const path of [
      '/v1/tasks/',
      '/v1/tasks/x',
      '/v1/tasks/x/callbacks',
      '/v1/tasks/x/dispatch',
      '/v1/tasks/x/y/reopen',
      '/v1/tasks/x/reopen/y',
      '/v1/operator/tasks/x/reopen',
      '/console/tasks/x/reopen',
    ]) {
      expect([path, evaluate(rules, { path, managed: [managed] })]).toEqual([
        path,
        { rule: 'OtherBadInputs', status: 403 },
      ]);
    }
  });

  it.each(['_HEADER', '_QUERYSTRING', '_URIPATH'])('are still blocked by the known bad inputs with %s', (ending) => {
    const found = rulesAbout(ending, KNOWN_BAD_INPUTS);
    expect(found).not.toEqual([]);
    for (const path of paths)
      for (const name of found) {
        // A rule with another label must not count for the body.
        const blocked = evaluate(rules, { path, managed: [name, 'Log4JRCE_BODY'] });
        expect(blocked).toEqual({ rule: 'OtherBadInputs', status: 403 });
      }
  });
});

describe('counting rules of managed groups', () => {
  const groups = rules.flatMap(({ name, statement }) => {
    const { managedRuleGroupStatement: group } = statement as {
      managedRuleGroupStatement?: { name: string; ruleActionOverrides?: readonly { name: string }[] };
    };
    return group === undefined
      ? []
      : [{ name, group: group.name, counted: (group.ruleActionOverrides ?? []).map((rule) => rule.name) }];
  });
  const namesOf = (group: string) => (MANAGED_RULES[group] ?? []).map((rule) => rule.name);

  it.each(groups)('$name: have names that exist, because AWS WAF ignores others', ({ counted, group }) => {
    expect(namesOf(group)).toEqual(expect.arrayContaining(counted));
  });

  it('include every known bad input: our own rules block by the labels', () => {
    const { counted } = groups.find(({ name }) => name === 'BadInputs') ?? { counted: [] };
    expect([...counted].sort()).toEqual([...namesOf(KNOWN_BAD_INPUTS)].sort());
  });

  it('include every body rule that honest senders could match: size, URL, file, script, SQL', () => {
    for (const group of ['AWSManagedRulesCommonRuleSet', 'AWSManagedRulesSQLiRuleSet']) {
      const { counted } = groups.find((one) => one.group === group) ?? { counted: [] };
      expect(counted).toEqual(expect.arrayContaining(rulesAbout('_BODY', group)));
    }
  });
});

describe('countries', () => {
  it.each([
    [{ only: ['DE', 'FR'] }, 'FR', false],
    [{ only: ['DE', 'FR'] }, 'US', true],
    [{ except: ['KP'] }, 'KP', true],
    [{ except: ['KP'] }, 'US', false],
  ] as const)(
    '%j: a request from %s, and the rule tells whether it was a callback',
    (countries, country, isStopped) => {
      const from = (path: string) => evaluate(webAclRules({ ...PLAIN, countries }), { path, country });
      const by = (rule: string) => (isStopped ? { rule, status: 403 } : undefined);
      expect(from('/v1/results/gUcGy5DcXDZ2RzSHQ2nmuw')).toEqual(by('CallbackCountries'));
      expect(from('/v1/tasks')).toEqual(by('OtherCountries'));
    },
  );
});

describe('the capacity of the web ACL', () => {
  it('stays within the included units with all features switched on', () => {
    expect(capacityOf(rules)).toBeLessThanOrEqual(CAPACITY_INCLUDED);
    expect(capacityOf(webAclRules(FULL))).toBeLessThanOrEqual(CAPACITY_INCLUDED);
    // The managed groups alone, plus a reserve. A much smaller sum would not be a sum of all rules.
    expect(capacityOf(rules)).toBeGreaterThan(1_200);
  });

  it('stays within them with the rules of Shield Advanced, without antiDdos', () => {
    const withShield = capacityOf(webAclRules({ ...FULL, antiDdos: false })) + CAPACITY_OF_SHIELD;
    expect(withShield).toBeLessThanOrEqual(CAPACITY_INCLUDED);
    // Both together cost 0.20 USD per million requests.
    const both = capacityOf(webAclRules(FULL)) + CAPACITY_OF_SHIELD;
    expect(both).toBeGreaterThan(CAPACITY_INCLUDED);
    expect(both).toBeLessThanOrEqual(CAPACITY_INCLUDED + 500);
  });

  it('cannot be computed for unknown statements and groups', () => {
    const [first] = rules;
    const unknown = (statement: object) => capacityOf([{ ...(first as (typeof rules)[0]), statement }]);
    expect(() => unknown({ xssMatchStatement: {} })).toThrow('xssMatchStatement');
    expect(() => unknown({ managedRuleGroupStatement: { vendorName: 'AWS', name: 'Other' } })).toThrow('Other');
  });

  it('has distinct priorities, at most ten rate rules, and short enough expressions', () => {
    const full = webAclRules(FULL);
    expect(new Set(full.map((one) => one.priority)).size).toBe(full.length);
    expect(full.filter(({ name }) => text(name, full).includes('rateBased')).length).toBeLessThanOrEqual(10);
    const expressions = [...JSON.stringify(full).matchAll(/"regexString":"([^"]+)"/g)];
    expect(expressions.length).toBeGreaterThanOrEqual(2);
    for (const [, expression = ''] of expressions)
      expect(JSON.parse(`"${expression}"`).length).toBeLessThanOrEqual(200);
  });
});

describe('prefixes of paths', () => {
  const expressionsOf = (prefixes: readonly string[]) =>
    [...JSON.stringify(beginsWithOne(prefixes)).matchAll(/"regexString":("[^"]+")/g)].map(([, one]) =>
      JSON.parse(one ?? ''),
    );
  const rulesWith = (prefixes: readonly string[]) => [
    { ...(rule('NoRoute') as (typeof rules)[0]), statement: beginsWithOne(prefixes) },
  ];

  it('share one expression up to 200 characters, the limit of AWS WAF', () => {
    // "^(" and ")" are three characters, and a bar separates two prefixes.
    const fitting = [`/${'a'.repeat(97)}`, `/${'b'.repeat(97)}`];
    expect(expressionsOf(fitting).map(({ length }) => length)).toEqual([200]);
    const longer = [...fitting.slice(0, 1), `/${'b'.repeat(98)}`];
    expect(expressionsOf(longer).map(({ length }) => length)).toEqual([101, 102]);
  });

  it('match their paths and no others, in any number', () => {
    const prefixes = Array.from({ length: 100 }, (_, i) => `/v1/operator/things-of-kind-${100 + i}/`);
    for (const path of prefixes) {
      expect(evaluate(rulesWith(prefixes), { path: `${path}x` })).toEqual({ rule: 'NoRoute', status: 404 });
    }
    expect(evaluate(rulesWith(prefixes), { path: '/v1/operator/' })).toBeUndefined();
    for (const { length } of expressionsOf(prefixes)) expect(length).toBeLessThanOrEqual(200);
  });

  it('of exact routes are refused if they are too long for AWS WAF', () => {
    expect(() => isOneOf(['/a'.repeat(98)])).not.toThrow();
    expect(() => isOneOf(['/a'.repeat(99)])).toThrow('has 202 characters; expected at most 200');
  });

  it('are dropped if a shorter prefix covers them', () => {
    expect(expressionsOf(['/v1/tasks', '/v1/tasks/', '/v1/tasks', '/console'])).toEqual(['^(/v1/tasks|/console)']);
  });

  it('are refused if one is too long for AWS WAF, or if the list is empty', () => {
    expect(() => beginsWithOne([`/${'a'.repeat(196)}`])).not.toThrow();
    expect(() => beginsWithOne([`/${'a'.repeat(197)}`])).toThrow(/has 201 characters; expected at most 200.*Shorten/);
    expect(() => beginsWithOne([])).toThrow(/expected at least one/);
  });
});

it('H2 a response of the web ACL is a problem document with the real status', () => {
  for (const { action, name } of webAclRules(FULL)) {
    const { customResponse } = ((action as { block?: object } | undefined)?.block ?? {}) as {
      customResponse?: { responseCode: number; customResponseBodyKey?: keyof typeof RESPONSE_BODIES };
    };
    const key = customResponse?.customResponseBodyKey;
    if (key !== undefined) expect([name, RESPONSE_BODIES[key].status]).toEqual([name, customResponse?.responseCode]);
  }
});
