import type { AlbEvent } from '../../lambda/shared/http/alb.ts';

export interface EventOverrides {
  readonly method?: string;
  readonly path?: string;
  /** One value or several lines of a header. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly query?: Readonly<Record<string, readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Name of the target group. */
  readonly targetGroup?: string;
}

/** An event as a load balancer with multi-value headers sends it. Bytes come base64-encoded, text as it is. */
export const anAlbEvent = ({
  method = 'POST',
  path = '/',
  headers = {},
  query,
  body = '',
  targetGroup = 'receive',
}: EventOverrides): AlbEvent => {
  const isText = typeof body === 'string';
  const lines: Record<string, readonly string[] | string | undefined> = {
    host: 'callbacks.example.com',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '443',
    'x-amzn-trace-id': 'Root=1-66000000-000000000000000000000001',
    ...headers,
  };
  return {
    requestContext: {
      elb: {
        targetGroupArn: `arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/${targetGroup}/0123456789abcdef`,
      },
    },
    httpMethod: method,
    path,
    multiValueQueryStringParameters: query ?? {},
    multiValueHeaders: Object.fromEntries(
      Object.entries(lines).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, typeof value === 'string' ? [value] : [...value]]],
      ),
    ),
    body: isText ? body : Buffer.from(body).toString('base64'),
    isBase64Encoded: !isText,
  };
};
