import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { AsynchronousCalls } from '../functions/asynchronous-calls.ts';
import type { ResolvedResource } from '../resource.ts';

export const SCHEDULE_TYPE = 'AWS::Scheduler::Schedule';

const UNITS_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** `strictObject`: what EventBridge Scheduler would do and we do not is refused by name, never left out in silence. */
const Properties = v.strictObject({
  Name: v.optional(v.string()),
  GroupName: v.optional(v.string()),
  Description: v.optional(v.string()),
  ScheduleExpression: v.string(),
  ScheduleExpressionTimezone: v.optional(v.string()),
  FlexibleTimeWindow: v.strictObject({ Mode: v.literal('OFF') }),
  State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
  Target: v.strictObject({
    Arn: v.pipe(v.string(), v.regex(/^arn:aws:lambda:/, 'expected the ARN of a function')),
    RoleArn: v.string(),
    Input: v.optional(v.string()),
    // Both are about calls that Lambda did not take; here it takes every one.
    RetryPolicy: v.optional(v.unknown()),
    DeadLetterConfig: v.optional(v.unknown()),
  }),
  KmsKeyArn: v.optional(v.string()),
});

/** A schedule at a rate. */
export interface Schedule {
  readonly name: string;
  readonly enabled: boolean;
  readonly rateMs: number;
  readonly functionArn: string;
  /** JSON text, where the template has one. */
  readonly input: string | undefined;
}

/** @throws {Error} naming the schedule and what of it is wrong or not done here */
export const readSchedule = ({ logicalId, properties }: ResolvedResource): Schedule => {
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(`Schedule ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const { Name: name, ScheduleExpression: expression, State: state, Target: target } = parsed.output;
  const match = /^rate\(([1-9]\d{0,5}) (minute|hour|day)s?\)$/.exec(expression);
  if (match === null) {
    throw new Error(`Schedule ${logicalId}: the expression "${expression}" is not known to the local gateway.`);
  }
  return {
    name: name ?? logicalId,
    enabled: state === 'ENABLED',
    rateMs: Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS],
    functionArn: target.Arn,
    input: target.Input,
  };
};

export interface ScheduleContext {
  readonly calls: AsynchronousCalls;
  readonly region: string;
  readonly accountId: string;
}

/**
 * Calls a schedule's function at once, as a new schedule at a rate does, then at its rate.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export const runSchedule = (schedule: Schedule, context: ScheduleContext): { stop(): Promise<void> } => {
  const stopping = new AbortController();
  const calls = new Set<Promise<unknown>>();
  const run = () => {
    const call = context.calls
      .call(schedule.functionArn, payloadOf(schedule, context), stopping.signal)
      .finally(() => calls.delete(call));
    calls.add(call);
  };
  if (schedule.enabled) run();
  const timer = schedule.enabled ? setInterval(run, schedule.rateMs) : undefined;
  return {
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(calls);
    },
  };
};

/** Payload for a target: its input, or the default event of a schedule. */
const payloadOf = ({ input, name }: Schedule, { accountId, region }: ScheduleContext): unknown =>
  input === undefined
    ? {
        version: '0',
        id: randomUUID(),
        'detail-type': 'Scheduled Event',
        source: 'aws.scheduler',
        account: accountId,
        time: new Date().toISOString().replace(/\.\d{3}Z$/, 'Z'),
        region,
        resources: [`arn:aws:scheduler:${region}:${accountId}:schedule/default/${name}`],
        detail: '{}',
      }
    : JSON.parse(input);
