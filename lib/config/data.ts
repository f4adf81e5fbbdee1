import { Duration, Size } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  INLINE_LIMIT_BYTES,
  JTI_RETENTION_AFTER_EXP_SECONDS,
  QUARANTINE_LIMIT,
  RETENTION_SECONDS,
} from '../../lambda/contract/limits.ts';
import { AUDIT_RETENTION_SECONDS } from '../../lambda/contract/operator-limits.ts';
import { optional } from './containers.ts';
import { count, duration, expecting, flag, size } from './kinds.ts';

const LOG_DAYS = Object.values(RetentionDays).filter((value) => typeof value === 'number');

/** Tasks, payloads and logs: their limits and their lifetime. */
export const data = {
  /**
   * True if tables, keys and the load balancer are protected from deletion, and the tables can be restored to any second of
   * the last 35 days: about 0.22 USD a GB of tables and month.
   */
  protected: flag('Write true if its data must not be deleted with the stacks, and false if it may.'),
  /**
   * Time that a task and its payload are kept after its `expiresAt`. Used tokens are remembered for one day, so that the
   * task of a repeat still exists. About 0.28 USD a GB of tables and month, 0.02 USD a GB of the payload bucket.
   * @default Duration.days(30)
   */
  retention: optional(
    duration({
      min: Duration.seconds(JTI_RETENTION_AFTER_EXP_SECONDS),
      // A callback gateway is not an archive.
      max: Duration.days(3_650),
      step: Duration.seconds(1),
      remedy:
        'Keep tasks for at least a day, because used tokens are remembered for a day; for example Duration.days(30).',
    }),
    Duration.seconds(RETENTION_SECONDS),
  ),
  /**
   * Time that the audit of operators' actions is kept, in whole seconds. It belongs to an item when it is written: a change
   * of the setting leaves earlier items as they are. About 0.28 USD a GB and month; an item has less than 1 KB.
   * @default Duration.days(365)
   */
  auditRetention: optional(
    duration({
      min: Duration.seconds(AUDIT_RETENTION_SECONDS.min),
      max: Duration.seconds(AUDIT_RETENTION_SECONDS.max),
      step: Duration.seconds(1),
      remedy: 'Write for instance Duration.days(365).',
    }),
    Duration.seconds(AUDIT_RETENTION_SECONDS.default),
  ),
  /**
   * Time that logs of functions and of the web ACL are kept. About 0.03 USD a GB and month, after 0.57 USD a GB to write it.
   * @default RetentionDays.THREE_MONTHS
   */
  logRetention: optional(
    expecting<RetentionDays>(
      'RetentionDays',
      (value) => (LOG_DAYS as readonly unknown[]).includes(value),
      `one of ${LOG_DAYS.join(', ')}`,
      'Use a value of RetentionDays, for example RetentionDays.ONE_MONTH.',
    ),
    RetentionDays.THREE_MONTHS,
  ),
  /**
   * Time that access, connection and health-check logs of the load balancer are kept, in whole days. Access logs hold the
   * tokens of processors with URLs only; such a token works for at most 7 days. About 0.02 USD a GB and month.
   * @default Duration.days(30)
   */
  loadBalancerLogRetention: optional(
    duration({
      min: Duration.days(1),
      // The logs say who called when with which URL. The gateway itself never reads them.
      max: Duration.days(365),
      step: Duration.days(1),
      remedy: 'Give whole days, as Duration.days(30).',
    }),
    Duration.days(30),
  ),
  /**
   * Largest payload that is kept on its task; a larger one goes to the payload bucket. Above about 4 KiB the write units of
   * a transaction, two for each KiB, cost more than an S3 PUT (5 USD a million).
   * @default Size.kibibytes(4)
   */
  inlineLimit: optional(
    size({
      max: INLINE_LIMIT_BYTES.max,
      remedy: 'Write for instance Size.kibibytes(4); a larger payload goes to the bucket.',
    }),
    Size.bytes(INLINE_LIMIT_BYTES.default),
  ),
  /**
   * Late deliveries of one task that are kept until the sender accepts or discards them. With 0, late results are lost. Each
   * costs one write of its task, and its bytes while the task is kept. Deliveries that are kept when a task is reopened do
   * not count.
   * @default 5
   */
  quarantineLimit: optional(
    count({
      min: 0,
      max: QUARANTINE_LIMIT.max,
      unit: 'deliveries',
      remedy: 'Give how many late deliveries of a task are kept; 0 keeps none.',
    }),
    QUARANTINE_LIMIT.default,
  ),
};
