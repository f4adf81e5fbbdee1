import { STATUS_CODES } from 'node:http';

/** An answer that the load balancer gives by itself. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** Statuses that only this load balancer has. */
const OWN_REASONS: Readonly<Record<number, string>> = { 561: 'Authentication Error' };

/** The plain page that the load balancer answers with when it will not, or cannot, pass a request on. */
export const plainAnswer = (status: number): OwnAnswer => {
  const title = `${status} ${OWN_REASONS[status] ?? STATUS_CODES[status] ?? ''}`.trim();
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  };
};

export const redirectAnswer = (status: 302 | 307, location: string, cookies: readonly string[] = []): OwnAnswer => ({
  status,
  headers: { location, ...(cookies.length > 0 && { 'set-cookie': cookies }) },
  body: '',
});
