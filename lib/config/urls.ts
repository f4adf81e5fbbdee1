import { expecting, type Kind } from './kinds.ts';

/** A URL that may leave the machine. */
export type HttpsUrl = `https://${string}`;

/** An origin on this machine. Its traffic is not encrypted, and never leaves the machine. */
export type LoopbackOrigin = `http://127.0.0.1:${number}`;
export type LoopbackUrl = LoopbackOrigin | `${LoopbackOrigin}/${string}`;

export const httpsUrl = (remedy: string): Kind<HttpsUrl> =>
  expecting("'https://…'", isHttpsUrl, 'an https URL without user name, query and fragment', remedy);

export const loopbackUrl = (expected: string, remedy: string): Kind<LoopbackUrl> =>
  expecting("'http://127.0.0.1:…'", isLoopbackUrl, expected, remedy);

const isHttpsUrl = (value: unknown): boolean => {
  const url = parse(value);
  return url?.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === '';
};

export const isLoopbackUrl = (value: unknown): boolean => {
  const url = parse(value);
  return url?.protocol === 'http:' && url.hostname === '127.0.0.1' && url.username === '' && url.port !== '0';
};

const parse = (value: unknown): URL | undefined =>
  typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
