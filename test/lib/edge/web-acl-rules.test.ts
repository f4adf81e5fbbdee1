import { describe, expect, it } from 'vitest';
import { CAPABILITIES } from '../../../lambda/contract/capabilities.ts';
import { CALLBACK_RULES, webAclRules } from '../../../lib/edge/web-acl-rules.ts';

const rules = webAclRules({ callbacks: 123, others: 45 });
const rule = (name: string) => rules.find((one) => one.name === name);
const metricName = (config: object): unknown => (config as { readonly metricName?: unknown }).metricName;
const text = (name: string) => JSON.stringify(rule(name)?.statement);

describe('the web ACL', () => {
  it('knows callbacks by their paths as sent, in every rule', () => {
    const prefixes = [...Object.values(CAPABILITIES).map(({ basePath }) => `${basePath}/`), '/c/'];
    for (const prefix of prefixes) {
      for (const name of ['CallbackRate', 'OtherRate', 'CallbackBadInputs', 'OtherBadInputs', 'OtherCommon']) {
        expect(text(name)).toContain(`"searchString":"${prefix}","textTransformations":[{"priority":0,"type":"NONE"}]`);
      }
    }
  });

  it('O5 names every rule that a callback meets, so that the alarm on blocked callbacks watches it', () => {
    const meet = rules.filter((one) => !JSON.stringify(one.statement).includes('notStatement'));
    expect([...CALLBACK_RULES]).toEqual(meet.map((one) => one.visibilityConfig).map(metricName));
  });

  it('answers 429 to addresses that ask too often, callbacks and the rest apart, and says when to come again', () => {
    const customResponse = { responseCode: 429, responseHeaders: [{ name: 'Retry-After', value: '300' }] };
    for (const name of ['CallbackRate', 'OtherRate']) {
      expect(rule(name)).toMatchObject({
        action: { block: { customResponse } },
        statement: { rateBasedStatement: { aggregateKeyType: 'IP', evaluationWindowSec: 300 } },
      });
    }
    expect(rule('CallbackRate')).toMatchObject({
      statement: { rateBasedStatement: { limit: 123 } },
    });
    expect(rule('OtherRate')).toMatchObject({
      statement: { rateBasedStatement: { limit: 45 } },
    });
    expect(text('CallbackRate')).not.toContain('notStatement');
    expect(text('OtherRate')).toContain('notStatement');
  });

  it('lets a callback carry any payload: nothing that looks at bodies blocks one', () => {
    const groups = rules.filter((one) => JSON.stringify(one.statement).includes('managedRuleGroupStatement'));
    const onCallbacks = groups.filter((one) => !JSON.stringify(one.statement).includes('notStatement'));
    expect(onCallbacks.map((one) => one.name)).toEqual(['IpReputation', 'CallbackBadInputs']);
    const { statement } = rule('CallbackBadInputs') ?? {};
    expect(statement).toMatchObject({
      managedRuleGroupStatement: {
        ruleActionOverrides: ['Log4JRCE_BODY', 'JavaDeserializationRCE_BODY', 'ReactJSRCE_BODY'].map((name) => ({
          name,
          actionToUse: { count: {} },
        })),
      },
    });
  });

  it('keeps bot control, hosting providers and challenges away: callers are machines', () => {
    const all = JSON.stringify(rules);
    for (const group of ['BotControl', 'AnonymousIpList', 'AntiDDoS', 'challenge', 'captcha'])
      expect(all).not.toContain(group);
  });

  it('only counts the common rules that honest senders and operators break', () => {
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
  });

  it('has distinct priorities and stays within ten rate rules', () => {
    expect(new Set(rules.map((one) => one.priority)).size).toBe(rules.length);
    expect(rules.filter((one) => JSON.stringify(one.statement).includes('rateBased')).length).toBeLessThanOrEqual(10);
  });
});
