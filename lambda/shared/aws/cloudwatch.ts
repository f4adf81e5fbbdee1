import { createJsonClient, type JsonClientOptions } from './json-client.ts';

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

/**
 * Creates the call `cloudwatch:GetMetricData` without the SDK, which would be a package of its own. It uses the same protocol
 * as the SDK: AWS JSON 1.0 with the target `GraniteServiceVersion20100801` and the signing name `monitoring`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export const createGetMetricData = (options: JsonClientOptions): GetMetricData => {
  const { AWS_ENDPOINT_URL_CLOUDWATCH: endpoint } = options.environment;
  const call = createJsonClient(
    {
      name: 'monitoring',
      target: 'GraniteServiceVersion20100801',
      contentType: 'application/x-amz-json-1.0',
      parse: JSON.parse,
    },
    // The SDKs name this variable after the service and not after its endpoint.
    { ...options, environment: { ...options.environment, AWS_ENDPOINT_URL_MONITORING: endpoint } },
  );
  return async (input) => (await call('GetMetricData', JSON.stringify(input))) as GetMetricDataOutput;
};
