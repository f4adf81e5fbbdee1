import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import type { Postern } from '../../cdk/postern.ts';
import { ALARMS, type AlarmName } from '../../lib/monitoring/alarms.ts';
import { aDispatchingEnvironment } from '../support/dispatching-environment.ts';
import { BOTH_DOORS, NETWORK_DOOR } from '../support/network-door.ts';
import { anAppOfUser, aPostern, aStack } from '../support/postern-app.ts';
import { resourcesOf } from '../support/template.ts';

const everything = () =>
  aPostern(
    anAppOfUser(),
    { invoices: { invokers: 'granted', resumes: 'granted' } },
    {
      ...BOTH_DOORS,
      shield: { advanced: true, subscribed: true },
      signing: { kind: 'rotating' },
      processors: aDispatchingEnvironment().processors,
    },
  );
/** The network door alone, without a console. */
const withoutLoadBalancer = () =>
  aPostern(anAppOfUser(), { invoices: { clients: ['invoices-backend'] } }, NETWORK_DOOR);
const little = () =>
  aPostern(anAppOfUser(), { invoices: { clients: ['invoices-backend'] } }, { signing: { kind: 'kms' } });

/** Names of the alarms of the gateway, without the prefix of the environment. */
const namesIn = (postern: Postern): readonly string[] => {
  const gateway = Template.fromStack(postern.node.findChild('Gateway') as Stack);
  return [
    ...Object.values(resourcesOf(gateway, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties.AlarmName),
    ...Object.values(resourcesOf(gateway, 'AWS::CloudWatch::CompositeAlarm')).map(
      ({ Properties }) => Properties.AlarmName,
    ),
  ].map((name) => `${name}`.replace('postern-test-', ''));
};

describe('alarms', () => {
  const rich = everything();
  const poor = little();
  const behindDoor = withoutLoadBalancer();

  it.each([
    ['with everything', rich],
    ['with little', poor],
    ['without a load balancer', behindDoor],
  ])('are the alarms of an environment %s by their names', (_what, postern) => {
    expect(Object.keys(postern.alarms).sort()).toEqual([...namesIn(postern)].sort());
    for (const [name, alarm] of Object.entries(postern.alarms)) {
      const { alarmName } = alarm.node.defaultChild as CfnAlarm | CfnCompositeAlarm;
      expect(alarmName).toBe(`postern-test-${name}`);
    }
  });

  it.each((Object.keys(ALARMS) as AlarmName[]).filter((name) => 'exists' in ALARMS[name]))(
    '%s says why the environment does not have it',
    (name) => {
      expect(rich.alarms[name].node.id).toBe(name);
      const without = Object.hasOwn(poor.alarms, name) && namesIn(poor).includes(name) ? behindDoor : poor;
      expect(() => without.alarms[name]).toThrow(
        new RegExp(`^Test: the environment has no alarm ${name}, because .*(\`|advanced)`),
      );
    },
  );

  it('take an action of the user’s app', () => {
    const app = anAppOfUser();
    const postern = aPostern(app, { invoices: { clients: ['invoices-backend'] } });
    const topic = Topic.fromTopicArn(aStack(app), 'Team', 'arn:aws:sns:eu-west-1:123456789012:team');
    postern.alarms.ReplayDetected.addAlarmAction(new SnsAction(topic));
    const gateway = Template.fromStack(postern.node.findChild('Gateway') as Stack);
    gateway.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'postern-test-ReplayDetected',
      AlarmActions: ['arn:aws:sns:eu-west-1:123456789012:team'],
    });
  });
});
