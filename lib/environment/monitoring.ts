import { Duration } from 'aws-cdk-lib';
import type { Problems } from './problem.ts';

/** What is normal in an environment, so that its alarms are raised by what is not. */
export interface MonitoringInput {
  /**
   * Tasks that may expire within 15 minutes before the alarm `TaskExpired` is raised: set it above what is normal.
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
   * raised, 0 to 1,000,000. A processor that is blocked loses results, so that few are many.
   * @default 10
   */
  readonly toleratedBlocks?: number;
  /**
   * Requests that may be answered with 5xx, by the load balancer or a function, within 5 minutes before the alarm
   * `ServerErrors` is raised, 0 to 1,000,000.
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

/** What is normal, complete. */
export type Monitoring = Required<MonitoringInput>;

/** Names of what an environment file may say about it. */
export const MONITORING_PROPERTIES = [
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
});

const COUNTS = {
  toleratedExpiries: { unit: 'tasks', minutes: 15 },
  toleratedRefusals: { unit: 'callbacks', minutes: 15 },
  toleratedBlocks: { unit: 'requests', minutes: 15 },
  toleratedServerErrors: { unit: 'requests', minutes: 5 },
} as const;

const TIMES = {
  toleratedLatency: { min: 100, max: 15_000, remedy: 'Give a time that a callback may take; 15 seconds end it.' },
  toleratedPublishDelay: {
    min: 60_000,
    max: 43_200_000,
    remedy: 'Give a time that applications can wait for an event, well below the 23 hours after which it is lost.',
  },
} as const;

/** Checks what an environment file says to be normal. */
export const checkMonitoring = (problems: Problems, input: MonitoringInput): void => {
  for (const [name, { unit, minutes }] of Object.entries(COUNTS)) {
    const value = input[name as keyof typeof COUNTS];
    if (value === undefined) continue;
    problems.integer(name, value, { min: 0, max: 1_000_000 }, unit, `Give what is normal in ${minutes} minutes.`);
  }
  for (const [name, { max, min, remedy }] of Object.entries(TIMES)) {
    const value = input[name as keyof typeof TIMES];
    if (value === undefined) continue;
    problems.integer(name, milliseconds(value), { min, max }, 'milliseconds', remedy);
  }
};

/** What is no duration is shown as it is. */
const milliseconds = (value: unknown): unknown =>
  value instanceof Duration && !value.isUnresolved() ? value.toMilliseconds() : value;
