import { type Capability, isClosing } from '../../../contract/capabilities.ts';
import { MAX_BODY_BYTES } from '../../../contract/limits.ts';
import type { Registry } from '../../../contract/registry.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import type { MediaType } from '../authenticated-callback.ts';
import { readMediaType } from './media-type.ts';

/** Content type of progress reports and upload offers. */
const REPORT_TYPE = 'application/json';

/**
 * Step 1, before the token: the size of the body, its content type and its encoding. The router has checked route and
 * method.
 */
export const readRequestHeaders = (request: HttpRequest): MediaType | Refusal => {
  if (request.bodySize > MAX_BODY_BYTES) return refuse('payload_too_large', `${request.bodySize} bytes`);
  const mediaType = readMediaType(request.header('Content-Type'));
  if (mediaType === undefined) {
    return refuse('content_type_refused', 'not one media type', { detail: 'Content-Type is not one media type.' });
  }
  if (request.header('Content-Encoding').some((encoding) => !/^(identity)?$/i.test(encoding.trim()))) {
    return refuse('content_type_refused', 'a content encoding other than identity', {
      detail: 'Content-Encoding is not accepted: send the bytes as they are.',
    });
  }
  return mediaType;
};

/** @param capability undefined until a short code is resolved: then the types of every capability pass */
export type ContentTypeCheck = (
  request: HttpRequest,
  mediaType: MediaType,
  capability: Capability | undefined,
) => Refusal | undefined;

/** Step 1: refuses a content type that no processor of the environment sends for this capability. */
export const createContentTypeCheck = (registry: Registry): ContentTypeCheck => {
  const payloadTypes = new Set(Object.values(registry).flatMap(({ contentTypes }) => contentTypes));
  const reportTypes = new Set([REPORT_TYPE]);
  const allTypes = new Set([...payloadTypes, REPORT_TYPE]);
  const typesOf = (capability: Capability | undefined): ReadonlySet<string> => {
    if (capability === undefined) return allTypes;
    return isClosing(capability) ? payloadTypes : reportTypes;
  };

  return (request, mediaType, capability) => {
    const types = typesOf(capability);
    if (types.has(mediaType.essence)) return undefined;
    // The caller is not authenticated yet, so the detail does not list the types of the environment's processors.
    const sent = request.header('Content-Type').length === 0 ? 'Content-Type did not come, and' : 'Content-Type';
    return refuse('content_type_refused', 'no processor of the environment sends this content type here', {
      detail:
        types === reportTypes
          ? `${sent} is not ${REPORT_TYPE}, which this route takes.`
          : `${sent} is not one that callbacks are sent as here.`,
    });
  };
};
