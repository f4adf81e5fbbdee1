import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import type { MetricDimensions } from '../../cdk/metric.ts';
import { METRICS, type MetricName } from '../../lambda/contract/metrics.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { anAppOfUser, aPostern, aStack, PLACE } from '../support/postern-app.ts';
import { theResource } from '../support/template.ts';

const anEnvironment = () => {
  const app = anAppOfUser();
  return { app, postern: aPostern(app, { invoices: { clients: ['invoices-backend'] } }) };
};
const { postern } = anEnvironment();

/** Dimension sets of the lines that a function writes about a metric. */
const writtenSets = (metric: MetricName, by?: string): readonly Readonly<Record<string, string>>[] => {
  const lines: string[] = [];
  const measurement = { metric, value: 1, ...(by !== undefined && { by }) };
  createLogger('test', 'receive', (line) => lines.push(line)).info('done', {}, [measurement]);
  const line = JSON.parse(lines[0] ?? '') as Readonly<Record<string, string>> & {
    readonly _aws: { readonly CloudWatchMetrics: readonly [{ readonly Dimensions: readonly (readonly string[])[] }] };
  };
  return line._aws.CloudWatchMetrics[0].Dimensions.map((names) =>
    Object.fromEntries(names.map((name) => [name, line[name] ?? ''])),
  );
};

const VALUES = { Action: 'cancel', Application: 'invoices', Processor: 'acme-ocr', Reason: 'token_expired' } as const;

describe('metric', () => {
  it.each(Object.keys(METRICS) as MetricName[])('%s has exactly the dimension sets that functions write', (name) => {
    const { by } = METRICS[name];
    const value = by === null ? undefined : VALUES[by];
    const sets: MetricDimensions<MetricName>[] = [
      {},
      ...(by === null ? [] : [{ [by.toLowerCase()]: VALUES[by] } as MetricDimensions<MetricName>]),
    ];
    const metrics = sets.map((dimensions) => postern.metric(name, dimensions));
    expect(metrics.map(({ dimensions }) => dimensions)).toEqual(writtenSets(name, value));
    expect(new Set(metrics.map(({ namespace }) => namespace))).toEqual(new Set(['Postern']));
  });

  it.each([
    ['ReplayDetected', 'Sum'],
    ['CallbackLatency', 'p99'],
    ['ResumeDelay', 'p99'],
    ['NextSigningKeys', 'Maximum'],
  ] as const)('%s has the statistic %s if no other is given', (name, statistic) => {
    expect(postern.metric(name).statistic).toBe(statistic);
    expect(postern.metric(name, {}, { statistic: 'Average', period: Duration.minutes(1) })).toMatchObject({
      statistic: 'Average',
      period: Duration.minutes(1),
    });
  });

  it('makes an alarm in a stack of the user that names no other stack', () => {
    const world = anEnvironment();
    const stack = aStack(world.app);
    const metric = world.postern.metric('ReplayDetected', { processor: 'acme-ocr' });
    new Alarm(stack, 'Replayed', { metric, threshold: 1, evaluationPeriods: 1 });
    expect(theResource(Template.fromStack(stack), 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
      Namespace: 'Postern',
      MetricName: 'ReplayDetected',
      Dimensions: [
        { Name: 'Environment', Value: 'test' },
        { Name: 'Processor', Value: 'acme-ocr' },
      ],
      Statistic: 'Sum',
    });
    expect(stack.dependencies).toEqual([]);
  });

  it('names its account and Region in a stack elsewhere', () => {
    const metric = postern.metric('ReplayDetected');
    expect(metric).toMatchObject({ account: PLACE.account, region: PLACE.region });
  });

  it.each<[MetricName, Record<string, string>, string]>([
    [
      'CallbackLatency',
      { processor: 'acme-ocr' },
      'Test: the metric CallbackLatency is not written by { processor }; expected only {}.',
    ],
    [
      'TokenRefused',
      { processor: 'acme-ocr' },
      'Test: the metric TokenRefused is not written by { processor }; expected {} or { reason }.',
    ],
    [
      'ReplayDetected',
      { processor: 'acme-ocr', application: 'invoices' },
      'Test: the metric ReplayDetected is not written by { processor, application }; expected {} or { processor }.',
    ],
    [
      'ReplayDetected',
      { processor: 'acme-orc' },
      'Test: there is no processor "acme-orc" for the metric ReplayDetected; expected one of acme-ocr. Did you mean `acme-ocr`?',
    ],
    [
      'TaskOpened',
      { application: 'orders' },
      'Test: there is no application "orders" for the metric TaskOpened; expected one of invoices.',
    ],
    [
      'OperatorActions',
      { action: 'delete' },
      'Test: there is no action "delete" for the metric OperatorActions; expected',
    ],
    ['ReplayDetect' as MetricName, {}, 'Test: there is no metric ReplayDetect; expected one of CallbackAccepted, '],
  ])('%s with %j is refused', (name, dimensions, message) => {
    expect(() => postern.metric(name, dimensions as MetricDimensions<MetricName>)).toThrow(message);
  });
});
