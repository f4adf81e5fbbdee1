import { alarmNamePrefix, runbookFragment } from '../../contract/alarms.ts';
import type { DescribeAlarms, DescribedAlarm } from '../aws/cloudwatch-alarms.ts';

/** An alarm in state `ALARM`. */
export interface RaisedAlarm {
  /** Its heading in the runbook. */
  readonly name: string;
  /** RFC 3339: time at which it was raised. */
  readonly since?: string;
  /** URL of its entry in the runbook. Absent if the environment has no URL of a runbook. */
  readonly runbookUrl?: string;
}

/**
 * Returns the raised alarms of the environment, the latest first.
 * @throws {Error} if CloudWatch is unavailable
 */
export type ReadRaisedAlarms = () => Promise<readonly RaisedAlarm[]>;

export interface RaisedAlarmsOptions {
  readonly describeAlarms: DescribeAlarms;
  /** Name of the environment. */
  readonly environment: string;
  /** URL of the runbook's page; undefined: alarms have no link. */
  readonly runbookUrl: string | undefined;
}

/**
 * The rest of a name after the prefix. The prefix of the environment `prod` is also the beginning of the names of `prod-eu`.
 * Names of alarms have no hyphen.
 */
const ALARM_NAME = /^[A-Za-z]+$/;

/** Raised alarms, from CloudWatch. */
export const createReadRaisedAlarms = ({
  describeAlarms,
  environment,
  runbookUrl,
}: RaisedAlarmsOptions): ReadRaisedAlarms => {
  const prefix = alarmNamePrefix(environment);

  const show = ({ AlarmName, StateTransitionedTimestamp, StateUpdatedTimestamp }: DescribedAlarm) => {
    const name = AlarmName?.slice(prefix.length) ?? '';
    if (!ALARM_NAME.test(name)) return [];
    const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
    const alarm: RaisedAlarm = {
      name,
      ...(since !== undefined && { since: new Date(since * 1000).toISOString() }),
      ...(runbookUrl !== undefined && { runbookUrl: runbookUrl + runbookFragment(name) }),
    };
    return [alarm];
  };

  return async () => {
    const found: RaisedAlarm[] = [];
    let next: string | undefined;
    do {
      const page = await describeAlarms({
        AlarmNamePrefix: prefix,
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        StateValue: 'ALARM',
        ...(next !== undefined && { NextToken: next }),
      });
      for (const alarm of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])]) found.push(...show(alarm));
      next = page.NextToken;
    } while (next !== undefined);
    return found.sort((one, other) => compare(other.since ?? '', one.since ?? '') || compare(one.name, other.name));
  };
};

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
