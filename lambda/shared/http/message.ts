/** A request as a function sees it: transport details are gone, nothing is decoded that was not asked for. */
export interface HttpRequest {
  readonly method: string;
  /** As sent: neither decoded nor normalised, without query. */
  readonly path: string;
  /** Query parameters in order, repeated names kept, as sent. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Every value of a header in the order of its lines; empty when there is none. Names in any case. */
  header(name: string): readonly string[];
  /** Body bytes. Decoded at the first call, so that a refused request never pays for it. */
  body(): Uint8Array;
  /** Size of the body in bytes, without decoding it. */
  readonly bodySize: number;
  /** Name of the target group that the load balancer forwarded to: it says by which listener the request came. */
  readonly targetGroup: string;
  /** Address of the client as the load balancer saw it; empty if it said none. */
  readonly sourceAddress: string;
  /** Ours, never the client's. */
  readonly requestId: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** `Set-Cookie` lines, one each: they are the one header that does not go into one line. */
  readonly cookies?: readonly string[];
}

/** Headers that every answer of a function has (contract: no sniffing, nothing cached unless said, our request id). */
export const responseHeaders = (requestId: string): Record<string, string> => ({
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Request-Id': requestId,
});

/** An answer with a JSON body. */
export const jsonResponse = (
  status: number,
  value: unknown,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({
  status,
  headers: { ...responseHeaders(requestId), 'Content-Type': 'application/json', ...headers },
  // With a line feed, so that answers do not run together in a terminal.
  body: `${JSON.stringify(value)}\n`,
});
