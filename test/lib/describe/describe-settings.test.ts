import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { describeSettings } from '../../../lib/describe/describe-settings.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';

describe('the described settings of an environment', () => {
  const settings = describeSettings(
    readEnvironment('test', anAwsEnvironment({ retention: Duration.hours(36), tracing: undefined })),
  );

  it('have values and defaults, durations in seconds, and their processors', () => {
    expect(settings).toMatchObject({
      region: 'eu-west-1',
      retention: { $seconds: 129_600 },
      auditRetention: { $seconds: 365 * 86_400 },
      ownerClaim: false,
      processors: { 'acme-ocr': { id: 'acme-ocr', replayMode: 'acknowledge' } },
    });
    expect(settings).not.toHaveProperty('name');
    expect(settings).not.toHaveProperty('registry');
  });

  it('are sorted by their names', () => {
    expect(Object.keys(settings)).toEqual(Object.keys(settings).toSorted());
  });

  it.for(Object.entries(SWITCHED))('have no value of the CDK, with everything of %s', ([name, input]) => {
    const all = describeSettings(readEnvironment(name, input));
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
  });

  it('say which values only a deployment knows', () => {
    const environment = readEnvironment('test', anAwsEnvironment());
    const topic = new CfnParameter(new Stack(), 'Topic').valueAsString;
    const { alarmTopicArn, retention } = describeSettings({
      ...environment,
      alarmTopicArn: topic,
      retention: Duration.days(new CfnParameter(new Stack(), 'Days', { type: 'Number' }).valueAsNumber),
    });
    expect([alarmTopicArn, retention]).toEqual(['(known after the deployment)', '(known after the deployment)']);
  });
});
