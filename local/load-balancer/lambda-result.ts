import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as v from 'valibot';

/** Largest result in bytes, as JSON. */
const MAX_RESULT_BYTES = 1_048_576;

const isHeader = ([name, values]: readonly [string, readonly unknown[]]): boolean => {
  try {
    validateHeaderName(name);
    for (const value of values) validateHeaderValue(name, String(value));
    return true;
  } catch {
    return false;
  }
};

const Result = v.object({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  multiValueHeaders: v.nullish(
    v.pipe(
      v.record(v.string(), v.array(v.union([v.string(), v.number(), v.boolean()]))),
      v.check((headers) => Object.entries(headers).every(isHeader)),
    ),
  ),
  body: v.nullish(v.string()),
  isBase64Encoded: v.nullish(v.boolean()),
});

/** They are the load balancer's own business on the way back. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'trailer',
]);

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

/** The answer that a function's result stands for; `undefined` if it stands for none, or is too large. */
export const fromLambdaResult = (result: unknown): HttpAnswer | undefined => {
  const parsed = v.safeParse(Result, result);
  if (!parsed.success || Buffer.byteLength(JSON.stringify(result)) > MAX_RESULT_BYTES) return undefined;
  const { statusCode, multiValueHeaders, body, isBase64Encoded } = parsed.output;
  return {
    status: statusCode,
    headers: Object.fromEntries(
      Object.entries(multiValueHeaders ?? {})
        .filter(([name]) => !NOT_PASSED_ON.has(name.toLowerCase()))
        .map(([name, values]) => [name, values.map(String)]),
    ),
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
};
