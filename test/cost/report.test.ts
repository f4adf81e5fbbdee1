import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { total, usd } from '../../cost/cost-item.ts';
import { breakEvenWithRestApi, type Estimate, estimate } from '../../cost/estimate.ts';
import { fixedCosts, type TemplateResource, unpricedTypes } from '../../cost/fixed-costs.ts';
import { pricedSettings } from '../../cost/priced-settings.ts';
import { PRICE_LISTED, PRICES } from '../../cost/prices.ts';
import { report } from '../../cost/report.ts';
import { DISPATCHED } from '../../cost/usage.ts';
import type { Environment } from '../../lib/config/environment.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { describeSettings } from '../../lib/describe/describe-settings.ts';
import { makeTemplates } from '../../lib/update/templates.ts';
import { aDispatchedProcessor } from '../support/dispatching-environment.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { loadExamples } from '../support/example-environments.ts';
import { NETWORK_DOOR } from '../support/network-door.ts';
import { SWITCHED } from '../support/switched-environments.ts';
import { NO_CODE, TEST_CONTEXT } from '../support/synthesize.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PRODUCTION = { name: 'production', region: 'eu-west-1' };
const NAMES = ['trial', 'rehearsal', 'production'] as const;

/** Resources of both templates of an environment. */
const resourcesOf = (environment: Environment): readonly TemplateResource[] =>
  Object.values(makeTemplates(environment, NO_CODE, TEST_CONTEXT)).flatMap(({ Resources = {} }) =>
    Object.values(Resources),
  );

/** A function that estimates a month of an environment with some number of callbacks. */
const estimator = (environment: Environment) => {
  const settings = pricedSettings(describeSettings(environment));
  const resources = resourcesOf(environment);
  return (callbacks: number): Estimate => estimate(settings, resources, callbacks);
};

const estimators = new Map<string, (callbacks: number) => Estimate>();
beforeAll(async () => {
  for (const environment of await loadExamples()) estimators.set(environment.name, estimator(environment));
});

const of = (name: string, callbacks: number): Estimate => {
  const found = estimators.get(name);
  if (found === undefined) throw new Error(`There is no environment ${name}.`);
  return found(callbacks);
};
const itemOf = ({ fixed, usage }: Estimate, name: string) => [...fixed, ...usage].find((item) => item.name === name);

describe('the costs of an environment', () => {
  it('count the resources of its templates', () => {
    const production = of('production', 0);
    expect(itemOf(production, 'load balancer')).toMatchObject({ quantity: 730 });
    // Three zones with one address each.
    expect(itemOf(production, 'its public IPv4 addresses, one a zone')).toMatchObject({ quantity: 3 * 730 });
    expect(itemOf(of('trial', 0), 'its public IPv4 addresses, one a zone')).toMatchObject({ quantity: 2 * 730 });
    // Data, logs, signing keys, codes, forms of the console, and the topic of the alarms. With `kms`, a key that signs too.
    expect(itemOf(production, 'keys')).toMatchObject({ quantity: 6 });
    expect(itemOf(of('trial', 0), 'keys')).toMatchObject({ quantity: 5 });
    expect(itemOf(production, 'secrets that the template refers to')).toMatchObject({ quantity: 1 });
    expect(itemOf(production, '25 alarms')?.quantity).toBeGreaterThan(25);
  });

  it('of rotating keys are a key pair a day, and none with a key in KMS that signs', () => {
    // 730 hours a month.
    expect(itemOf(of('production', 0), 'new signing keys')?.quantity).toBeCloseTo(730 / 24 / 1e6, 12);
    const environment = readEnvironment('network', (SWITCHED.network ?? {}) as never);
    const estimated = estimator(environment)(1e6);
    expect(environment.signing.kind).toBe('kms');
    expect(itemOf(estimated, 'new signing keys')).toBeUndefined();
    expect(itemOf(estimated, 'signatures of KMS')).toMatchObject({ quantity: 2 });
    expect(itemOf(of('production', 1e6), 'decryptions of signing keys')).toMatchObject({ quantity: 0.01, price: 3 });
  });

  describe('that resumes workflows', () => {
    const application = { clients: ['invoices-backend'] };
    const resumes = ['arn:aws:states:eu-west-1:123456789012:stateMachine:invoices'];
    const estimated = (applications: object, callbacks: number) => {
      const environment = readEnvironment('test', anAwsEnvironment({ applications }));
      return estimator(environment)(callbacks);
    };
    const without = estimated({ invoices: application }, 1e6);
    const withThem = estimated({ invoices: { ...application, resumes } }, 1e6);
    const million = total(withThem.usage.filter(({ name }) => name.startsWith('workflows, ')));

    it('has a key, 11 metrics of alarms and an idle queue more', () => {
      expect(total(withThem.fixed) - total(without.fixed)).toBeCloseTo(1 + 11 * 0.1 + 0.657 * 0.5, 6);
      expect(itemOf(withThem, 'keys')?.quantity).toBe(Number(itemOf(without, 'keys')?.quantity) + 1);
    });

    it('pays for each resumed task, and for metrics that others do not have', () => {
      const metrics = (one: Estimate) => Number(itemOf(one, 'metrics of functions')?.quantity);
      expect(total(without.usage.filter(({ name }) => name.startsWith('workflows')))).toBe(0);
      // Three metrics, and five reasons of one.
      expect(metrics(withThem) - metrics(without)).toBe(8);
      expect(total(withThem.usage) - total(without.usage) - million).toBeCloseTo(8 * 0.3, 6);
      expect(itemOf(withThem, 'workflows, write units')).toMatchObject({ quantity: 9 });
    });

    it('has its price on the page of deployments', () => {
      const page = readFileSync(`${ROOT}docs/operate/deploying.md`, 'utf8').replaceAll('\n ', '');
      expect(page).toContain(`A million tasks that resume a workflow cost ${million.toFixed(2)} USD more`);
    });
  });

  describe('that sends work', () => {
    const estimated = (processors: object) => estimator(readEnvironment('test', anAwsEnvironment({ processors })))(1e6);
    const plain = { carriers: ['header'], contentTypes: ['application/json'] };
    const without = estimated({ one: plain, two: plain });
    const one = estimated({ one: aDispatchedProcessor(), two: plain });
    const two = estimated({ one: aDispatchedProcessor(), two: aDispatchedProcessor() });
    const dispatches = one.usage.filter(({ name }) => name.startsWith('dispatch, '));
    const million = total(dispatches);

    it('has a key, a secret, a schedule and the polls of its queue more', () => {
      expect(itemOf(one, 'keys')?.quantity).toBe(Number(itemOf(without, 'keys')?.quantity) + 1);
      expect(itemOf(one, 'secrets that the template refers to')?.quantity).toBe(
        Number(itemOf(without, 'secrets that the template refers to')?.quantity) + 1,
      );
      // 43,800 minutes a month, three polls a minute of each of five pollers.
      expect(itemOf(one, 'polls of the queues of processors')).toMatchObject({ quantity: 0.657, price: 0.4 });
      expect(itemOf(two, 'polls of the queues of processors')).toMatchObject({ quantity: 1.314 });
      expect(itemOf(one, 'schedule of dispatch')).toMatchObject({ quantity: 0.0438 });
      expect(itemOf(without, 'schedule of dispatch')).toBeUndefined();
    });

    it('pays for each task that it sends, line by line, and for metrics that others do not have', () => {
      expect(without.usage.filter(({ name }) => name.startsWith('dispatch'))).toEqual([]);
      expect(dispatches.map(({ name, quantity }) => [name, quantity])).toEqual([
        ['dispatch, queues', 3],
        ['dispatch, write units', 15],
        ['dispatch, read units', 3],
        ['dispatch, events', 1],
        ['dispatch, function calls', 5],
        ['dispatch, function time', expect.any(Number)],
        ['dispatch, logs of functions', 0.9],
      ]);
      const metrics = (estimate: Estimate) => Number(itemOf(estimate, 'metrics of functions')?.quantity);
      // Six metrics, four of which are also counted by processor.
      expect(metrics(one) - metrics(without)).toBe(6 + 4);
      expect(metrics(two) - metrics(one)).toBe(4);
      const text = report(PRODUCTION, 1e6, one);
      for (const { name } of dispatches) expect(text).toContain(`  ${name} `);
    });

    it('has its price on the page of deployments', () => {
      const page = readFileSync(`${ROOT}docs/operate/deploying.md`, 'utf8').replaceAll('\n ', '');
      expect(page).toContain(`A million tasks whose work Postern sends cost ${million.toFixed(2)} USD more`);
    });

    it('pays for the requests of an attempt what decision 86 says', () => {
      const decision = readFileSync(`${ROOT}docs/decisions/0086-engines-that-send-work.md`, 'utf8');
      const { claim, acceptance } = DISPATCHED.writeUnits;
      const gigabytes = 0.5;
      const parts = {
        Lambda: PRICES.lambdaMillionRequests + 1e6 * gigabytes * PRICES.lambdaGigabyteSecond,
        DynamoDB:
          (claim + acceptance) * PRICES.dynamodbMillionWriteUnits +
          DISPATCHED.readUnits * PRICES.dynamodbMillionReadUnits,
        SQS: DISPATCHED.queueRequests * PRICES.sqsMillionRequests,
      };
      for (const [name, usd] of Object.entries(parts)) {
        expect(decision).toMatch(new RegExp(`\\[${name}\\]\\(\\S+\\) ${usd.toFixed(1).replace('.', '\\.')}\\b`));
      }
      const sum = Object.values(parts).reduce((all, usd) => all + usd, 0);
      expect(decision).toContain(`about ${Math.round(sum)} with 512 MB`);
    });
  });

  it('have no usage without callbacks, and grow in proportion to them', () => {
    expect(total(of('production', 0).usage)).toBe(0);
    const perCallback = (callbacks: number) =>
      total(of('production', callbacks).usage.filter(({ unit }) => unit !== 'metric')) / callbacks;
    expect(perCallback(1)).toBeCloseTo(perCallback(1e9), 10);
  });

  it('of the network door are its load balancer, addresses, tasks, logs and metrics', () => {
    const environment = readEnvironment('test', anAwsEnvironment(NETWORK_DOOR));
    const idle = estimator(environment)(0);
    expect(itemOf(idle, 'network load balancer')).toMatchObject({ quantity: 730 });
    expect(itemOf(idle, 'Elastic IP addresses, one a zone')).toMatchObject({ quantity: 2 * 730, price: 0.005 });
    const tasks = itemOf(idle, '2 tasks of the network door, with an address each');
    expect(tasks).toMatchObject({ quantity: 2 * 730, price: expect.closeTo(0.02475, 6) });
    for (const name of ['load balancer', 'web ACL']) expect(itemOf(idle, name)).toBeUndefined();
    const busy = estimator(environment)(1e9);
    expect(itemOf(busy, 'network load balancer capacity')?.quantity).toBeGreaterThan(400);
    expect(itemOf(busy, 'further tasks of the network door')?.quantity).toBeGreaterThan(730);
    for (const name of ['load balancer capacity', 'requests through the web ACL', 'logs of the load balancer'])
      expect(itemOf(busy, name), name).toBeUndefined();
    expect(breakEvenWithRestApi(busy, 1e9)).toBeUndefined();
    expect(report({ name: 'test', region: 'eu-west-1' }, 1e6, estimator(environment)(1e6))).not.toContain('REST API');
    expect(unpricedTypes(resourcesOf(environment))).toEqual([]);
  });

  it.for([
    ['application', {}, [64, 90, 238], 'costs 64, 90 and 238.', '64 USD a month without callbacks, 90 with 1,000,000'],
    [
      'network',
      NETWORK_DOOR,
      [80, 109, 250],
      'costs 80 USD without callbacks, 109 with 1,000,000 and 250 with 10,000,000.',
      '80 USD a month without callbacks, 109 with 1,000,000',
    ],
  ] as const)('with the ingress %s are those that the pages name', ([, settings, costs, sentence, row]) => {
    const estimated = estimator(readEnvironment('test', anAwsEnvironment(settings)));
    const months = [0, 1_000_000, 10_000_000].map((callbacks) => {
      const { fixed, usage } = estimated(callbacks);
      return Math.round(total(fixed) + total(usage));
    });
    expect(months).toEqual(costs);
    const textOf = (page: string) => readFileSync(`${ROOT}docs/operate/${page}.md`, 'utf8').replaceAll(/\s+/g, ' ');
    expect(textOf('deploying')).toContain(sentence);
    expect(textOf('network-door')).toContain(`| ${row}`);
  });

  it('the network door is cheaper above some 25 million callbacks a month', () => {
    const [door, balancer] = [NETWORK_DOOR, {}].map((settings) => {
      const { fixed, usage } = estimator(readEnvironment('test', anAwsEnvironment(settings)))(25e6);
      return total(fixed) + total(usage);
    });
    expect(Number(door) / Number(balancer)).toBeCloseTo(1, 2);
    expect(readFileSync(`${ROOT}docs/decisions/0090-two-front-doors.md`, 'utf8')).toContain(
      'some 25 million callbacks',
    );
  });

  it('name a resource that has no price', () => {
    const resources = [{ Type: 'AWS::EC2::NatGateway' }, { Type: 'AWS::IAM::Role' }, { Type: 'AWS::CDK::Metadata' }];
    expect(unpricedTypes(resources)).toEqual(['AWS::EC2::NatGateway']);
    expect(fixedCosts(resources)).toEqual([]);
  });

  it('of a user pool are its operators, the clients of senders with their tokens, and a secret', () => {
    const withPool = (cognito: object, applications: object) => {
      const input = anAwsEnvironment({ identityProvider: undefined, consoleClient: undefined, cognito, applications });
      const environment = readEnvironment('test', input);
      return estimator(environment)(0);
    };
    const two = withPool({}, { invoices: { clients: 'cognito' }, orders: { clients: 'cognito' } });
    expect(itemOf(two, '10 operators in the user pool')).toMatchObject({ quantity: 10, price: 0.02 });
    expect(itemOf(two, 'clients of senders in the user pool')).toMatchObject({ quantity: 2, price: 6 });
    // One token an hour for each of the two.
    expect(itemOf(two, 'their access tokens')?.quantity).toBeCloseTo(1_460 / 1e6, 12);
    expect(itemOf(two, 'secrets that the template refers to')).toMatchObject({ quantity: 1 });
    const none = withPool({ threatProtection: false }, { invoices: { clients: [] } });
    expect(itemOf(none, '10 operators in the user pool')).toMatchObject({ price: 0.015 });
    expect(itemOf(none, 'clients of senders in the user pool')).toBeUndefined();
    expect(itemOf(none, 'their access tokens')).toBeUndefined();
  });

  it('include optional resources', () => {
    const rule = { Statement: { ManagedRuleGroupStatement: { Name: 'AWSManagedRulesAntiDDoSRuleSet' } } };
    const items = fixedCosts([
      { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Type: 'network' } },
      { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [rule] } },
      { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'One' } },
      {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: 'a+b' }] },
      },
    ]);
    expect(Object.fromEntries(items.map((item) => [item.name, Math.round(usd(item) * 100) / 100]))).toEqual({
      '2 alarms': 0.3,
      'network load balancer': 18.4,
      'web ACL': 5,
      'its rules and rule groups': 1,
      'anti-DDoS rule group': 15,
    });
  });

  it('of Shield Advanced include its health check and data, and exclude what it covers', () => {
    const rule = { Statement: { ManagedRuleGroupStatement: { Name: 'AWSManagedRulesAntiDDoSRuleSet' } } };
    const items = fixedCosts([
      { Type: 'AWS::Shield::Protection' },
      { Type: 'AWS::Route53::HealthCheck' },
      { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [rule] } },
    ]);
    expect(items.map(usd)).toEqual([0.5, 3_000]);
    const input = SWITCHED.network ?? {};
    const environment = readEnvironment('network', input as never);
    const estimated = estimator(environment)(1e6);
    expect(environment.antiDdos).toBe(true);
    for (const covered of ['web ACL', 'anti-DDoS rule group', 'requests through the web ACL'])
      expect(itemOf(estimated, covered), covered).toBeUndefined();
    expect(itemOf(estimated, 'requests through the anti-DDoS group')).toBeUndefined();
    expect(itemOf(estimated, 'data out, protected by Shield')).toMatchObject({ price: 0.05, unit: 'GB' });
    const without = { ...environment, shield: 'standard' } as const;
    const alone = estimator(without)(1e6);
    expect(itemOf(alone, 'requests through the anti-DDoS group')).toMatchObject({ price: 0.8, quantity: 3 });
    expect(itemOf(alone, 'requests through the web ACL')).toMatchObject({ price: 0.6, quantity: 3 });
  });

  it('use prices that name a page of AWS, and the text and date that they were read from', () => {
    expect(PRICES.dynamodbRecoveryGigabyteMonth).toBe(0.22);
    for (const [name, { page, price, source }] of Object.entries(PRICE_LISTED)) {
      expect(price, name).toBeGreaterThan(0);
      expect(page, name).toMatch(/^[a-z0-9-]+\/(pricing\/)?([a-z-]+\/)*$/);
      expect(source.text.length, name).toBeGreaterThan(20);
      expect(source.date, name).toMatch(/^202[4-6]-\d\d(-\d\d)?$/);
    }
  });

  it.each(Object.entries(SWITCHED))('have a price for each optional resource of %s', (name, input) => {
    const environment = readEnvironment(name, input);
    expect(unpricedTypes(resourcesOf(environment))).toEqual([]);
  });

  it('are printed one item per line, with their sum', () => {
    const text = report(PRODUCTION, 1_000_000, of('production', 1_000_000));
    const amounts = [...text.matchAll(/ ([\d,]+\.\d\d)$/gm)].map(([, amount = '']) =>
      Number(amount.replaceAll(',', '')),
    );
    const { fixed, usage } = of('production', 1_000_000);
    expect(amounts.length).toBe(fixed.length + usage.length + 4);
    expect(amounts.at(-2)).toBeCloseTo(total(fixed) + total(usage), 2);
    // A quantity in millions is printed in full.
    expect(text).toMatch(/write units, new tasks +4,000,000 × 0\.705 USD per million +2\.82$/m);
    expect(report(PRODUCTION, 0, of('production', 0))).not.toMatch(/NaN|Infinity/);
  });

  it('name the Region of the environment if the prices are of another one', () => {
    const estimated = of('production', 0);
    const [heading] = report(PRODUCTION, 0, estimated).split('\n');
    expect(heading).toMatch(/^production: 0 callbacks per month, USD, list prices of eu-west-1 as of /);
    expect(report({ ...PRODUCTION, region: 'eu-central-1' }, 0, estimated)).toBe(
      report(PRODUCTION, 0, estimated).replace(
        '\n',
        '\nThe environment is in eu-central-1, whose prices may differ.\n',
      ),
    );
    expect(report(PRODUCTION, 0, estimated)).not.toContain('may differ');
  });
});

describe('docs/operate/deploying.md', () => {
  const page = readFileSync(`${ROOT}docs/operate/deploying.md`, 'utf8');
  const rounded = (amount: number) => Math.round(amount).toLocaleString('en-US');

  it.each(NAMES)('has the costs of %s', (name) => {
    const costs = [0, 1e5, 1e6, 1e7].map((callbacks) => {
      const { fixed, usage } = of(name, callbacks);
      return rounded(total(fixed) + total(usage));
    });
    expect(page).toContain(`| \`${name}\` | ${costs.join(' | ')} |`);
  });

  it('has the costs of a further million tasks, which are at most 17 USD', () => {
    const usage = of('production', 1e6).usage.filter(({ unit }) => unit !== 'metric');
    const million = total(usage);
    expect(million).toBeLessThanOrEqual(17);
    expect(page).toContain(`A further million tasks costs ${million.toFixed(2)} USD in \`production\``);
    const sumOf = (...names: readonly string[]) =>
      total(usage.filter(({ name }) => names.some((beginning) => name.startsWith(beginning)))).toFixed(2);
    for (const part of [
      `write units (${sumOf('write units')})`,
      `events (${sumOf('events')})`,
      `requests through the web ACL (${sumOf('requests through the web ACL')})`,
      `logs (${sumOf('logs')})`,
      `tables with point-in-time recovery (${sumOf('tables', 'point-in-time')})`,
    ])
      expect(page.replaceAll('\n', ' ')).toContain(part);
  });

  it('has the volume above which the load balancer is cheaper than a REST API', () => {
    const millions = (breakEvenWithRestApi(of('production', 1e6), 1e6) ?? 0) / 1e6;
    expect(page).toContain(`costs less from about ${millions.toFixed(0)} million callbacks a month on`);
  });
});
