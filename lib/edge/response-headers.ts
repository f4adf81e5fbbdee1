import type { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** `Strict-Transport-Security` of every response. Two years. Without `includeSubDomains`: other services may run below this name. */
export const STRICT_TRANSPORT_SECURITY = 'max-age=63072000';

/**
 * Attributes of a listener that change the headers of every response.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
 */
const RESPONSE_ATTRIBUTES = {
  'routing.http.response.strict_transport_security.header_value': STRICT_TRANSPORT_SECURITY,
  // Omits the `Server` header.
  'routing.http.response.server.enabled': 'false',
} as const;

/** Makes a listener add `Strict-Transport-Security` (RFC 6797) to its responses and omit `Server`. */
export const hardenResponses = (listener: ApplicationListener): void => {
  for (const [attribute, value] of Object.entries(RESPONSE_ATTRIBUTES)) listener.setAttribute(attribute, value);
};
