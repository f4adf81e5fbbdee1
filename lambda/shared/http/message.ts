/** A request without transport details. Values are decoded only on demand. */
export interface HttpRequest {
  readonly method: string;
  /** Path as sent: not decoded, not normalised, without query. */
  readonly path: string;
  /** Query parameters in order, repeated names kept, as sent. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Returns every value of a header in the order of its lines; empty if the header is missing. Names in any case. */
  header(name: string): readonly string[];
  /** Returns the body. It is decoded at the first call, so that a refused request need not decode it. */
  body(): Uint8Array;
  /** Size of the body in bytes, without decoding it. */
  readonly bodySize: number;
  /** Name of the target group, which identifies the listener of the request. */
  readonly targetGroup: string;
  /** Address of the load balancer's client; empty if unknown. */
  readonly sourceAddress: string;
  /** Our own id, never one of the client. */
  readonly requestId: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** One `Set-Cookie` line each: this header cannot be joined into one line. */
  readonly cookies?: readonly string[];
}

/** Headers of every response: no sniffing, no caching by default, our request id. */
export const responseHeaders = (requestId: string): Record<string, string> => ({
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Request-Id': requestId,
});

/** Creates a response with a JSON body. */
export const jsonResponse = (
  status: number,
  value: unknown,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({
  status,
  headers: { ...responseHeaders(requestId), 'Content-Type': 'application/json', ...headers },
  // The line feed separates responses in a terminal.
  body: `${JSON.stringify(value)}\n`,
});
