/**
 * Prefix of the header in which the load balancer sends the client certificate. The rest of the name is secret to the
 * environment. AWS does not state that the load balancer removes such a header if a caller without a certificate sends it,
 * so a header with a public name would prove nothing.
 */
export const CERTIFICATE_HEADER_PREFIX = 'x-postern-client-certificate-';
