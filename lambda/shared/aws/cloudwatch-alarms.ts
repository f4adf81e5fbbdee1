import { createCloudWatchCall } from './cloudwatch-call.ts';
import type { JsonClientOptions } from './json-client.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
export interface DescribeAlarmsInput {
  readonly AlarmNamePrefix: string;
  readonly AlarmTypes: readonly ('MetricAlarm' | 'CompositeAlarm')[];
  readonly StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

/** An alarm of CloudWatch. Times are in seconds since 1970. */
export interface DescribedAlarm {
  readonly AlarmName?: string;
  /** The last change of the state. */
  readonly StateTransitionedTimestamp?: number;
  /** The last change of the state or of its reason. */
  readonly StateUpdatedTimestamp?: number;
}

export interface DescribeAlarmsOutput {
  readonly MetricAlarms?: readonly DescribedAlarm[];
  readonly CompositeAlarms?: readonly DescribedAlarm[];
  readonly NextToken?: string;
}

/**
 * Calls CloudWatch for alarms and their states.
 * @throws {Error} whose `name` is the error code of CloudWatch
 */
export type DescribeAlarms = (input: DescribeAlarmsInput) => Promise<DescribeAlarmsOutput>;

/** Creates the call `cloudwatch:DescribeAlarms`. */
export const createDescribeAlarms = (options: JsonClientOptions): DescribeAlarms => {
  const call = createCloudWatchCall(options);
  return async (input) => (await call('DescribeAlarms', JSON.stringify(input))) as DescribeAlarmsOutput;
};
