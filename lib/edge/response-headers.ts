import type { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/**
 * What a listener adds to every answer, and leaves away.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
 */
const RESPONSE_ATTRIBUTES = {
  // Two years, and for this name alone: what else is below it is not ours to say.
  'routing.http.response.strict_transport_security.header_value': 'max-age=63072000',
  // Nobody needs to know what stands here.
  'routing.http.response.server.enabled': 'false',
} as const;

/** Has a listener tell browsers to come by TLS alone (RFC 6797), and nobody what it is. */
export const hardenResponses = (listener: ApplicationListener): void => {
  for (const [attribute, value] of Object.entries(RESPONSE_ATTRIBUTES)) listener.setAttribute(attribute, value);
};
