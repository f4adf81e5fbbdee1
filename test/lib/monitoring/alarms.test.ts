import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { MetricName, OutcomeAlarmName } from '../../../lambda/contract/metrics.ts';
import { DOOR_METRICS, METRIC_NAMESPACE, METRICS } from '../../../lambda/contract/metrics.ts';
import type { Outcome } from '../../../lambda/contract/outcomes.ts';
import { OUTCOMES } from '../../../lambda/contract/outcomes.ts';
import { createLogger } from '../../../lambda/shared/log/logger.ts';
import { CALLBACK_BLOCKING_RULES } from '../../../lib/edge/web-acl-rules.ts';
import type { AlarmDefinition } from '../../../lib/monitoring/alarm-definition.ts';
import type { AlarmName, PagerAlarmName } from '../../../lib/monitoring/alarms.ts';
import { ALARMS, PAGER_ALARMS, runbookAnchor } from '../../../lib/monitoring/alarms.ts';
import { AWS_METRICS } from '../../support/aws-metrics.ts';
import { aDispatchingEnvironment } from '../../support/dispatching-environment.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { BOTH_DOORS } from '../../support/network-door.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';
import type { WatchedMetric } from '../../support/watched-metrics.ts';
import { countedInLogs, metricsOf } from '../../support/watched-metrics.ts';

/** An environment with all alarms. */
const { gateway, state } = synthesize(
  aDispatchingEnvironment({
    ...BOTH_DOORS,
    shield: { advanced: true, subscribed: true },
    signing: { kind: 'rotating' },
    applications: {
      invoices: {
        clients: ['invoices-backend'],
        invokers: ['arn:aws:iam::123456789012:role/Invoices'],
        resumes: ['arn:aws:states:eu-west-1:123456789012:stateMachine:invoices'],
      },
    },
  }),
);
const alarmOf = (name: AlarmName) =>
  Object.values(resourcesOf(gateway, 'AWS::CloudWatch::Alarm')).find(
    ({ Properties }) => Properties.AlarmName === `postern-test-${name}`,
  )?.Properties;

const NAMES = Object.keys(ALARMS) as AlarmName[];
/** Alarms of this environment. */
const ALL = NAMES.flatMap((name) => {
  const alarm = alarmOf(name);
  return alarm === undefined ? [] : [{ name, alarm, metrics: metricsOf(alarm) }];
});
const ours = ALL.filter(({ metrics }) => metrics.every(({ namespace }) => namespace === METRIC_NAMESPACE));
const foreign = ALL.filter((one) => !ours.includes(one));
/** Names of metrics that filters count in logs, with their namespaces. */
const counted = countedInLogs(gateway);
const RAISED_BY_OUTCOMES = (Object.values(OUTCOMES) as readonly Outcome[]).filter(({ alarm }) => alarm !== null);

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: unknown;
  readonly ReturnData?: boolean;
}

interface WebAcl {
  readonly VisibilityConfig: { readonly MetricName: string };
  readonly Rules: readonly { readonly VisibilityConfig: { readonly MetricName: string } }[];
}

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[]; readonly Resource: unknown }[];
}

interface GetAtt {
  readonly 'Fn::GetAtt': readonly [string, string];
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** Operations that the functions' roles permit on a table or its indexes. */
const actionsOn = (table: string): readonly string[] =>
  Object.values(resourcesOf(gateway, 'AWS::IAM::Policy'))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as Policy).Statement)
    .filter(({ Resource }) => JSON.stringify(Resource).includes(table))
    .flatMap(({ Action }) => Action)
    .map((action) => action.replace('dynamodb:', ''));

/** Log line of a function of this environment that counts the metric. @param by value of its second dimension */
const emitted = (metric: MetricName, by = 'acme-ocr'): EmbeddedMetrics => {
  const lines: string[] = [];
  createLogger('test', 'receive', (line) => lines.push(line)).info('request', {}, [{ metric, value: 1, by }]);
  return JSON.parse(lines[0] ?? '') as EmbeddedMetrics;
};

/** The order of dimensions has no meaning. */
const isSameSet = (names: readonly string[]) => (set: readonly string[]) =>
  JSON.stringify([...set].sort()) === JSON.stringify([...names].sort());

const expectEmitted = ({ dimensions, name, namespace }: WatchedMetric): void => {
  // The network door is no function, and its own tests compare what it writes.
  if (Object.hasOwn(DOOR_METRICS, String(name))) return;
  const { by } = METRICS[name as MetricName];
  const line = emitted(name as MetricName, by === null ? undefined : (dimensions[by] as string | undefined));
  const directive = line._aws.CloudWatchMetrics.find(({ Metrics }) => Metrics.some(({ Name }) => Name === name));
  expect(directive?.Namespace).toBe(namespace);
  expect(directive?.Dimensions).toContainEqual(expect.toSatisfy(isSameSet(Object.keys(dimensions))));
  for (const [dimension, value] of Object.entries(dimensions)) expect(line[dimension]).toBe(value);
  expect(line[String(name)]).toBe(1);
};

describe('alarms', () => {
  it('O5 the replay alarm is raised by one replay in a minute, not by missing data', () => {
    expect(alarmOf('ReplayDetected')).toMatchObject({
      Namespace: 'Postern',
      MetricName: 'ReplayDetected',
      Dimensions: [{ Name: 'Environment', Value: 'test' }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('O5 the rotation alarm is raised by 30 minutes without a next key, or without data', () => {
    expect(alarmOf('SigningKeyRotationFailed')).toMatchObject({
      Namespace: 'Postern',
      MetricName: 'NextSigningKeys',
      Dimensions: [{ Name: 'Environment', Value: 'test' }],
      Statistic: 'Maximum',
      Period: 600,
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('O5 ResumeRefused is raised by one refusal, unless the wait of the workflow was over', () => {
    const alarm = alarmOf('ResumeRefused') ?? {};
    expect(alarm).toMatchObject({ Threshold: 1, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' });
    const [expression] = (alarm.Metrics as Query[]).filter(({ ReturnData }) => ReturnData !== false);
    expect(expression?.Expression).toBe('SUM([FILL(m0, 0)]) - SUM([FILL(x0, 0), FILL(x1, 0)])');
    expect(metricsOf(alarm).map(({ dimensions, name }) => [name, dimensions])).toEqual([
      ['ResumeRefused', { Environment: 'test' }],
      ['ResumeRefused', { Environment: 'test', Reason: 'TaskTimedOut' }],
      ['ResumeRefused', { Environment: 'test', Reason: 'CallbackTimeoutException' }],
    ]);
  });

  it.each([
    ['ResumeDelayed', 'ApproximateAgeOfOldestMessage', 900],
    ['OutcomesDelayed', 'IteratorAge', 900_000],
  ] as const)('O5 %s is raised by an outcome that waits for 15 minutes', (name, MetricName, Threshold) => {
    expect(alarmOf(name)).toMatchObject({ MetricName, Threshold, Statistic: 'Maximum', EvaluationPeriods: 1 });
    const dimension = Object.values(metricsOf(alarmOf(name) ?? {})[0]?.dimensions ?? {});
    expect(JSON.stringify(dimension)).toMatch(/"BackgroundResumption(Outcomes|QueueOutcomes)\w{8}"/);
  });

  it('has no alarm about workflows where no application resumes one', () => {
    const names = Object.values(resourcesOf(synthesize(anAwsEnvironment()).gateway, 'AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => String(Properties.AlarmName),
    );
    expect(names).toContain('postern-test-PublishDelayed');
    expect(names.filter((name) => /Resume|Outcomes/.test(name))).toEqual([]);
  });

  it.each([
    ['DispatchFailed', 'DispatchFailed', 'Sum', 60, 1],
    ['DispatchDelayed', 'DispatchOldest', 'Maximum', 300, 1_800],
    ['ProcessorUnreachable', 'ProcessorPaused', 'Sum', 60, 1],
  ] as const)('O5 %s is raised by one value of its metric', (name, MetricName, Statistic, Period, Threshold) => {
    expect(alarmOf(name)).toMatchObject({
      Namespace: 'Postern',
      MetricName,
      Dimensions: [{ Name: 'Environment', Value: 'test' }],
      Statistic,
      Period,
      Threshold,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('O5 DispatchDelayed has the threshold of `toleratedDispatchDelay`', () => {
    const input = aDispatchingEnvironment({ toleratedDispatchDelay: Duration.minutes(5) });
    const alarms = Object.values(resourcesOf(synthesize(input).gateway, 'AWS::CloudWatch::Alarm'));
    const [delayed] = alarms.filter(({ Properties }) => Properties.AlarmName === 'postern-test-DispatchDelayed');
    expect(delayed?.Properties.Threshold).toBe(300);
  });

  it.each([
    ['and resumes workflows', gateway, ['dispatch']],
    ['and resumes none', synthesize(aDispatchingEnvironment()).gateway, ['dispatch', 'queueOutcomes']],
  ])(
    'O5 watches each dead-letter queue and function once where the environment sends work %s',
    (_what, template, ids) => {
      const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
      for (const name of ['DispatchDeadLetters', 'DispatchErrors', 'DispatchThrottles']) {
        const [alarm] = alarms.filter(({ Properties }) => Properties.AlarmName === `postern-test-${name}`);
        expect(metricsOf(alarm?.Properties ?? {})).toHaveLength(ids.length);
      }
      const names = alarms.map(({ Properties }) => Properties.AlarmName);
      expect(names).toContain('postern-test-OutcomesDelayed');
    },
  );

  it('has no alarm about dispatch where the environment sends no work', () => {
    const names = Object.values(resourcesOf(synthesize(anAwsEnvironment()).gateway, 'AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => String(Properties.AlarmName),
    );
    expect(names.filter((name) => /Dispatch|ProcessorUnreachable/.test(name))).toEqual([]);
  });

  it('has no alarm about rotation where KMS signs', () => {
    const { gateway: signedByKms } = synthesize(anAwsEnvironment({ signing: { kind: 'kms' } }));
    const names = Object.values(resourcesOf(signedByKms, 'AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmName,
    );
    expect(names).toContain('postern-test-RevokeDeadLetters');
    expect(names).not.toContain('postern-test-SigningKeyRotationFailed');
  });

  it.each(ours)('O5 $name watches a metric that the functions emit', ({ alarm, metrics }) => {
    for (const metric of metrics) expectEmitted(metric);
    expect(alarm.Metrics === undefined).toBe(metrics.length === 1);
  });

  it.each(foreign)('O5 $name watches metrics that AWS reports, a log has or the functions emit', ({ metrics }) => {
    for (const metric of metrics) {
      const { dimensions, name, namespace } = metric;
      if (namespace === METRIC_NAMESPACE) expectEmitted(metric);
      else if (counted.includes(`${namespace} ${name}`)) expect(dimensions).toEqual({});
      else expect(AWS_METRICS[String(namespace)]?.[String(name)]).toContainEqual(Object.keys(dimensions).sort());
    }
  });

  it('O5 FunctionErrors counts errors of create-task where no application invokes it', () => {
    const ofCreateTask = metricsOf(alarmOf('FunctionErrors') ?? {}).filter(
      ({ dimensions }) => dimensions.Resource !== undefined,
    );
    const { FunctionName } = ofCreateTask[0]?.dimensions ?? {};
    expect(ofCreateTask).toEqual([
      {
        namespace: 'AWS/Lambda',
        name: 'Errors',
        dimensions: { FunctionName, Resource: { 'Fn::Join': ['', [FunctionName, ':live']] } },
      },
    ]);
    const { Ref: id = '' } = FunctionName as { readonly Ref?: string };
    const aliases = Object.values(resourcesOf(gateway, 'AWS::Lambda::Alias')).filter(
      ({ Properties }) => (Properties.FunctionName as { readonly Ref?: string }).Ref === id,
    );
    expect(aliases.map(({ Properties }) => Properties.Name)).toEqual(['live', 'open-invoices']);
  });

  it('O5 InvocationErrors watches what refusals do not count towards', () => {
    expect(metricsOf(alarmOf('InvocationErrors') ?? {})).toEqual([
      { namespace: 'Postern', name: 'InvocationUnavailable', dimensions: { Environment: 'test' } },
      { namespace: 'Postern/test', name: 'CreateTaskCrashed', dimensions: {} },
    ]);
    const { Properties } = theResource(gateway, 'AWS::Logs::MetricFilter');
    expect(JSON.stringify(Properties.LogGroupName)).toContain('"FrontOpenLog');
    expect(Properties.FilterPattern).toBe(
      '{ ($.type = "platform.report" && $.record.status = "timeout")' +
        ' || ($.type = "platform.report" && $.record.errorType = "Runtime.*")' +
        ' || ($.type = "platform.initReport" && $.record.status != "success") }',
    );
  });

  it('has no alarm and no filter about invocations where no application may invoke', () => {
    const without = synthesize(anAwsEnvironment()).gateway;
    const names = Object.values(resourcesOf(without, 'AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmName,
    );
    expect(names).toContain('postern-test-FunctionErrors');
    expect(names).not.toContain('postern-test-InvocationErrors');
    expect(resourcesOf(without, 'AWS::Logs::MetricFilter')).toEqual({});
  });

  it.each(ALL)('$name has at most the allowed number of metrics', ({ alarm, metrics }) => {
    expect(metrics.length).toBeGreaterThan(0);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
    expect(metrics.length).toBeLessThanOrEqual(10);
    if (alarm.Metrics === undefined) return;
    const [expression, ...more] = (alarm.Metrics as Query[]).filter(({ ReturnData }) => ReturnData !== false);
    expect(more).toEqual([]);
    const ids = (alarm.Metrics as Query[]).filter(({ MetricStat }) => MetricStat !== undefined).map(({ Id }) => Id);
    const sumOf = (prefix: string) =>
      `SUM([${ids.flatMap((id) => (id.startsWith(prefix) ? `FILL(${id}, 0)` : [])).join(', ')}])`;
    expect(ids.every((id) => /^[mx]\d$/.test(id))).toBe(true);
    expect(expression?.Expression).toBe(
      ids.some((id) => id.startsWith('x')) ? `${sumOf('m')} - ${sumOf('x')}` : sumOf('m'),
    );
  });

  it('O5 table alarms watch every table, index and permitted operation', () => {
    const tables = Object.entries(resourcesOf(state, 'AWS::DynamoDB::GlobalTable'));
    const exported = (id: string) => expect.objectContaining({ 'Fn::ImportValue': expect.stringContaining(id) });
    const watchedBy = (...names: readonly AlarmName[]) => names.flatMap((name) => metricsOf(alarmOf(name) ?? {}));
    const throttles = watchedBy('TableThrottles', 'IndexReadThrottles', 'IndexWriteThrottles');
    const errors = watchedBy('TableSystemErrors', 'OtherTableSystemErrors');
    for (const [id, { Properties }] of tables) {
      const indexes = (Properties.GlobalSecondaryIndexes ?? []) as { readonly IndexName: string }[];
      for (const name of ['ReadThrottleEvents', 'WriteThrottleEvents']) {
        const dimensions = { TableName: exported(id) };
        expect(throttles).toContainEqual({ namespace: 'AWS/DynamoDB', name, dimensions });
        for (const { IndexName } of indexes) {
          const ofIndex = { ...dimensions, GlobalSecondaryIndexName: IndexName };
          expect(throttles).toContainEqual({ namespace: 'AWS/DynamoDB', name, dimensions: ofIndex });
        }
      }
      // The operation is called directly, or as a part of a transaction.
      const watched = errors.filter(({ dimensions }) => JSON.stringify(dimensions.TableName).includes(id));
      const operations = watched.map(({ dimensions }) => String(dimensions.Operation));
      expect(operations).toContain('TransactWriteItems');
      const read = actionsOn(id).filter((action) => /^(GetItem|BatchGetItem|Query|Scan)$/.test(action));
      expect(operations).toEqual(expect.arrayContaining(read));
    }
    expect(tables).toHaveLength(5);
  });

  it('O5 UnhealthyTarget watches the target group with the health check', () => {
    const [{ dimensions }, ...more] = metricsOf(alarmOf('UnhealthyTarget') ?? {}) as [WatchedMetric];
    expect(more).toEqual([]);
    const [id] = (dimensions.TargetGroup as GetAtt)['Fn::GetAtt'];
    const groups = resourcesOf(gateway, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(groups[id]?.Properties.HealthCheckEnabled).toBe(true);
  });

  it('O5 errors and throttles of every function are each watched by one alarm', () => {
    const functions = Object.keys(resourcesOf(gateway, 'AWS::Lambda::Function')).filter(
      (id) => !id.startsWith('Custom'),
    );
    for (const kind of ['Errors', 'Throttles'] as const) {
      const watched = (['Function', 'OtherFunction', 'Resume', 'Dispatch'] as const).flatMap((which) =>
        metricsOf(alarmOf(`${which}${kind}`) ?? {}),
      );
      const names = watched.map(({ dimensions, name }) => {
        expect(name).toBe(kind);
        return (dimensions.FunctionName as { readonly Ref: string }).Ref;
      });
      expect(names.sort()).toEqual(functions.sort());
    }
  });

  it.each(Object.keys(PAGER_ALARMS) as PagerAlarmName[])(
    '%s is raised by any page of its concern, and by no ticket',
    (name) => {
      const page = Object.values(resourcesOf(gateway, 'AWS::CloudWatch::CompositeAlarm')).find(
        ({ Properties }) => Properties.AlarmName === `postern-test-${name}`,
      )?.Properties;
      const parts = ALL.filter((one) => {
        const { concern = 'service', severity } = ALARMS[one.name] as AlarmDefinition;
        return severity === 'page' && concern === PAGER_ALARMS[name].concern;
      });
      const ids = Object.entries(resourcesOf(gateway, 'AWS::CloudWatch::Alarm'))
        .filter(([, { Properties }]) => parts.some(({ alarm }) => alarm === Properties))
        .map(([id]) => id);
      expect(ids.length).toBe(parts.length);
      expect(ids.length).toBeGreaterThan(0);
      const rule = page?.AlarmRule as { readonly 'Fn::Join': readonly ['', readonly unknown[]] };
      const text = rule['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('');
      for (const id of ids) expect(text).toContain(`ALARM("{"Fn::GetAtt":["${id}","Arn"]}")`);
      expect(text.match(/ALARM\(/g)).toHaveLength(ids.length);
      expect(text).not.toContain('AND');
      expect(page?.AlarmDescription).toContain(runbookAnchor(name));
    },
  );

  it('O5 CallbackBlocked watches the web ACL by its metric names, in its Region', () => {
    const { Properties } = theResource(gateway, 'AWS::WAFv2::WebACL');
    const { VisibilityConfig, Rules } = Properties as unknown as WebAcl;
    const rules = Rules.map((rule) => rule.VisibilityConfig.MetricName);
    const watched = metricsOf(alarmOf('CallbackBlocked') ?? {});
    expect(watched.map(({ dimensions }) => dimensions.Rule)).toEqual(
      CALLBACK_BLOCKING_RULES.filter((rule) => rules.includes(rule)),
    );
    for (const { dimensions } of watched) {
      expect(dimensions.WebACL).toBe(VisibilityConfig.MetricName);
      expect(dimensions.Region).toBe('eu-west-1');
    }
  });

  it('O5 LowReputationDenied watches refusals of the load balancer before the web ACL', () => {
    const watched = metricsOf(alarmOf('LowReputationDenied') ?? {});
    expect(watched.map(({ dimensions, name, namespace }) => [namespace, name, Object.keys(dimensions)])).toEqual([
      ['AWS/ApplicationELB', 'LowReputationRequestsDenied', ['LoadBalancer']],
      ['AWS/ApplicationELB', 'LowReputationPacketsDropped', ['LoadBalancer']],
    ]);
    expect(theResource(gateway, 'AWS::WAFv2::WebACL').Properties.OnSourceDDoSProtectionConfig).toEqual({
      ALBLowReputationMode: 'ACTIVE_UNDER_DDOS',
    });
  });

  it.each([
    ['PublishDeadLetters', 'AWS::Lambda::EventSourceMapping', 'BackgroundChanges'],
    ['ExpireDeadLetters', 'AWS::Lambda::EventInvokeConfig', 'BackgroundExpiry'],
    ['ArriveDeadLetters', 'AWS::Lambda::EventInvokeConfig', 'BackgroundArrivals'],
    ['RevokeDeadLetters', 'AWS::Lambda::EventInvokeConfig', 'BackgroundRevocations'],
  ] as const)('O5 %s is raised by one message in the queue that failures go to', (name, type, construct) => {
    const alarm = alarmOf(name);
    expect(alarm).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    const [source] = Object.entries(resourcesOf(gateway, type))
      .filter(([id]) => id.startsWith(construct))
      .map(([, { Properties }]) => Properties.DestinationConfig as { OnFailure: { Destination: GetAtt } });
    const [queue] = source?.OnFailure.Destination['Fn::GetAtt'] ?? [];
    expect(alarm?.Dimensions).toEqual([{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }]);
  });

  it('O5 every dead-letter queue has an alarm', () => {
    const watched = foreign
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ dimensions, name }) => (name === 'ApproximateNumberOfMessagesVisible' ? [dimensions.QueueName] : []));
    const queues = Object.keys(resourcesOf(gateway, 'AWS::SQS::Queue')).filter((id) => /DeadLetters/.test(id));
    expect(watched.map((queue) => (queue as GetAtt)['Fn::GetAtt'][0]).sort()).toEqual(queues.sort());
    expect(queues).toHaveLength(7);
  });

  it.each(RAISED_BY_OUTCOMES)('O5 the outcome "$title" counts in the metric of its alarm', ({ alarm, metric }) => {
    expect(metricsOf(alarmOf(alarm as OutcomeAlarmName) ?? {}).map(({ name }) => name)).toEqual([metric]);
  });

  it('have the same names as the headings of the runbook', () => {
    const runbook = readFileSync(new URL('../../../docs/operate/runbook.md', import.meta.url), 'utf8');
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings.sort()).toEqual([...NAMES, ...Object.keys(PAGER_ALARMS)].sort());
  });

  it.each(ALL)('$name links to its entry', ({ alarm, name }) => {
    expect(alarm.AlarmDescription).toContain(`Runbook: ${runbookAnchor(name)}`);
    expect(runbookAnchor(name)).toBe(`docs/operate/runbook.md#${name.toLowerCase()}`);
  });
});
