import { describe, expect, it } from 'vitest';
import type { AlarmDefinition } from '../../../lib/monitoring/alarm-definition.ts';
import { ALARMS, PAGER_ALARMS } from '../../../lib/monitoring/alarms.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf } from '../../support/template.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';
const PAGER = 'https://pager.example.com/postern';
const TEAM = 'team@example.com';

const none = synthesize(anAwsEnvironment({ alarmTopicArn: undefined })).gateway;
const given = synthesize(anAwsEnvironment({ alarmTopicArn: TOPIC })).gateway;
const own = synthesize(
  anAwsEnvironment({ alarmTopicArn: undefined, alarmSubscribers: { pages: [PAGER, TEAM], tickets: [TEAM] } }),
).gateway;

type Gateway = typeof own;
const alarms = (gateway: Gateway) => [
  ...Object.values(resourcesOf(gateway, 'AWS::CloudWatch::Alarm')),
  ...Object.values(resourcesOf(gateway, 'AWS::CloudWatch::CompositeAlarm')),
];
const nameOf = (alarm: { readonly Properties: Record<string, unknown> }): string =>
  String(alarm.Properties.AlarmName).replace('postern-test-', '');
const kindOf = (name: string): 'page' | 'ticket' | 'part of a page' => {
  if (Object.hasOwn(PAGER_ALARMS, name)) return 'page';
  return (ALARMS as Record<string, AlarmDefinition>)[name]?.severity === 'ticket' ? 'ticket' : 'part of a page';
};

/** Statement of a policy that permits alarms. */
const forAlarms = (policy: unknown) =>
  (policy as { readonly Statement: { readonly Principal: { readonly Service?: string } }[] }).Statement.filter(
    ({ Principal }) => Principal.Service === 'cloudwatch.amazonaws.com',
  );
const OF_THIS_ENVIRONMENT = {
  StringEquals: { 'aws:SourceAccount': '123456789012' },
  ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:postern-test-*' },
};

describe('the receivers of alarms', () => {
  it('are absent by default, without any resource', () => {
    none.resourceCountIs('AWS::SNS::Topic', 0);
    for (const { Properties } of alarms(none)) expect(Properties.AlarmActions).toBeUndefined();
  });

  it('alarmTopicArn: receives tickets and pager alarms, not the pages below them', () => {
    given.resourceCountIs('AWS::SNS::Topic', 0);
    expect(
      alarms(given)
        .map(nameOf)
        .filter((name) => kindOf(name) === 'page'),
    ).toHaveLength(2);
    for (const alarm of alarms(given)) {
      const kind = kindOf(nameOf(alarm));
      expect(alarm.Properties.AlarmActions).toEqual(kind === 'part of a page' ? undefined : [TOPIC]);
      expect(alarm.Properties.OKActions).toEqual(kind === 'page' ? [TOPIC] : undefined);
    }
  });

  it('alarmSubscribers: receive their kind, and for pages also the end', () => {
    const topics = Object.keys(resourcesOf(own, 'AWS::SNS::Topic'));
    const pages = topics.find((id) => id.includes('Pages'));
    const tickets = topics.find((id) => id.includes('Tickets'));
    expect(topics).toHaveLength(2);
    for (const alarm of alarms(own)) {
      const kind = kindOf(nameOf(alarm));
      const actions = { page: [{ Ref: pages }], ticket: [{ Ref: tickets }], 'part of a page': undefined }[kind];
      expect(alarm.Properties.AlarmActions).toEqual(actions);
      expect(alarm.Properties.OKActions).toEqual(kind === 'page' ? [{ Ref: pages }] : undefined);
    }
    const subscriptions = Object.values(resourcesOf(own, 'AWS::SNS::Subscription')).map(({ Properties }) => Properties);
    expect(subscriptions).toHaveLength(3);
    expect(subscriptions).toEqual(
      expect.arrayContaining([
        { Protocol: 'https', Endpoint: PAGER, TopicArn: { Ref: pages } },
        { Protocol: 'email', Endpoint: TEAM, TopicArn: { Ref: pages } },
        { Protocol: 'email', Endpoint: TEAM, TopicArn: { Ref: tickets } },
      ]),
    );
  });

  it('alarmSubscribers: the topics’ key may be used only by alarms of this environment', () => {
    // The stack's other key signs the forms of the console; it encrypts nothing.
    const encrypting = Object.entries(resourcesOf(own, 'AWS::KMS::Key')).filter(
      ([, { Properties: properties }]) => properties.KeyUsage !== 'GENERATE_VERIFY_MAC',
    );
    expect(encrypting).toHaveLength(1);
    const [[id, { Properties }]] = encrypting as [(typeof encrypting)[number]];
    expect(Properties.EnableKeyRotation).toBe(true);
    expect(forAlarms(Properties.KeyPolicy)).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: OF_THIS_ENVIRONMENT,
      },
    ]);
    for (const topic of Object.values(resourcesOf(own, 'AWS::SNS::Topic'))) {
      expect(topic.Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
    }
  });

  it('alarmSubscribers: the topic policy lets alarms of this environment publish', () => {
    const policies = Object.values(resourcesOf(own, 'AWS::SNS::TopicPolicy'));
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies) {
      const [topic] = Properties.Topics as unknown[];
      expect(forAlarms(Properties.PolicyDocument)).toEqual([
        expect.objectContaining({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Resource: topic,
          Condition: OF_THIS_ENVIRONMENT,
        }),
      ]);
      expect(JSON.stringify(Properties.PolicyDocument)).toContain('"aws:SecureTransport":"false"');
    }
  });
});
