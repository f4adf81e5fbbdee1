import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ResolvedResource } from '../../../local/resource.ts';
import { readSchedule, runSchedule } from '../../../local/schedules/schedule.ts';

const EXPIRE = 'arn:aws:lambda:eu-west-1:000000000000:function:expire';

const aSchedule = (
  properties: Readonly<Record<string, unknown>> = {},
  target: Readonly<Record<string, unknown>> = {},
): ResolvedResource => ({
  logicalId: 'Expiry',
  type: 'AWS::Scheduler::Schedule',
  properties: {
    Name: 'postern-local-expire',
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: EXPIRE, RoleArn: 'arn:aws:iam::000000000000:role/role', ...target },
    ...properties,
  },
});

describe('a schedule that runs', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const run = (resource: ResolvedResource) => {
    const made: unknown[][] = [];
    const running = runSchedule(readSchedule(resource), {
      region: 'eu-west-1',
      accountId: '000000000000',
      calls: {
        call: async (...call) => {
          made.push(call.slice(0, 2));
          return true;
        },
      },
    });
    return { made, running };
  };

  test('calls its function at once, then at its rate, and not after its end', async () => {
    const { made, running } = run(aSchedule());
    expect(made).toHaveLength(1);
    expect(made[0]).toEqual([
      EXPIRE,
      expect.objectContaining({
        source: 'aws.scheduler',
        'detail-type': 'Scheduled Event',
        resources: ['arn:aws:scheduler:eu-west-1:000000000000:schedule/default/postern-local-expire'],
      }),
    ]);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(made).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(made).toHaveLength(4);
    await running.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(made).toHaveLength(4);
  });

  test('gives its function the input of the template, where it has one', async () => {
    const { made, running } = run(aSchedule({}, { Input: '{"shards":[1]}' }));
    expect(made).toEqual([[EXPIRE, { shards: [1] }]]);
    await running.stop();
  });

  test('does nothing while it is disabled', async () => {
    const { made, running } = run(aSchedule({ State: 'DISABLED' }));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(made).toEqual([]);
    await running.stop();
  });
});

describe('a schedule of the template', () => {
  test.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
  ])('%s is a rate', (expression, milliseconds) => {
    expect(readSchedule(aSchedule({ ScheduleExpression: expression })).rateMs).toBe(milliseconds);
  });

  test.each(['cron(0 10 * * ? *)', 'at(2100-06-01T12:00:00)', 'rate(0 minutes)', 'rate(1 second)'])(
    'at %s stops by name',
    (expression) => {
      expect(() => readSchedule(aSchedule({ ScheduleExpression: expression }))).toThrow(
        `Schedule Expiry: the expression "${expression}" is not known to the local gateway.`,
      );
    },
  );

  test.each<[string, ResolvedResource]>([
    ['StartDate', aSchedule({ StartDate: '2100-06-01T12:00:00Z' })],
    ['FlexibleTimeWindow.Mode', aSchedule({ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } })],
    ['Target.Arn', aSchedule({}, { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' })],
  ])('with a %s that is not done here stops by name', (name, resource) => {
    expect(() => readSchedule(resource)).toThrow(`Schedule Expiry: ${name}: `);
  });
});
