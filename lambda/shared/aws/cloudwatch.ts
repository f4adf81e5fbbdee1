import { createCloudWatchCall } from './cloudwatch-call.ts';
import type { JsonClientOptions } from './json-client.ts';

/** One metric of `GetMetricData`. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html */
export interface MetricDataQuery {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
    };
    /** Seconds. */
    readonly Period: number;
    readonly Stat: 'Sum';
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
export interface GetMetricDataInput {
  readonly MetricDataQueries: readonly MetricDataQuery[];
  /** Seconds since 1970. */
  readonly StartTime: number;
  readonly EndTime: number;
  readonly NextToken?: string;
}

export interface GetMetricDataOutput {
  readonly MetricDataResults?: readonly { readonly Id?: string; readonly Values?: readonly number[] }[];
  readonly NextToken?: string;
}

/**
 * Calls CloudWatch for values of metrics.
 * @throws {Error} whose `name` is the error code of CloudWatch
 */
export type GetMetricData = (input: GetMetricDataInput) => Promise<GetMetricDataOutput>;

/** Creates the call `cloudwatch:GetMetricData`. */
export const createGetMetricData = (options: JsonClientOptions): GetMetricData => {
  const call = createCloudWatchCall(options);
  return async (input) => (await call('GetMetricData', JSON.stringify(input))) as GetMetricDataOutput;
};
