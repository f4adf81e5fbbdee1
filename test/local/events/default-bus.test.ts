import { readdirSync } from 'node:fs';
import { describe, expect, vi } from 'vitest';
import { DefaultBus } from '../../../local/events/default-bus.ts';
import { readRule } from '../../../local/events/rule.ts';
import type { AsynchronousCalls } from '../../../local/functions/asynchronous-calls.ts';
import type { ResolvedResource } from '../../../local/resource.ts';
import { type BusEvent, objectCreatedEvent } from '../../../local/stand-ins/s3-event.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const ARRIVE = 'arn:aws:lambda:eu-west-1:000000000000:function:arrive';

const aRule = (properties: Readonly<Record<string, unknown>> = {}): ResolvedResource => ({
  logicalId: 'Arrivals',
  type: 'AWS::Events::Rule',
  properties: {
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: ['payloads'] }, object: { key: [{ prefix: 'uploads/' }] } },
    },
    State: 'ENABLED',
    Targets: [{ Id: 'Target0', Arn: ARRIVE, RetryPolicy: { MaximumRetryAttempts: 185 } }],
    ...properties,
  },
});

const anEvent = (key = 'uploads/task/jti/sha', bucket = 'payloads'): BusEvent =>
  objectCreatedEvent(
    { bucket, key, size: 4, etag: 'etag', requestId: 'request', sourceIp: '127.0.0.1' },
    { accountId: '000000000000', region: 'eu-west-1', now: 1_780_315_200_000 },
  );

const test = base
  .extend('bus', ({ folder }, { onCleanup }) => {
    const bus = new DefaultBus(folder);
    onCleanup(() => bus.stop());
    return bus;
  })
  .extend(
    'waiting',
    ({ folder }) =>
      () =>
        readdirSync(folder),
  );

describe('a rule', () => {
  const rule = readRule(aRule());

  test('matches what its pattern says, member by member', () => {
    expect(rule.matches(anEvent())).toBe(true);
    expect(rule.matches(anEvent('results/task'))).toBe(false);
    expect(rule.matches(anEvent('a/uploads/task'))).toBe(false);
    expect(rule.matches(anEvent('uploads/task', 'others'))).toBe(false);
    expect(rule.matches({ ...anEvent(), source: 'postern' })).toBe(false);
    expect(rule.matches({ ...anEvent(), 'detail-type': 'Object Deleted' })).toBe(false);
    expect(rule.matches({ ...anEvent(), detail: {} })).toBe(false);
  });

  test('that is disabled matches nothing', () => {
    expect(readRule(aRule({ State: 'DISABLED' })).matches(anEvent())).toBe(false);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['EventPattern.detail.object.size', { EventPattern: { detail: { object: { size: [{ numeric: ['>', 0] }] } } } }],
    ['EventPattern.source', { EventPattern: { source: [{ 'anything-but': 'aws.s3' }] } }],
    ['EventPattern', { EventPattern: { $or: [{ source: ['aws.s3'] }] } }],
    ['EventBusName', { EventBusName: 'another' }],
    ['ScheduleExpression', { ScheduleExpression: 'rate(1 minute)' }],
    ['Targets.0.Arn', { Targets: [{ Id: 'Target0', Arn: 'arn:aws:sqs:eu-west-1:000000000000:queue' }] }],
    ['Targets.0.InputPath', { Targets: [{ Id: 'Target0', Arn: ARRIVE, InputPath: '$.detail' }] }],
  ])('with a %s that is not known here stops by name', (name, properties) => {
    expect(() => readRule(aRule(properties))).toThrow(`Rule Arrivals: ${name}: `);
  });
});

describe('the default bus', () => {
  const rules = [readRule(aRule())];

  const recorder = (done = true) => {
    const events: unknown[] = [];
    const calls: AsynchronousCalls = {
      call: async (_, event) => {
        events.push(event);
        return done;
      },
    };
    return { events, calls };
  };

  test('keeps an event until its targets have been called, also when nobody listens yet', async ({ bus, waiting }) => {
    const { events, calls } = recorder();
    const early = anEvent();
    bus.publish(early);
    expect(waiting()).toEqual([`${early.id}.json`]);

    bus.start(rules, calls);
    const late = anEvent();
    bus.publish(late);
    bus.publish(anEvent('results/nobody/listens'));

    await vi.waitFor(() => expect(waiting()).toEqual([]), EVENTUALLY);
    expect(events).toEqual([early, late]);
  });

  test('leaves to the next start what was stopped before it was done', async ({ bus, folder, waiting }) => {
    const { calls } = recorder(false);
    bus.start(rules, calls);
    const event = anEvent();
    bus.publish(event);
    await bus.stop();
    expect(waiting()).toEqual([`${event.id}.json`]);

    const next = recorder();
    const other = new DefaultBus(folder);
    other.start(rules, next.calls);
    await vi.waitFor(() => expect(waiting()).toEqual([]), EVENTUALLY);
    await other.stop();
    expect(next.events).toEqual([event]);
  });
});
