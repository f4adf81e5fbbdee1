import { describe, expect, it } from 'vitest';
import { MAX_TOKEN_CHARS } from '../../../lambda/contract/limits.ts';
import { ROUTES, type Route } from '../../../lambda/contract/routes.ts';
import {
  CAPACITY_INCLUDED,
  CAPACITY_OF_SHIELD,
  CAPACITY_STEP,
  capacityOf,
} from '../../../lib/edge/web-acl-capacity.ts';
import { CALLBACK_BLOCKING_RULES, RESPONSE_BODIES, webAclRules } from '../../../lib/edge/web-acl-rules.ts';
import { MANAGED_RULES } from '../../support/managed-rules.ts';
import { evaluate } from '../../support/web-acl.ts';

const PLAIN = { rateLimits: { callbacks: 123, callbackPath: 67, others: 45 }, antiDdos: false };
/** Everything that an environment can switch on. */
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

const TOKEN = 'x'.repeat(MAX_TOKEN_CHARS);
const pathsOf = ({ path }: Route) => {
  const plain = path.replaceAll(/\{\w+\}/g, 'gUcGy5DcXDZ2RzSHQ2nmuw');
  return path.startsWith('/v1/') ? [plain, `${plain}/${TOKEN}`] : [plain];
};

describe('which paths the web ACL lets through', () => {
  it.each(Object.entries(ROUTES))('every path of the route %s, a token at its end too', (_name, route) => {
    for (const path of pathsOf(route)) expect(evaluate(rules, { path })).toBeUndefined();
  });

  it.each(['/oauth2/idpresponse', '/console/tasks/1'])('%s, which the load balancer and the console answer', (path) => {
    expect(evaluate(rules, { path })).toBeUndefined();
  });

  it.each([
    '/',
    '/wp-login.php',
    '/.env',
    '/v1',
    '/v2/results/a',
    '/V1/results/a',
    '/%761/results/a',
    '//v1/results/a',
  ])('not %s: 404, as the load balancer would answer it', (path) => {
    expect(evaluate(rules, { path })).toEqual({ rule: 'NoRoute', status: 404 });
  });

  it('none that is longer than any of ours: 414', () => {
    const path = (length: number) => `/v1/results/${'a'.repeat(length - '/v1/results/'.length)}`;
    expect(evaluate(rules, { path: path(4_096) })).toBeUndefined();
    expect(evaluate(rules, { path: path(4_097) })).toEqual({ rule: 'LongPath', status: 414 });
  });

  it('whatever the method, the content type and the body are: the functions say what would be right', () => {
    expect(JSON.stringify(rules)).not.toMatch(/"(method|body|singleHeader|jsonBody)":/);
  });
});

describe('callbacks', () => {
  const callbacks = (Object.values(ROUTES) as Route[]).filter(({ access }) =>
    ['callback', 'code'].includes(access.kind),
  );
  /** The one rule that tells them apart, put so that it blocks. */
  const telling = (path: string) => {
    const told = rules.map((one) => (one.name === 'Callback' ? { ...one, action: { block: {} } } : one));
    return evaluate(told, { path })?.rule;
  };

  it('are known by their paths as sent, once for all rules', () => {
    expect(callbacks.length).toBeGreaterThanOrEqual(5);
    for (const route of callbacks) for (const path of pathsOf(route)) expect(telling(path)).toBe('Callback');
    for (const path of ['/v1/tasks', '/v1/tasks/a', '/v1/handshake', '/console', '/openapi.json', '/v1/%72esults/a']) {
      expect(telling(path)).not.toBe('Callback');
    }
    const [label] = rules.flatMap(({ name, ruleLabels }) => (name === 'Callback' ? [ruleLabels] : []));
    expect(label).toEqual([{ name: 'postern:callback' }]);
  });

  it('may carry any payload: nothing that looks at bodies blocks one', () => {
    const groups = rules.filter(({ name }) => text(name).includes('managedRuleGroupStatement'));
    const onCallbacks = groups.filter(({ name }) => isOnCallbacksAlone(name)).map(({ name }) => name);
    expect(onCallbacks).toEqual(['CallbackIpReputation', 'CallbackBadInputs']);
    for (const { name } of groups) expect(text(name)).toContain('postern:callback');
    expect(rule('CallbackBadInputs')?.statement).toMatchObject({
      managedRuleGroupStatement: {
        ruleActionOverrides: ['PROPFIND_METHOD', 'Log4JRCE_BODY', 'JavaDeserializationRCE_BODY', 'ReactJSRCE_BODY'].map(
          (name) => ({
            name,
            actionToUse: { count: {} },
          }),
        ),
      },
    });
  });

  it('come from machines: no bot control, no list of hosting providers, no challenge', () => {
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

  it('come from the addresses of the processors alone, where every processor has some', () => {
    const full = webAclRules({ ...PLAIN, callbackSources: ['arn:v4', 'arn:v6'] });
    const sets = { 'arn:v4': ['192.0.2.0/24'], 'arn:v6': ['2001:db8::/32'] };
    const from = (address: string, path = '/c/code') => evaluate(full, { path, address }, sets);
    expect(from('192.0.2.77')).toBeUndefined();
    expect(from('2001:db8::1')).toBeUndefined();
    for (const address of ['198.51.100.1', '2001:db9::1']) {
      expect(from(address)).toEqual({ rule: 'CallbackSources', status: 403 });
      // Senders and operators have addresses of their own.
      expect(from(address, '/v1/tasks')).toBeUndefined();
    }
  });

  it('O5 are stopped by rules of these names and by no other of their own', () => {
    const names = webAclRules(FULL).map(({ name }) => name);
    for (const name of CALLBACK_BLOCKING_RULES) expect(names).toContain(name);
    const mine = names.filter((name) => name.startsWith('Callback') && name !== 'Callback');
    expect(['AntiDdos', ...mine].sort()).toEqual([...CALLBACK_BLOCKING_RULES].sort());
  });
});

describe('rates', () => {
  it('answers 429 to an address, or at a path, that is asked too often, and says when to come again', () => {
    const customResponse = {
      responseCode: 429,
      customResponseBodyKey: 'tooMany',
      responseHeaders: [{ name: 'Retry-After', value: '300' }],
    };
    for (const [name, limit] of Object.entries({ CallbackRate: 123, CallbackPathRate: 67, OtherRate: 45 })) {
      expect(rule(name)).toMatchObject({
        action: { block: { customResponse } },
        statement: { rateBasedStatement: { limit, evaluationWindowSec: 300 } },
      });
    }
    expect(isOnCallbacksAlone('CallbackRate') && isOnCallbacksAlone('CallbackPathRate')).toBe(true);
    expect(isOnCallbacksAlone('OtherRate')).toBe(false);
  });

  it('O1 counts by address, and callbacks by a hash of their path as well: what is counted by stands in the log', () => {
    expect(rule('CallbackPathRate')?.statement).toMatchObject({
      rateBasedStatement: {
        aggregateKeyType: 'CUSTOM_KEYS',
        customKeys: [{ uriPath: { textTransformations: [{ priority: 0, type: 'MD5' }] } }],
      },
    });
    for (const name of ['CallbackRate', 'OtherRate']) {
      expect(rule(name)?.statement).toMatchObject({ rateBasedStatement: { aggregateKeyType: 'IP' } });
    }
  });
});

describe('senders and operators', () => {
  it('are held against common attacks and SQL as well, but for what honest ones do', () => {
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
      'AWSManagedRulesKnownBadInputsRuleSet',
      'AWSManagedRulesCommonRuleSet',
      'AWSManagedRulesSQLiRuleSet',
    ]);
    // What only counts stops nobody: of the reputation none, of bad inputs a method, whose 405 is a function's (H3).
    expect(text('OtherIpReputation')).not.toContain('ruleActionOverrides');
    const counted = '"ruleActionOverrides":[{"name":"PROPFIND_METHOD","actionToUse":{"count":{}}}]';
    expect(text('OtherBadInputs')).toContain(counted);
  });
});

describe('what only counts of the groups of AWS', () => {
  const groups = rules.flatMap(({ name, statement }) => {
    const { managedRuleGroupStatement: group } = statement as {
      managedRuleGroupStatement?: { name: string; ruleActionOverrides?: readonly { name: string }[] };
    };
    return group === undefined
      ? []
      : [{ name, group: group.name, counted: (group.ruleActionOverrides ?? []).map((rule) => rule.name) }];
  });
  const ofBodies = (group: string) => (MANAGED_RULES[group] ?? []).filter((rule) => rule.endsWith('_BODY'));

  it.each(groups)('$name: is there by that name, for another would be passed over', ({ counted, group }) => {
    expect(MANAGED_RULES[group]).toEqual(expect.arrayContaining(counted));
  });

  it('is every rule that looks at a callback’s body', () => {
    for (const { counted, group, name } of groups.filter(({ name }) => name.startsWith('Callback'))) {
      expect([name, counted]).toEqual([name, expect.arrayContaining(ofBodies(group))]);
    }
  });

  it('is every rule about bodies that honest senders could meet: sizes, URLs, files, script and SQL', () => {
    for (const group of ['AWSManagedRulesCommonRuleSet', 'AWSManagedRulesSQLiRuleSet']) {
      const { counted } = groups.find((one) => one.group === group) ?? { counted: [] };
      expect(counted).toEqual(expect.arrayContaining(ofBodies(group)));
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

describe('what it costs', () => {
  it('stays within the capacity that a request has no extra price for, with everything switched on', () => {
    expect(capacityOf(rules)).toBeLessThanOrEqual(CAPACITY_INCLUDED);
    expect(capacityOf(webAclRules(FULL))).toBeLessThanOrEqual(CAPACITY_INCLUDED);
    // The groups of AWS alone, and something for the rest: a sum that is far below was not one.
    expect(capacityOf(rules)).toBeGreaterThan(1_350);
  });

  it('is one step above it with the rules that Shield Advanced adds, as the environment page says', () => {
    for (const each of [rules, webAclRules(FULL)]) {
      const withShield = capacityOf(each) + CAPACITY_OF_SHIELD;
      expect(withShield).toBeGreaterThan(CAPACITY_INCLUDED);
      expect(withShield).toBeLessThanOrEqual(CAPACITY_INCLUDED + CAPACITY_STEP);
    }
  });

  it('stops at what it has no price for', () => {
    const [first] = rules;
    const unknown = (statement: object) => capacityOf([{ ...(first as (typeof rules)[0]), statement }]);
    expect(() => unknown({ xssMatchStatement: {} })).toThrow('xssMatchStatement');
    expect(() => unknown({ managedRuleGroupStatement: { vendorName: 'AWS', name: 'Other' } })).toThrow('Other');
  });

  it('has distinct priorities, at most ten rate rules, expressions of a length that AWS takes', () => {
    const full = webAclRules(FULL);
    expect(new Set(full.map((one) => one.priority)).size).toBe(full.length);
    expect(full.filter(({ name }) => text(name, full).includes('rateBased')).length).toBeLessThanOrEqual(10);
    for (const [, expression = ''] of JSON.stringify(full).matchAll(/"regexString":"([^"]+)"/g)) {
      expect(expression.length).toBeLessThanOrEqual(512);
    }
  });
});

it('H2 says why in a problem document, whose status is the real one', () => {
  for (const { action, name } of webAclRules(FULL)) {
    const { customResponse } = ((action as { block?: object } | undefined)?.block ?? {}) as {
      customResponse?: { responseCode: number; customResponseBodyKey?: keyof typeof RESPONSE_BODIES };
    };
    const key = customResponse?.customResponseBodyKey;
    if (key !== undefined) expect([name, RESPONSE_BODIES[key].status]).toEqual([name, customResponse?.responseCode]);
  }
});
