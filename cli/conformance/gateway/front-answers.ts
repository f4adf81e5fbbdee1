import { STATUS_CODES } from 'node:http';

/** An answer that does not come from the receiver. */
export interface FrontAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The HTML page of a request that the load balancer refuses. */
export const loadBalancerAnswer = (status: number): FrontAnswer => {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  return {
    status,
    headers: { 'Content-Type': 'text/html' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  };
};

/** The firewall's answer above a rate. It has no `code`, because a web ACL cannot say `application/problem+json`. */
export const tooManyAnswer = (retryAfter: number): FrontAnswer => ({
  status: 429,
  headers: { 'Content-Type': 'application/json', 'Retry-After': String(retryAfter) },
  body: JSON.stringify({
    type: 'about:blank',
    title: 'Too many requests: come again after Retry-After seconds.',
    status: 429,
  }),
});

export const redirectAnswer = (location: string): FrontAnswer => ({
  status: 307,
  headers: { Location: location },
  body: '',
});

const XML_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
export const s3Error = (status: number, code: string, message: string): FrontAnswer => ({
  status,
  headers: { 'Content-Type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message.replaceAll(/[&<>]/g, (sign) => XML_ENTITIES[sign] ?? sign)}</Message></Error>`,
});
