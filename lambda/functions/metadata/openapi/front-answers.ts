import type { Access, Route } from '../../../contract/routes.ts';
import type { Content, Header, Reference, Response } from './model.ts';

/**
 * Answers that come from the load balancer or from the firewall, before any function runs. They have neither a `code` nor
 * an `X-Request-Id`, so a client must not read them as problem details.
 */

const html = (title: string): Content => ({
  'text/html': { schema: { type: 'string' }, example: `<html><head><title>${title}</title></head></html>` },
});

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
        type: { type: 'string', const: 'about:blank' },
        title: { type: 'string' },
        status: { type: 'integer', const: status },
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

/** Statuses that only the load balancer or the firewall gives. */
const FRONT_ONLY: Readonly<Record<string, Reference>> = {
  429: refTo('TooManyRequests'),
  502: refTo('BadGateway'),
  504: refTo('GatewayTimeout'),
};

interface OtherForm {
  readonly says: string;
  readonly content: Content;
}

/** Other forms of statuses that a function gives too. */
const otherForms = ({
  access,
  bodyLimit,
}: Pick<Route, 'access' | 'bodyLimit'>): Readonly<Record<string, OtherForm>> => ({
  ...(hasAccessToken(access) && {
    401: {
      says: 'As HTML, from the load balancer: the access token is missing, expired, or not valid for this gateway.',
      content: html('401 Authorization Required'),
    },
  }),
  ...(mayBeBlocked(access) && {
    403: {
      says: 'As JSON without a `code`, or as HTML, from the firewall: requests like this one, or from this address, are not accepted.',
      content: { ...fromFirewall(403, 'Requests from this address are not accepted.'), ...html('403 Forbidden') },
    },
  }),
  ...(bodyLimit !== undefined && {
    413: {
      says: 'As HTML, from the load balancer: the body is over 1 MB.',
      content: html('413 Request Entity Too Large'),
    },
  }),
  503: {
    says: 'As HTML, from the load balancer: no function can take the request now. Send it again.',
    content: html('503 Service Temporarily Unavailable'),
  },
});

/** The load balancer checks the access token of these routes. */
const hasAccessToken = ({ kind }: Access): boolean => kind === 'sender' || kind === 'operator-api';

const mayBeBlocked = (access: Access): boolean =>
  access.kind === 'callback' || access.kind === 'code' || hasAccessToken(access);

/** Adds a 429 of the firewall to the one of a function, and otherwise refers to it. */
const frontOnly = ({
  429: own,
}: Readonly<Record<string, Response>>): Readonly<Record<string, Response | Reference>> => {
  if (own === undefined) return FRONT_ONLY;
  const { content, description } = FRONT_RESPONSES.TooManyRequests;
  return {
    ...FRONT_ONLY,
    429: { ...own, description: `${own.description}\n\n${description}`, content: { ...own.content, ...content } },
  };
};

/** Adds the answers of the load balancer and the firewall to the answers of a function. */
export const withFrontAnswers = (
  route: Pick<Route, 'access' | 'bodyLimit'>,
  responses: Readonly<Record<string, Response>>,
): Readonly<Record<string, Response | Reference>> => ({
  ...responses,
  ...Object.fromEntries(
    Object.entries(otherForms(route)).map(([status, { content, says }]) => {
      const response = responses[status];
      return [
        status,
        response === undefined
          ? { description: says, content }
          : {
              ...response,
              description: `${response.description}\n\n${says}`,
              content: { ...response.content, ...content },
            },
      ];
    }),
  ),
  ...frontOnly(responses),
});
