import { isUtf8 } from 'node:buffer';
import type { ReceivedRequest } from './request.ts';
import { headerValues } from './request.ts';

/** The event that a Lambda function behind the load balancer gets, with multi-value headers turned on. */
export interface LambdaEvent {
  readonly requestContext: { readonly elb: { readonly targetGroupArn: string } };
  readonly httpMethod: string;
  readonly path: string;
  readonly multiValueQueryStringParameters: Readonly<Record<string, readonly string[]>>;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export interface EventOptions {
  readonly targetGroupArn: string;
  readonly port: number;
  /** `x-amzn-trace-id` of the request. */
  readonly traceId: string;
  /** Headers that the actions before the forward add. */
  readonly addedHeaders: Readonly<Record<string, string>>;
}

/** They end at the load balancer (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/**
 * Headers that only the load balancer may set: it removes them where a caller sends them. Headers about certificates
 * (`x-amzn-mtls-*`) are not among them, because AWS does not say so of them.
 */
const RESERVED = /^x-amzn-oidc-|^x-forwarded-(proto|port|for)$|^x-amzn-trace-id$/;

/**
 * Makes the event of a request. Query values are not decoded.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer
 */
export const toLambdaEvent = (request: ReceivedRequest, body: Buffer, options: EventOptions): LambdaEvent => {
  const isText = body.length === 0 || sentAsText(request, body);
  return {
    requestContext: { elb: { targetGroupArn: options.targetGroupArn } },
    httpMethod: request.method,
    path: request.path,
    multiValueQueryStringParameters: collect(queryParameters(request.query)),
    multiValueHeaders: collect([
      ...request.headers.filter(([name]) => !HOP_BY_HOP.has(name) && !RESERVED.test(name)),
      ['x-forwarded-for', [...headerValues(request, 'x-forwarded-for'), request.clientAddress].join(', ')],
      ['x-forwarded-proto', 'http'],
      ['x-forwarded-port', String(options.port)],
      ['x-amzn-trace-id', options.traceId],
      ...Object.entries(options.addedHeaders),
    ]),
    body: isText ? body.toString('utf8') : body.toString('base64'),
    isBase64Encoded: !isText,
  };
};

/**
 * True if the event has the body as text, not as base64: its type is text, it has no content encoding, and its bytes are
 * valid text. JSON cannot carry other bytes.
 */
const sentAsText = (request: ReceivedRequest, body: Buffer): boolean =>
  headerValues(request, 'content-encoding').length === 0 &&
  /^(text\/|application\/(json|javascript|xml)\s*(;|$))/i.test(
    headerValues(request, 'content-type')[0]?.trim() ?? '',
  ) &&
  isUtf8(body);

const queryParameters = (query: string): readonly (readonly [string, string])[] =>
  query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    });

const collect = (entries: readonly (readonly [string, string])[]): Record<string, string[]> => {
  const collected = new Map<string, string[]>();
  for (const [name, value] of entries) collected.set(name, [...(collected.get(name) ?? []), value]);
  return Object.fromEntries(collected);
};
