import type { Access, Route } from '../../../contract/routes.ts';
import type { Content, Header, Reference, Response } from './model.ts';
import { text } from './operation-details.ts';
import { aConst } from './schema-parts.ts';

/**
 * Answers that come from the load balancer or from the firewall, before any function runs. They have neither a `code` nor
 * an `X-Request-Id`, so a client must not read them as problem details.
 */

const html = (title: string): Content => text('text/html', `<html><head><title>${title}</title></head></html>`);

const RETRY_AFTER: Header = {
  description: 'Seconds to wait before the same request is sent again.',
  schema: { type: 'string', pattern: '^\\d+$' },
};

/** Problem details without a `code`: a web ACL cannot say `application/problem+json`. */
const fromFirewall = (status: number, title: string): Content => ({
  'application/json': {
    schema: {
      type: 'object',
      properties: {
        type: aConst('about:blank'),
        title: { type: 'string' },
        status: aConst(status),
      },
      required: ['type', 'title', 'status'],
    },
    example: { type: 'about:blank', title, status },
  },
});

/** Answers that are the same on every route, as components of the document. */
export const FRONT_RESPONSES = {
  TooManyRequests: {
    description: 'The firewall: this address sent too many requests. Send the same request again after `Retry-After`.',
    headers: { 'Retry-After': { ...RETRY_AFTER, required: true } },
    content: fromFirewall(429, 'Too many requests: come again after Retry-After seconds.'),
  },
  NotFound: {
    description:
      'As text from the load balancer, or as HTML from the firewall: the gateway does not have this path or this host name.',
    content: { ...html('404 Not Found'), ...text('text/plain', 'Not found') },
  },
  BadGateway: {
    description: 'The load balancer: the function did not answer as it should. Send the same request again.',
    content: html('502 Bad Gateway'),
  },
  GatewayTimeout: {
    description: 'The load balancer: the function did not answer in time. Send the same request again.',
    content: html('504 Gateway Time-out'),
  },
} as const satisfies Readonly<Record<string, Response>>;

const refTo = (name: keyof typeof FRONT_RESPONSES): Reference => ({ $ref: `#/components/responses/${name}` });

/** Answers that every operation can get, whether or not a function gives the same status. */
const FRONT_ONLY: Readonly<Record<string, keyof typeof FRONT_RESPONSES>> = {
  404: 'NotFound',
  429: 'TooManyRequests',
  502: 'BadGateway',
  504: 'GatewayTimeout',
};

/** Other forms of statuses that a function gives too. */
const otherForms = ({
  access,
  bodyLimit,
}: Pick<Route, 'access' | 'bodyLimit'>): Readonly<Record<string, Response>> => ({
  ...(hasAccessToken(access) && {
    401: {
      description:
        'As HTML, from the load balancer: the access token is missing, expired, or not valid for this gateway.',
      content: html('401 Authorization Required'),
    },
  }),
  ...(mayBeBlocked(access) && {
    403: {
      description:
        'As JSON without a `code`, or as HTML, from the firewall: requests like this one, or from this address, are not accepted.',
      content: { ...fromFirewall(403, 'Requests from this address are not accepted.'), ...html('403 Forbidden') },
    },
  }),
  ...(bodyLimit !== undefined && {
    413: {
      description: 'As HTML, from the load balancer: the body is over 1 MB.',
      content: html('413 Request Entity Too Large'),
    },
  }),
  503: {
    description: 'As HTML, from the load balancer: no function can take the request now. Send it again.',
    content: html('503 Service Temporarily Unavailable'),
  },
});

/** The load balancer checks the access token of these routes. */
const hasAccessToken = ({ kind }: Access): boolean => kind === 'sender' || kind === 'operator-api';

const mayBeBlocked = (access: Access): boolean =>
  access.kind === 'callback' || access.kind === 'code' || hasAccessToken(access);

/** Adds a 404 or 429 of the load balancer or the firewall to the one of a function, and otherwise refers to it. */
const frontOnly = (responses: Readonly<Record<string, Response>>): Readonly<Record<string, Response | Reference>> =>
  Object.fromEntries(
    Object.entries(FRONT_ONLY).map(([status, name]) => {
      const own = responses[status];
      return [status, own === undefined ? refTo(name) : joined(own, FRONT_RESPONSES[name])];
    }),
  );

const joined = (own: Response, { content, description }: Response): Response => ({
  ...own,
  description: `${own.description}\n\n${description}`,
  content: { ...own.content, ...content },
});

/** Adds the answers of the load balancer and the firewall to the answers of a function. */
export const withFrontAnswers = (
  route: Pick<Route, 'access' | 'bodyLimit'>,
  responses: Readonly<Record<string, Response>>,
): Readonly<Record<string, Response | Reference>> => ({
  ...responses,
  ...Object.fromEntries(
    Object.entries(otherForms(route)).map(([status, form]) => {
      const response = responses[status];
      return [status, response === undefined ? form : joined(response, form)];
    }),
  ),
  ...frontOnly(responses),
});
