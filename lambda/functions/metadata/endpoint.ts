import { PUBLIC_DOCUMENT_MAX_AGE_SECONDS } from '../../contract/limits.ts';
import { isOutcomeCode } from '../../contract/outcomes.ts';
import { ROUTES } from '../../contract/routes.ts';
import { ICON } from '../../shared/html/page.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http/message.ts';
import { jsonResponse, responseHeaders } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { prefersJson } from './accept.ts';
import type { GetKeySet } from './key-set.ts';
import { describeApi } from './openapi/document.ts';
import { problemDescription, problemPage } from './problem-page.ts';

export interface MetadataEndpointOptions {
  readonly origin: string;
  /** Called only for the key set. Rejects if the keys cannot be read. */
  readonly keys: GetKeySet;
  /** True if the sender API accepts abbreviated names. */
  readonly abbreviations: boolean;
  /** Style sheet of pages without a session. */
  readonly style: () => string;
}

/** Public documents: the key set, the API description, the pages of error codes, and health. */
export const createMetadataEndpoint = (options: MetadataEndpointOptions) => {
  // Made once, for the first request.
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

const publicFile = (contentType: string, body: string, requestId: string): HttpResponse => ({
  status: 200,
  headers: { ...responseHeaders(requestId), ...PUBLIC_DOCUMENT, 'Content-Type': contentType },
  body,
});

/** Link from a problem to the API description (RFC 8631). */
const SERVICE_DESCRIPTION = { Link: `<${ROUTES.apiDescription.path}>; rel="service-desc"` };

const answerRoute = async (
  { apiDescription, keys, origin, style }: MetadataEndpointOptions & { readonly apiDescription: () => string },
  request: HttpRequest,
  match: Match,
): Promise<HttpResponse | Refusal> => {
  const { requestId } = request;
  switch (match.name) {
    case 'health':
      return jsonResponse(200, { status: 'ok' }, requestId);
    case 'jwks': {
      return jsonResponse(200, { keys: await orUnavailable('signing keys', keys()) }, requestId, {
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
    case 'pageStyle':
      return publicFile('text/css; charset=utf-8', style(), requestId);
    case 'pageIcon':
      return publicFile('image/svg+xml', ICON, requestId);
    default:
      return refuse('not_found', `route ${match.name} is not one of this function`);
  }
};
