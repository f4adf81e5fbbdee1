import { describe, expect, it } from 'vitest';
import { OPERATOR_ACTIONS } from '../../../lambda/contract/audit.ts';
import { DOOR_METRICS, METRIC_NAMESPACE, METRICS, type MetricName } from '../../../lambda/contract/metrics.ts';
import type { Outcome } from '../../../lambda/contract/outcomes.ts';
import { OUTCOMES } from '../../../lambda/contract/outcomes.ts';
import { createLogger } from '../../../lambda/shared/log/logger.ts';
import { MAX_NAMED_PROCESSORS } from '../../../lib/monitoring/dashboard.ts';
import { GRAPHS } from '../../../lib/monitoring/graphs.ts';
import { AWS_METRICS } from '../../support/aws-metrics.ts';
import { aDispatchedProcessor, aDispatchingEnvironment } from '../../support/dispatching-environment.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { BOTH_DOORS } from '../../support/network-door.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';
import { countedInLogs } from '../../support/watched-metrics.ts';

interface Widget {
  readonly type: 'text' | 'alarm' | 'metric' | 'log';
  readonly y: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly region?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
    readonly query?: string;
  };
}

const { gateway } = synthesize(
  aDispatchingEnvironment({
    ...BOTH_DOORS,
    signing: { kind: 'rotating' },
    applications: {
      invoices: {
        invokers: ['arn:aws:iam::123456789012:role/Invoices'],
        resumes: ['arn:aws:states:eu-west-1:123456789012:stateMachine:invoices'],
      },
    },
    processors: {
      'acme-ocr': aDispatchedProcessor(),
      'other-ocr': { carriers: ['header'], contentTypes: ['application/json'] },
    },
  }),
);

/** Replaces references in the text by their logical ids. */
const widgetsOf = (template: typeof gateway): readonly Widget[] => {
  const { Properties } = theResource(template, 'AWS::CloudWatch::Dashboard');
  const { widgets } = JSON.parse(
    (Properties.DashboardBody as { readonly 'Fn::Join': readonly [string, readonly unknown[]] })['Fn::Join'][1]
      .map((part) => (typeof part === 'string' ? part : JSON.stringify(part).replaceAll('"', "'")))
      .join(''),
  ) as { readonly widgets: readonly Widget[] };
  return widgets;
};
const widgets = widgetsOf(gateway);

/** All metrics of the graphs. */
const drawn = widgets.flatMap(({ properties }) =>
  (properties.metrics ?? []).flatMap((metric) => {
    // A search expression names no metric.
    if (metric.some((one) => typeof one !== 'string' && Object.hasOwn(Object(one), 'expression'))) return [];
    const [namespace, name, ...pairs] = metric.filter((one) => typeof one === 'string') as string[];
    const dimensions: Record<string, string> = {};
    for (let i = 0; i < pairs.length; i += 2) dimensions[pairs[i] ?? ''] = pairs[i + 1] ?? '';
    return { title: properties.title, namespace, name: name ?? '', dimensions };
  }),
);
const ours = drawn.filter(({ namespace }) => namespace === METRIC_NAMESPACE);
const counted = countedInLogs(gateway);

const codesOf = (metric: MetricName) =>
  Object.entries(OUTCOMES as Record<string, Outcome>)
    .filter(([, outcome]) => outcome.metric === metric)
    .map(([code]) => code);

describe('the dashboard', () => {
  it('shows alarms, then callbacks and tasks, then functions, tables and the web ACL', () => {
    const headings = [...widgets]
      .sort((one, other) => one.y - other.y)
      .flatMap(({ properties: { markdown } }) => markdown?.match(/^## (.+)/)?.[1] ?? []);
    expect(headings).toEqual(Object.keys(GRAPHS));
    expect(headings.slice(0, 5)).toEqual(['Traffic', 'Refusals', 'Replays and late deliveries', 'Latency', 'Tasks']);
    const status = widgets.find(({ type }) => type === 'alarm');
    expect(status?.y).toBeLessThan(Math.min(...widgets.filter(({ type }) => type === 'metric').map(({ y }) => y)));
  });

  it('shows the right graphs under each heading', () => {
    const titles = Object.fromEntries(
      Object.entries(GRAPHS).map(([heading, graphs]) => [heading, graphs.map(({ title }) => title)]),
    );
    const drawnTitles = widgets.flatMap(({ properties: { title }, type }) => (type === 'metric' ? [title] : []));
    expect(drawnTitles.sort()).toEqual(Object.values(titles).flat().sort());
    expect(titles).toMatchObject({
      Functions: [
        'Errors',
        'Throttles',
        'Concurrent executions',
        expect.stringContaining('unpublished'),
        'Dead letters',
      ],
      Tables: ['Read units', 'Write units', 'Throttled requests', 'System errors of DynamoDB'],
      'Web ACL': ['Callbacks blocked, by rule', 'All requests'],
    });
  });

  it('has no heading without a graph: keys rotate, and workflows wait, in some environments only', () => {
    const shown = widgetsOf(synthesize(anAwsEnvironment({ signing: { kind: 'kms' } })).gateway).map(
      ({ properties: { markdown, title } }) => markdown ?? title,
    );
    expect(shown).toContain('## Operators');
    expect(shown).not.toContain('## Signing keys');
    expect(shown).not.toContain('Keys that sign next');
    expect(shown).not.toContain('## Workflows');
    expect(shown).not.toContain('## Dispatch');
    expect(JSON.stringify(shown)).not.toMatch(/outcome/i);
  });

  it('shows the state of every alarm', () => {
    const ids = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
      Object.keys(resourcesOf(gateway, type)),
    );
    const shown = widgets.find(({ type }) => type === 'alarm')?.properties.alarms;
    expect(shown?.length).toBe(ids.length);
    for (const id of ids) expect(shown).toContain(`{'Fn::GetAtt':['${id}','Arn']}`);
  });

  it('shows every metric of the functions and of the network door', () => {
    // One graph searches for the rules of `DoorBlocked`, so that it names no metric.
    const named = new Set([...ours.map(({ name }) => name), 'DoorBlocked']);
    expect([...named].sort()).toEqual([...Object.keys(METRICS), ...Object.keys(DOOR_METRICS)].sort());
  });

  it.each(ours.filter(({ name }) => Object.hasOwn(METRICS, name)))(
    'O5 $title: a function emits $name $dimensions',
    ({ dimensions, name }) => {
      const { by } = METRICS[name as MetricName];
      const lines: string[] = [];
      const value = by === null ? undefined : dimensions[by];
      createLogger('test', 'receive', (line) => lines.push(line)).info('request', {}, [
        { metric: name as MetricName, value: 1, ...(value !== undefined && { by: value }) },
      ]);
      const line = JSON.parse(lines[0] ?? '');
      // The order of dimensions has no meaning.
      const sets = (line._aws.CloudWatchMetrics[0].Dimensions as readonly string[][]).map((set) => [...set].sort());
      expect(sets).toContainEqual(Object.keys(dimensions).sort());
      for (const [dimension, expected] of Object.entries(dimensions)) expect(line[dimension]).toBe(expected);
    },
  );

  it.each(drawn.filter((one) => !ours.includes(one) && !counted.includes(`${one.namespace} ${one.name}`)))(
    'O5 $title: AWS reports $name',
    ({ dimensions, name, namespace }) => {
      expect(AWS_METRICS[namespace ?? '']?.[name]).toContainEqual(Object.keys(dimensions).sort());
    },
  );

  it('shows every action of operators', () => {
    const actions = ours.flatMap(({ dimensions, name }) =>
      name === 'OperatorActions' ? (dimensions.Action ?? []) : [],
    );
    expect(actions).toEqual([...OPERATOR_ACTIONS]);
  });

  it.each(['TokenRefused', 'CallbackRefused'] as const)('shows %s for every outcome code of the metric', (metric) => {
    const reasons = ours.flatMap(({ dimensions, name }) => (name === metric ? (dimensions.Reason ?? []) : []));
    expect(reasons.sort()).toEqual(codesOf(metric).sort());
  });

  it.each(['CallbackAccepted', 'CallbackAcknowledged', 'ReplayDetected'] as const)(
    'shows %s for every processor',
    (metric) => {
      const processors = ours.flatMap(({ dimensions, name }) => (name === metric ? (dimensions.Processor ?? []) : []));
      expect(processors).toEqual(['acme-ocr', 'other-ocr']);
    },
  );

  describe('with too many processors for a graph', () => {
    const withProcessors = (count: number) =>
      widgetsOf(
        synthesize(
          anAwsEnvironment({
            processors: Object.fromEntries(
              Array.from({ length: count }, (_, i) => [
                `processor-${i}`,
                { carriers: ['header'], contentTypes: ['application/json'] },
              ]),
            ),
          }),
        ).gateway,
      ).flatMap(({ properties }) => properties.metrics ?? []);

    it('shows all processors up to the limit', () => {
      const named = withProcessors(MAX_NAMED_PROCESSORS).filter((metric) => metric.includes('Processor'));
      expect(named).toHaveLength(3 * MAX_NAMED_PROCESSORS);
    });

    it('shows the busiest processors by a search expression', () => {
      const metrics = withProcessors(MAX_NAMED_PROCESSORS + 1);
      expect(metrics.filter((metric) => metric.includes('Processor'))).toEqual([]);
      const searches = metrics.flatMap(([first]) => {
        const { expression } = (first ?? {}) as { readonly expression?: string };
        return expression === undefined ? [] : [expression];
      });
      expect(searches).toEqual(
        ['CallbackAccepted', 'CallbackAcknowledged', 'ReplayDetected'].map(
          (metric) =>
            `SORT(SEARCH('{Postern,Environment,Processor} MetricName="${metric}" Environment="test"', 'Sum', 300), SUM, DESC, 25)`,
        ),
      );
    });
  });

  it('shows the states of tasks from the publisher’s log', () => {
    const [{ properties }, ...more] = widgets.filter(({ type }) => type === 'log') as [Widget];
    expect(more).toEqual([]);
    expect(properties.query).toMatch(/^SOURCE '\{'Ref':'BackgroundPublishLog\w+'\}' \| filter message = "published"/);
  });
});
