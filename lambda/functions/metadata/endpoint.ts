import { PUBLIC_DOCUMENT_MAX_AGE_SECONDS } from '../../contract/limits.ts';
import { isOutcomeCode } from '../../contract/outcomes.ts';
import { ROUTES } from '../../contract/routes.ts';
import type { PublicKey } from '../../shared/callback-token/public-keys.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http/message.ts';
import { jsonResponse, responseHeaders } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { prefersJson } from './accept.ts';
import { describeApi } from './openapi/document.ts';
import { problemDescription, problemPage } from './problem-page.ts';

export interface DescribeEndpointOptions {
  readonly origin: string;
  /** Rejects when the key service does not answer. Not called but for the key set. */
  readonly keys: () => Promise<readonly PublicKey[]>;
  /** Whether the sender API takes abbreviated names. */
  readonly abbreviations: boolean;
}

/** What anyone may read: the key set, the API's description, what an error code means, and that the gateway answers. */
export const createDescribeEndpoint = (options: DescribeEndpointOptions) => {
  // Made at the first request for it, once.
  let description: string | undefined;
  const documents = {
    apiDescription: () => {
      description ??= `${JSON.stringify(describeApi(options))}\n`;
      return description;
    },
  };
  return async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const answer = await answerRoute({ ...options, ...documents }, request, match);
    return isRefusal(answer) ? answer : { response: answer };
  };
};

const PUBLIC_DOCUMENT = { 'Cache-Control': `public, max-age=${PUBLIC_DOCUMENT_MAX_AGE_SECONDS}` };

/** Where a problem leads on from: the description of the API (RFC 8631). */
const SERVICE_DESCRIPTION = { Link: `<${ROUTES.apiDescription.path}>; rel="service-desc"` };

const answerRoute = async (
  { apiDescription, keys, origin }: DescribeEndpointOptions & { readonly apiDescription: () => string },
  request: HttpRequest,
  match: Match,
): Promise<HttpResponse | Refusal> => {
  const { requestId } = request;
  switch (match.name) {
    case 'health':
      return jsonResponse(200, { status: 'ok' }, requestId);
    case 'jwks': {
      const found = await orUnavailable('key service', keys());
      return jsonResponse(200, { keys: found.map(({ jwk }) => jwk) }, requestId, {
        ...PUBLIC_DOCUMENT,
        'Content-Type': 'application/jwk-set+json',
      });
    }
    case 'apiDescription':
      return {
        status: 200,
        headers: { ...responseHeaders(requestId), ...PUBLIC_DOCUMENT, 'Content-Type': 'application/json' },
        body: apiDescription(),
      };
    case 'problem': {
      const code = match.params.code ?? '';
      if (!isOutcomeCode(code)) return refuse('not_found', 'no such error code');
      const variant = { ...PUBLIC_DOCUMENT, ...SERVICE_DESCRIPTION, Vary: 'Accept' };
      if (prefersJson(request.header('accept'))) {
        return jsonResponse(200, problemDescription(origin, code), requestId, variant);
      }
      const { body, headers, status } = problemPage(code);
      return { status, headers: { ...responseHeaders(requestId), ...variant, ...headers }, body };
    }
    default:
      return refuse('not_found', `route ${match.name} is not one of this function`);
  }
};
