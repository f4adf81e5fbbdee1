/**
 * The header in which the load balancer puts a caller's certificate begins so. What follows is the environment's own and nobody
 * outside of it knows it. AWS does not say that the load balancer removes a header of this name that a caller without a
 * certificate sends, so that a name which everybody knows would prove nothing.
 */
export const CERTIFICATE_HEADER_PREFIX = 'x-postern-client-certificate-';
