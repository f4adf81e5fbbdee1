import { IDENTITY_PROVIDER_KEYS, KEY_FETCH } from './call-limits.ts';
import { MAX_BODY_BYTES, RETRY_AFTER_SECONDS } from './limits.ts';

/* Limits of a front door: of the network door, and of the web ACL before the load balancer. */

/** Longest path, in bytes. A token has at most 2,048, and the path before it at most 100. */
export const MAX_PATH_BYTES = 4_096;

/** Time in which requests of one address are counted, in seconds. It is also `Retry-After` of a request above a rate. */
export const RATE_WINDOW_SECONDS = 300;

/**
 * Every limit of the network door. Where the load balancer has the same limit, the value is the load balancer's.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
 */
export const DOOR_LIMITS = {
  /** Longest request line, and longest line of a header. */
  lineBytes: 16_384,
  /** All headers of a request together. */
  headerBytes: 65_536,
  pathBytes: MAX_PATH_BYTES,
  /** Largest body of a request. A rule may have less. */
  bodyBytes: MAX_BODY_BYTES,
  /** Largest result of a function, as JSON. */
  resultBytes: MAX_BODY_BYTES,
  /** Time from the acceptance of a connection to the end of its PROXY header. */
  proxyHeaderSeconds: 5,
  /** Time from the PROXY header to the end of the TLS handshake. */
  tlsHandshakeSeconds: 10,
  /** Time from the first byte of a request to the end of its headers. */
  headerReadSeconds: 10,
  /** Time from the end of the headers to the end of the body. */
  bodyReadSeconds: 30,
  /** Bytes of a refused body that are read and dropped after the answer, so that a client that sends first can read it. */
  discardBytes: 32 * MAX_BODY_BYTES,
  /** Time for which such bytes are read. */
  discardSeconds: 10,
  /** Time for writing an answer. */
  answerWriteSeconds: 30,
  /** Time without a request after which a connection is closed. */
  idleSeconds: 60,
  /** Longest life of a connection: clients then resolve the name again. */
  keepAliveSeconds: 300,
  /** Time for the requests of open connections after the signal to stop. ECS then ends the task: see `DOOR_STOP_SECONDS`. */
  drainSeconds: 60,
  /** Open connections of one task, and its open requests. */
  connections: 4_096,
  /** Open connections of one address, or of one /64 of IPv6, and its open requests. */
  connectionsPerAddress: 512,
  /** Requests at a time on one connection with HTTP/2. */
  streams: 128,
  /**
   * Calls of functions that run at a time in one task. Bodies and answers of all its requests together have at most the size of as many
   * largest bodies. Each may be in memory up to six times: as it came, in the event, and in the answer. So all of them fit into the
   * gigabyte of a task.
   */
  requests: 96,
  /** Of one address, or of one /64 of IPv6: an address must not take all places, nor all memory for bodies and answers. */
  requestsPerAddress: 24,
  /** Time between two looks at the secret with the certificate. */
  certificateReloadSeconds: 3_600,
  /** Time for which keys of an issuer are used before they are fetched again. */
  keysSeconds: IDENTITY_PROVIDER_KEYS.cacheMilliseconds / 1_000,
  /** An unknown key id starts at most one request for the keys in this time. */
  keysCooldownSeconds: IDENTITY_PROVIDER_KEYS.cooldownMilliseconds / 1_000,
  keysFetchSeconds: KEY_FETCH.timeoutMilliseconds / 1_000,
  keysBytes: KEY_FETCH.maxBytes,
  /** `Retry-After` of a 503. */
  retryAfterSeconds: RETRY_AFTER_SECONDS,
} as const;

export type DoorLimits = { readonly [L in keyof typeof DOOR_LIMITS]: number };

/**
 * Longest path of a request that is no callback, in bytes. A request of an operator has at most some 250. The rules of the firewall
 * take up to 7 ms of CPU time for a KB of a path or a query.
 */
export const DOOR_PATH_BYTES = 512;

/**
 * Longest query, in bytes. `open`: of a route without an access token, which reads none. `other`: behind an access token, where a list
 * of tasks has the longest (a resource of 256 characters with 12 bytes each in percent-encoding, and a cursor), and of callbacks. The
 * function answers a token in the query of a callback, and no rule reads its parameters.
 */
export const DOOR_QUERY_BYTES = { open: 512, other: 4_096 } as const;

/** Most parameters of a query that the rules of the firewall read. */
export const DOOR_PARAMETERS = 100;

/** Time from the signal to stop to the end of the task. Fargate accepts at most 120 seconds. */
export const DOOR_STOP_SECONDS = 90;

/** Addresses and paths that one task of the door counts at a time. */
export const DOOR_RATE_KEYS = 100_000;

/** Ports of a task of the door. */
export const DOOR_PORTS = { tls: 8_443, health: 8_080 } as const;
