import type { IncomingMessage } from 'node:http';

export type Service = 'DynamoDB' | 'KMS' | 'SQS' | 'StepFunctions' | 'Lambda' | 'S3';

/** Services with an AWS JSON protocol, by the beginning of `X-Amz-Target`. */
const TARGETS: readonly (readonly [prefix: string, service: Service])[] = [
  ['DynamoDB', 'DynamoDB'],
  ['AmazonSQS', 'SQS'],
  ['AWSStepFunctions', 'StepFunctions'],
];

/** Operations of Lambda by their paths, each with the member that is in the path. */
const LAMBDA: readonly (readonly [path: RegExp, operation: string, member: string])[] = [
  [/^\/2015-03-31\/functions\/([^/]+)\/invocations$/, 'Invoke', 'FunctionName'],
  ...(['Success/succeed', 'Failure/fail', 'Heartbeat/heartbeat'] as const).map((each) => {
    const [name, end] = each.split('/');
    const path = new RegExp(`^/2025-12-01/durable-execution-callbacks/([^/]+)/${end}$`);
    return [path, `SendDurableExecutionCallback${name}`, 'CallbackId'] as const;
  }),
];

/** Service, operation and input of a request, by its protocol. */
export const describeRequest = (
  { headers, method = '', url = '' }: IncomingMessage,
  body: Buffer,
): { readonly service: Service; readonly operation: string; readonly input: Readonly<Record<string, unknown>> } => {
  const target = headers['x-amz-target'];
  if (target !== undefined) {
    const [prefix = '', operation = ''] = String(target).split('.');
    const [, service = 'KMS'] = TARGETS.find(([beginning]) => prefix.startsWith(beginning)) ?? [];
    return { service, operation, input: JSON.parse(body.toString('utf8') || '{}') };
  }
  const [path = ''] = url.split('?', 1);
  for (const [pattern, operation, member] of LAMBDA) {
    const [, value] = pattern.exec(path) ?? [];
    if (value !== undefined) return { service: 'Lambda', operation, input: { [member]: decodeURIComponent(value) } };
  }
  const [, bucket = '', ...key] = path.split('/').map(decodeURIComponent);
  const { range } = headers;
  return {
    service: 'S3',
    operation: `${method.charAt(0)}${method.slice(1).toLowerCase()}Object`,
    input: { Bucket: bucket, Key: key.join('/'), ...(range !== undefined && { Range: range }) },
  };
};
