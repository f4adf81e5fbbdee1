import type { AlbResult } from '../../lambda/shared/http/alb.ts';

/** A function's answer, read as a client reads it. */
export interface Delivered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The body as JSON; undefined if it is not JSON. */
  readonly json: unknown;
}

export const read = (result: AlbResult): Delivered => {
  const body = Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8');
  return {
    status: result.statusCode,
    headers: Object.fromEntries(Object.entries(result.multiValueHeaders).map(([name, values]) => [name, values[0]])),
    body,
    json: parse(body),
  };
};

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};
