import { STATUS_CODES } from 'node:http';

/** A response that the load balancer makes itself. */
export interface FixedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** Reasons of statuses that are not in HTTP. */
const REASONS: Readonly<Record<number, string>> = { 561: 'Authentication Error' };

/** The HTML page of a request that the load balancer refuses or cannot forward. */
export const errorResponse = (status: number): FixedResponse => {
  const title = `${status} ${REASONS[status] ?? STATUS_CODES[status] ?? ''}`.trim();
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  };
};

export const redirectResponse = (
  status: 302 | 307,
  location: string,
  cookies: readonly string[] = [],
): FixedResponse => ({
  status,
  headers: { location, ...(cookies.length > 0 && { 'set-cookie': cookies }) },
  body: '',
});
