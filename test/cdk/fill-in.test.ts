import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { findFillIns, refuseDeployment } from '../../cdk/fill-in.ts';

describe('settings to fill in', () => {
  it('are found in values, lists and ids', () => {
    const settings = {
      name: 'prod',
      hostedZone: { id: 'ZFILLIN', name: 'example.com' },
      alarmSubscribers: { pages: ['a@example.com', 'FILL-IN@example.com'] },
      applications: { invoices: { clients: ['FILL-IN'] }, 'fill-in': { clients: [] }, 'fill-in-too': {} },
    };
    expect(findFillIns(settings)).toEqual([
      'hostedZone.id',
      'alarmSubscribers.pages.1',
      'applications.invoices.clients.0',
      'applications.fill-in',
      'applications.fill-in-too',
    ]);
  });

  it('are not found in values that only sound alike, in durations, and in tokens', () => {
    const settings = {
      domain: 'fulfillin.example.com',
      runbookUrl: 'https://example.com/REFILLING?page=REFILL-IN&FILLING=1',
      processors: { 'fulfill-in': { maxExpiresIn: Duration.days(2) }, 'fill-inn': {} },
      id: Token.asString({ Ref: 'Zone' }),
      none: undefined,
      nothing: null,
    };
    expect(findFillIns(settings)).toEqual([]);
  });
});

describe('an environment with settings to fill in', () => {
  const makeStacks = (paths: readonly string[]) => {
    const app = new App();
    const stacks = [new Stack(app, 'State'), new Stack(app, 'Gateway')] as const;
    refuseDeployment(stacks, paths);
    return stacks;
  };

  it('has a parameter without a default for each, in both stacks', () => {
    const stacks = makeStacks(['hostedZone.id', 'alarmSubscribers.pages.0', 'processors.fill-in']);
    for (const stack of stacks) {
      const parameters = Template.fromStack(stack).findParameters('*');
      const named = Object.entries(parameters).filter(([name]) => name.startsWith('FillIn'));
      expect(named.map(([name]) => name)).toEqual([
        'FillInHostedZoneId',
        'FillInAlarmSubscribersPages0',
        'FillInProcessors',
      ]);
      for (const [, parameter] of named) expect(parameter).not.toHaveProperty('Default');
    }
  });

  it('gets one warning with all of them', () => {
    const stacks = makeStacks(['hostedZone.id', 'processors.fill-in']);
    const warnings = stacks.flatMap((stack) =>
      Annotations.fromStack(stack).findWarning(
        '*',
        Match.stringLikeRegexp('fill in: hostedZone.id, processors.fill-in.'),
      ),
    );
    expect(warnings).toHaveLength(1);
  });

  it('has nothing of this when every setting is filled in', () => {
    const stacks = makeStacks([]);
    expect(Object.keys(Template.fromStack(stacks[0]).findParameters('FillIn*'))).toEqual([]);
  });
});
