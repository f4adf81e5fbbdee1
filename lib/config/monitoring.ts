import { Duration } from 'aws-cdk-lib';
import type { Problems } from './errors.ts';

/** Whoever hears of alarms: an e-mail address, or the https URL of a service that wakes people. */
export type Subscriber = `https://${string}` | `${string}@${string}`;

export interface AlarmSubscribers {
  /** Woken at any hour. */
  readonly pages: readonly Subscriber[];
  /** Told what can wait for the next working day. */
  readonly tickets: readonly Subscriber[];
}

/** What is normal in an environment, so that its alarms are raised by what is not; and who hears of them. */
export interface MonitoringInput {
  /**
   * Who hears of alarms. Two topics are made for them, with a key of their own (about 1 USD a month); each subscriber has
   * to confirm once. A protected environment has these or `alarmTopicArn`.
   * @default alarms are seen in CloudWatch alone
   */
  readonly alarmSubscribers?: AlarmSubscribers;
  /**
   * A topic of yours in the environment's region that pages and tickets are sent to, instead of topics of Postern's. Its
   * policy, and its key's where it is encrypted, must let `cloudwatch.amazonaws.com` in.
   * @default none
   */
  readonly alarmTopicArn?: string;
  /**
   * Tasks that may expire within 15 minutes before the alarm `TaskExpired` is raised, 0 to 1,000,000: set it above what is
   * normal.
   * @default 10
   */
  readonly toleratedExpiries?: number;
  /**
   * Callbacks that may be refused with a challenge (a wrong, foreign or used-up token) within 15 minutes before the alarm
   * `TokenRefused` is raised, 0 to 1,000,000: set it above what is normal. The internet's scanners alone cause some.
   * @default 100
   */
  readonly toleratedRefusals?: number;
  /**
   * Requests to callback routes that the web ACL may block within 15 minutes before the alarm `CallbackBlocked` is
   * raised, 0 to 1,000,000. A processor that is blocked loses results, so that few are many. As many requests and packets may
   * AWS refuse for the repute of their address before `LowReputationDenied` is raised.
   * @default 10
   */
  readonly toleratedBlocks?: number;
  /**
   * Requests that may be answered with 5xx, by the load balancer or a function, within 5 minutes before the alarm
   * `ServerErrors` is raised, 0 to 1,000,000. As many errors and throttles may the functions have that somebody waits for
   * (`FunctionErrors`, `FunctionThrottles`).
   * @default 5
   */
  readonly toleratedServerErrors?: number;
  /**
   * How long 99 of 100 callbacks may take, from event to answer, before the alarm `CallbackLatency` is raised; 100
   * milliseconds to 15 seconds. With few callbacks one of them decides, and the first after a quiet hour starts a
   * function: set it above what that takes.
   * @default Duration.seconds(3)
   */
  readonly toleratedLatency?: Duration;
  /**
   * How old the oldest change may be that waits to be published before the alarm `PublishDelayed` is raised, 1 minute to
   * 12 hours. What is not published within 23 hours is lost to the applications that wait for it.
   * @default Duration.minutes(5)
   */
  readonly toleratedPublishDelay?: Duration;
}

/** The same, complete. */
export type Monitoring = Required<Omit<MonitoringInput, 'alarmSubscribers' | 'alarmTopicArn'>> &
  Pick<MonitoringInput, 'alarmSubscribers' | 'alarmTopicArn'>;

/** Names of what an environment file may say about it. */
export const MONITORING_PROPERTIES = [
  'alarmSubscribers',
  'alarmTopicArn',
  'toleratedExpiries',
  'toleratedRefusals',
  'toleratedBlocks',
  'toleratedServerErrors',
  'toleratedLatency',
  'toleratedPublishDelay',
] as const satisfies readonly (keyof MonitoringInput)[];

/** Fills in the defaults. */
export const completeMonitoring = (input: MonitoringInput): Monitoring => ({
  toleratedExpiries: input.toleratedExpiries ?? 10,
  toleratedRefusals: input.toleratedRefusals ?? 100,
  toleratedBlocks: input.toleratedBlocks ?? 10,
  toleratedServerErrors: input.toleratedServerErrors ?? 5,
  toleratedLatency: input.toleratedLatency ?? Duration.seconds(3),
  toleratedPublishDelay: input.toleratedPublishDelay ?? Duration.minutes(5),
  ...(input.alarmSubscribers !== undefined && { alarmSubscribers: input.alarmSubscribers }),
  ...(input.alarmTopicArn !== undefined && { alarmTopicArn: input.alarmTopicArn }),
});

const COUNTS = {
  toleratedExpiries: { unit: 'tasks', minutes: 15 },
  toleratedRefusals: { unit: 'callbacks', minutes: 15 },
  toleratedBlocks: { unit: 'requests', minutes: 15 },
  toleratedServerErrors: { unit: 'requests', minutes: 5 },
} as const;

const TIMES = {
  toleratedLatency: {
    min: 100,
    max: 15_000,
    step: 1,
    remedy: 'Give the time that a callback may take, as Duration.seconds(3); the function ends after 15 seconds.',
  },
  toleratedPublishDelay: {
    min: 60_000,
    max: 43_200_000,
    step: 1,
    remedy: 'Give the time that an event may take, as Duration.minutes(5); an event is lost after 23 hours.',
  },
} as const;

const NOBODY =
  "Write alarmSubscribers: { pages: ['https://…'], tickets: ['team@example.com'] }, or set `alarmTopicArn` to a topic of yours.";

/** Checks what an environment tolerates, and that its alarms have a receiver. */
export const checkMonitoring = (problems: Problems, input: MonitoringInput & { readonly protected: boolean }): void => {
  checkSubscribers(problems, input);
  for (const [name, { unit, minutes }] of Object.entries(COUNTS)) {
    const value = input[name as keyof typeof COUNTS];
    if (value === undefined) continue;
    problems.integer(
      name,
      value,
      { min: 0, max: 1_000_000 },
      unit,
      `Give the number that is normal in ${minutes} minutes.`,
    );
  }
  for (const [name, { remedy, ...bounds }] of Object.entries(TIMES)) {
    const value = input[name as keyof typeof TIMES];
    if (value === undefined) continue;
    problems.duration(name, value, bounds, remedy);
  }
};

const checkSubscribers = (
  problems: Problems,
  { alarmSubscribers, alarmTopicArn, protected: isProtected }: Parameters<typeof checkMonitoring>[1],
): void => {
  if (alarmSubscribers === undefined) {
    const isHeard = isProtected !== true || alarmTopicArn !== undefined;
    problems.expect(
      isHeard,
      'alarmSubscribers',
      alarmSubscribers,
      'receivers of alarms (or `alarmTopicArn`), because `protected` is true',
      NOBODY,
    );
    return;
  }
  problems.expect(
    alarmTopicArn === undefined,
    'alarmTopicArn',
    alarmTopicArn,
    'no topic together with `alarmSubscribers`, for which the stack makes topics of its own',
    'Take `alarmTopicArn` out, or take `alarmSubscribers` out.',
  );
  if (!problems.object('alarmSubscribers', alarmSubscribers, 'an object with pages and tickets', NOBODY)) return;
  problems.properties('alarmSubscribers', alarmSubscribers, ['pages', 'tickets']);
  for (const kind of ['pages', 'tickets'] as const) {
    const subscribers: readonly unknown[] = Array.isArray(alarmSubscribers[kind]) ? alarmSubscribers[kind] : [];
    problems.expect(
      subscribers.length > 0 && new Set(subscribers).size === subscribers.length,
      `alarmSubscribers.${kind}`,
      alarmSubscribers[kind],
      'a list of one or more subscribers, each of them once',
      'List e-mail addresses or https URLs; the same subscriber may be in both lists.',
    );
    for (const [index, subscriber] of subscribers.entries()) {
      problems.text(
        `alarmSubscribers.${kind}.${index}`,
        subscriber,
        /^(https:\/\/[^\s@]+|[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+)$/,
        'an e-mail address, or an https URL without user name and password',
        'Correct the subscriber; SNS asks each one to confirm after the deployment.',
      );
    }
  }
};
