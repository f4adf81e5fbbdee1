import type { IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.ts';

/** One request as S3 reads it: path style, `/BUCKET/KEY`. */
export interface S3Request {
  readonly method: string;
  /** In the one encoding that is signed: every byte but unreserved ones and the slash. */
  readonly path: string;
  /** Empty for requests about no bucket. */
  readonly bucket: string;
  /** Decoded; empty for requests about the bucket. */
  readonly key: string;
  /** Decoded, with names as sent. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case; lines of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** A header, or the query parameter of the same name, which presigners make of headers (names in any case). */
  parameter(name: string): string | undefined;
}

/** @throws {S3Error} InvalidURI, InvalidArgument */
export const readRequest = (message: IncomingMessage): S3Request => {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const segments = (mark < 0 ? url : url.slice(0, mark)).split('/').map(decode);
  const query = readQuery(mark < 0 ? '' : url.slice(mark + 1));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const byLowerCase = new Map(Object.entries(query).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: message.method ?? 'GET',
    path: segments.map(encode).join('/'),
    bucket: segments[1] ?? '',
    key: segments.slice(2).join('/'),
    query,
    headers,
    parameter: (name) => headers[name] ?? byLowerCase.get(name),
  };
};

const readQuery = (text: string): Record<string, string> => {
  const query: Record<string, string> = {};
  for (const pair of text.split('&').filter((each) => each !== '')) {
    const [name = '', ...value] = pair.split('=');
    const key = decode(name);
    if (Object.hasOwn(query, key)) throw new S3Error(400, 'InvalidArgument', `Query parameter ${key} came twice.`);
    query[key] = decode(value.join('='));
  }
  return query;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
};

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
