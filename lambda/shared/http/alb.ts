import { isIP } from 'node:net';
import type { HttpRequest, HttpResponse } from './message.ts';

/**
 * Event of an Application Load Balancer with multi-value headers.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
export interface AlbEvent {
  readonly requestContext: { readonly elb: { readonly targetGroupArn: string } };
  readonly httpMethod: string;
  readonly path: string;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[]>>;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export interface AlbResult {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly multiValueHeaders: Record<string, string[]>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** True for an event of the load balancer. Any other event gets 400. */
export const isAlbEvent = (event: unknown): event is AlbEvent => {
  if (typeof event !== 'object' || event === null) return false;
  const { httpMethod, path, multiValueHeaders, multiValueQueryStringParameters, body, isBase64Encoded } =
    event as Record<string, unknown>;
  return (
    typeof httpMethod === 'string' &&
    typeof path === 'string' &&
    isMultiMap(multiValueHeaders) &&
    (multiValueQueryStringParameters == null || isMultiMap(multiValueQueryStringParameters)) &&
    typeof body === 'string' &&
    typeof isBase64Encoded === 'boolean'
  );
};

const isMultiMap = (value: unknown): value is Record<string, string[]> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((values) => Array.isArray(values) && values.every((item) => typeof item === 'string'));

export const fromAlbEvent = (event: AlbEvent, requestId: string): HttpRequest => {
  const headers = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(event.multiValueHeaders)) {
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), ...values]);
  }
  const encoding = event.isBase64Encoded ? 'base64' : 'utf8';
  let bytes: Uint8Array | undefined;
  return {
    method: event.httpMethod,
    path: event.path,
    query: Object.entries(event.multiValueQueryStringParameters ?? {}).flatMap(([name, values]) =>
      values.map((value) => [name, value] as const),
    ),
    header: (name) => headers.get(name.toLowerCase()) ?? [],
    body: () => {
      bytes ??= Buffer.from(event.body, encoding);
      return bytes;
    },
    bodySize: Buffer.byteLength(event.body, encoding),
    targetGroup: targetGroupOf(event),
    sourceAddress: lastForwarded(headers.get('x-forwarded-for') ?? []),
    requestId,
  };
};

/** `…:targetgroup/NAME/ID` */
const targetGroupOf = ({ requestContext }: AlbEvent): string =>
  /:targetgroup\/([^/]+)\/[^/]+$/.exec(requestContext?.elb?.targetGroupArn ?? '')?.[1] ?? '';

/**
 * Returns the last address of `X-Forwarded-For`. The load balancer appends the address of its client; earlier entries are
 * the caller's own (RFC 9700 §4.13). Text that is not an address is dropped, because the caller may have written it and the
 * address is logged.
 */
const lastForwarded = (lines: readonly string[]): string => {
  const last = lines.at(-1)?.split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? '' : last;
};

/** Returns the result that the load balancer turns into a response. Bytes are encoded as base64, text is not. */
export const toAlbResult = (answer: HttpResponse): AlbResult => {
  const isText = typeof answer.body === 'string';
  return {
    statusCode: answer.status,
    statusDescription: `${answer.status}`,
    multiValueHeaders: {
      ...Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, [value]])),
      ...(answer.cookies !== undefined && { 'Set-Cookie': [...answer.cookies] }),
    },
    body: isText ? (answer.body as string) : Buffer.from(answer.body as Uint8Array).toString('base64'),
    isBase64Encoded: !isText,
  };
};
