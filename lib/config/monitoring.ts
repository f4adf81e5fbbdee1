import { Duration } from 'aws-cdk-lib';
import { list, object, optional } from './containers.ts';
import { arn, count, duration, text } from './kinds.ts';
import { httpsUrl } from './urls.ts';

/** A receiver of alarms: an e-mail address, or the https URL of a paging service. */
export type Subscriber = `https://${string}` | `${string}@${string}`;

export const SUBSCRIBERS =
  "Write alarmSubscribers: { pages: ['https://…'], tickets: ['team@example.com'] }, or set `alarmTopicArn` to a topic of yours.";

const subscribers = list(
  text<Subscriber>(
    /^(https:\/\/[^\s@]+|[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+)$/,
    'an e-mail address, or an https URL without user name and password',
    'Correct the subscriber; SNS asks each one to confirm after the deployment.',
    "'https://…' | '…@…'",
  ),
  {
    of: 'subscribers',
    min: 1,
    unique: true,
    remedy: 'List e-mail addresses or https URLs; the same subscriber may be in both lists.',
  },
);

/** Receivers of alarms. */
export const alarmSubscribers = object(SUBSCRIBERS, {
  /** Receivers of alarms that need an answer at any hour. */
  pages: subscribers,
  /** Receivers of alarms that can wait for the next working day. */
  tickets: subscribers,
});

const normal = (unit: string, minutes: number) =>
  count({ min: 0, max: 1_000_000, unit, remedy: `Give the number that is normal in ${minutes} minutes.` });

/** Alarms: their receivers, and the numbers that are normal in the environment. */
export const monitoring = {
  /**
   * Receivers of alarms. The stack makes two topics and a key for them (about 1 USD a month). Each subscriber
   * has to confirm once. A protected environment has these or `alarmTopicArn`.
   * @default alarms are visible in CloudWatch only
   */
  alarmSubscribers: optional(alarmSubscribers),
  /**
   * A topic of yours, in the environment's Region, that gets pages and tickets in place of topics of the stack. Its policy
   * must let `cloudwatch.amazonaws.com` publish; the policy of its key too, if it is encrypted.
   * @default none
   */
  alarmTopicArn: optional(
    arn('sns', 'arn:aws:sns:REGION:ACCOUNT:TOPIC', '`aws sns list-topics` lists the topics of the region.'),
  ),
  /**
   * Address of your runbook. The console links each raised alarm to its heading there: this address, `#` and the alarm's name
   * in small letters. `docs/operate/runbook.md` has these headings.
   * @default raised alarms have no link
   */
  runbookUrl: optional(
    httpsUrl('Write the address of the page, without `#`: the console adds it with the name of the alarm.'),
  ),
  /**
   * Tasks that may expire within 15 minutes before the alarm `TaskExpired`. Choose a number above what is normal.
   * @default 10
   */
  toleratedExpiries: optional(normal('tasks', 15), 10),
  /**
   * Callbacks that may be refused with a challenge (a wrong, foreign or used token) within 15 minutes before the alarm
   * `TokenRefused`. Choose a number above what is normal; scanners on the internet cause some.
   * @default 100
   */
  toleratedRefusals: optional(normal('callbacks', 15), 100),
  /**
   * Requests to callback routes that the web ACL may block within 15 minutes before the alarm `CallbackBlocked`. A blocked
   * processor loses results, so the number should be small. AWS may refuse as many requests and packets for the reputation
   * of their address before `LowReputationDenied`.
   * @default 10
   */
  toleratedBlocks: optional(normal('requests', 15), 10),
  /**
   * Requests that the load balancer or a function may answer with 5xx within 5 minutes before the alarm `ServerErrors`. The
   * functions that answer requests may have as many errors and throttles (`FunctionErrors`, `FunctionThrottles`).
   * @default 5
   */
  toleratedServerErrors: optional(normal('requests', 5), 5),
  /**
   * Time that 99 of 100 callbacks may take, from event to answer, before the alarm `CallbackLatency`. With few callbacks one
   * of them decides, and the first after a quiet hour starts a function: choose a time above what that takes.
   * @default Duration.seconds(3)
   */
  toleratedLatency: optional(
    duration({
      min: Duration.millis(100),
      max: Duration.seconds(15),
      step: Duration.millis(1),
      remedy: 'Give the time that a callback may take, as Duration.seconds(3); the function ends after 15 seconds.',
    }),
    Duration.seconds(3),
  ),
  /**
   * Age that the oldest unpublished change may reach before the alarm `PublishDelayed`. A change that is not published within
   * 23 hours never reaches the applications that wait for it.
   * @default Duration.minutes(5)
   */
  toleratedPublishDelay: optional(
    duration({
      min: Duration.minutes(1),
      max: Duration.hours(12),
      step: Duration.millis(1),
      remedy: 'Give the time that an event may take, as Duration.minutes(5); an event is lost after 23 hours.',
    }),
    Duration.minutes(5),
  ),
  /**
   * Time that the outcome of a task may wait until its workflow was told, before the alarms `OutcomesDelayed` and `ResumeDelayed`.
   * Choose less than the workflows themselves can wait. An outcome is given up after 24 hours.
   * @default Duration.minutes(15)
   */
  toleratedResumeDelay: optional(
    duration({
      min: Duration.minutes(1),
      max: Duration.hours(12),
      step: Duration.seconds(1),
      remedy: 'Give the time that a workflow may wait for an outcome that is known, as Duration.minutes(15).',
    }),
    Duration.minutes(15),
  ),
  /**
   * Time for which an attempt to send work may be due and not be made, before the alarm `DispatchDelayed`. Waits between attempts, an
   * open breaker, and processors that an operator paused do not count. It applies only if the environment sends work.
   * @default Duration.minutes(30)
   */
  toleratedDispatchDelay: optional(
    duration({
      min: Duration.minutes(1),
      max: Duration.hours(12),
      step: Duration.seconds(1),
      remedy: 'Give the time that work may wait to be sent, as Duration.minutes(30).',
    }),
    Duration.minutes(30),
  ),
};
