import { createJsonClient, type JsonCall, type JsonClientOptions } from './json-client.ts';

/**
 * Creates a client of CloudWatch without the SDK, which would be a package of its own. It uses the same protocol as the SDK: AWS
 * JSON 1.0 with the target `GraniteServiceVersion20100801` and the signing name `monitoring`.
 */
export const createCloudWatchCall = (options: JsonClientOptions): JsonCall => {
  const { AWS_ENDPOINT_URL_CLOUDWATCH: endpoint } = options.environment;
  return createJsonClient(
    {
      name: 'monitoring',
      target: 'GraniteServiceVersion20100801',
      contentType: 'application/x-amz-json-1.0',
      parse: JSON.parse,
    },
    // The SDKs name this variable after the service and not after its endpoint.
    { ...options, environment: { ...options.environment, AWS_ENDPOINT_URL_MONITORING: endpoint } },
  );
};
