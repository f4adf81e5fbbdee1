import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect } from 'vitest';
import { LOCAL_CONTEXT } from '../../lib/context-keys.ts';
import { ALARMS } from '../../lib/monitoring/alarms.ts';
import { LOCAL_OPTIONS } from '../support/example-environments.ts';
import { aPostern, aStack } from '../support/postern-app.ts';
import { anApp, TEST_CONTEXT } from '../support/synthesize.ts';
import { test as it } from '../support/unit-fixtures.ts';

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Invoices';

describe('an app whose environment runs on one machine', () => {
  it('synthesizes with its grants, rules, metrics and actions of alarms', ({ ownFolder }) => {
    const app = anApp(ownFolder, {
      context: { ...TEST_CONTEXT, [LOCAL_CONTEXT]: JSON.stringify({ ...LOCAL_OPTIONS, environment: 'test' }) },
    });
    const postern = aPostern(
      app,
      { invoices: { invokers: 'granted', resumes: 'granted' } },
      { shield: { advanced: true, subscribed: true } },
    );
    const stack = aStack(app);
    postern.onTask(['succeeded'], new SqsQueue(new Queue(stack, 'Ended')), { application: 'invoices' });
    const role = new Role(stack, 'Opener', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    postern.grantOpen('invoices', role);
    postern.allowResume('invoices', StateMachine.fromStateMachineArn(stack, 'Workflow', MACHINE));
    postern.metric('ReplayDetected').createAlarm(stack, 'Replays', { threshold: 1, evaluationPeriods: 1 });
    const topic = new Topic(aStack(app, 'Team'), 'Topic');
    // Shield is left out on one machine, so that the gateway has no such alarm.
    for (const alarm of Object.values(postern.alarms)) alarm.addAlarmAction(new SnsAction(topic));

    expect(() => app.synth()).not.toThrow();
    expect(Object.keys(postern.alarms)).toEqual(expect.arrayContaining(Object.keys(ALARMS)));
    const gateway = Template.fromStack(postern.node.findChild('Gateway') as Stack);
    expect(JSON.stringify(gateway.findResources('AWS::CloudWatch::Alarm'))).not.toContain('DDoSDetected');
    expect(JSON.stringify(gateway.toJSON())).toContain(MACHINE);
  });
});
