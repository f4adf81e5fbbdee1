import { type Capability, isClosing } from '../../../contract/capabilities.ts';
import { MAX_BODY_BYTES } from '../../../contract/limits.ts';
import type { Registry } from '../../../contract/registry.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import { type MediaType, readMediaType } from './media-type.ts';

/** What progress reports and upload offers are sent as. */
const REPORT_TYPE = 'application/json';

/**
 * Step 1, without route and method, which the router has checked: what can be refused without looking at the token.
 * With a short code the capability is not known yet (`undefined`); then what any capability takes may pass, until the
 * code is resolved.
 */
export type EnvelopeCheck = (request: HttpRequest, capability: Capability | undefined) => MediaType | Refusal;

export const createEnvelopeCheck = (registry: Registry): EnvelopeCheck => {
  const payloadTypes = new Set(Object.values(registry).flatMap(({ contentTypes }) => contentTypes));
  const anyTypes = new Set([...payloadTypes, REPORT_TYPE]);
  const reportTypes = new Set([REPORT_TYPE]);
  const typesOf = (capability: Capability | undefined): ReadonlySet<string> =>
    capability === undefined ? anyTypes : isClosing(capability) ? payloadTypes : reportTypes;

  return (request, capability) => {
    if (request.bodySize > MAX_BODY_BYTES) return refuse('payload_too_large', `${request.bodySize} bytes`);
    const mediaType = readMediaType(request.header('Content-Type'));
    if (mediaType === undefined) {
      return refuse('content_type_refused', 'not one media type', { detail: 'Content-Type is not one media type.' });
    }
    if (!typesOf(capability).has(mediaType.essence)) {
      // Nobody knows yet who asks: what the processors of the environment send is not told.
      const sent = request.header('Content-Type').length === 0 ? 'Content-Type did not come, and' : 'Content-Type';
      return refuse('content_type_refused', 'no processor of the environment sends this content type here', {
        detail:
          capability === undefined || isClosing(capability)
            ? `${sent} is not one that callbacks are sent as here.`
            : `${sent} is not ${REPORT_TYPE}, which this route takes.`,
      });
    }
    if (request.header('Content-Encoding').some((encoding) => !/^(identity)?$/i.test(encoding.trim()))) {
      return refuse('content_type_refused', 'a content encoding other than identity', {
        detail: 'Content-Encoding is not accepted: send the bytes as they are.',
      });
    }
    return mediaType;
  };
};
