import { compactVerify } from 'jose';
import { OPERATOR_ROLE } from '../contract/claims.ts';
import { CLOCK_TOLERANCE_SECONDS, MAX_ACCESS_TOKEN_CHARS } from '../contract/limits.ts';
import { whenAvailable } from '../dependency/available.ts';
import type { Refusal } from '../http/problem.ts';
import { refuse } from '../http/problem.ts';
import { type CompactToken, parseCompactToken } from '../token/compact.ts';
import type { LoadBalancerKeys } from './load-balancer-keys.ts';

/** Where the load balancer puts what the identity provider said of the operator. */
export const ASSERTION_HEADER = 'x-amzn-oidc-data';

/** An operator who is signed in. */
export interface Operator {
  readonly subject: string;
  /** What to call them; as the identity provider has it, so not safe to render as it is. */
  readonly name: string;
}

export interface OperatorVerifier {
  /** @param assertions every line of `x-amzn-oidc-data` */
  verify(assertions: readonly string[]): Promise<Operator | Refusal>;
}

export interface OperatorVerifierOptions {
  /** The one load balancer whose word counts. */
  readonly loadBalancerArn: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly keys: LoadBalancerKeys;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Verifies the load balancer's assertion: its own kind of JWT, ES256 only, in padded base64url, with signer, client,
 * issuer and expiry in the *header*.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
export const createOperatorVerifier = (options: OperatorVerifierOptions): OperatorVerifier => ({
  verify: async ([assertion, ...others]) => {
    if (assertion === undefined) return refuse('access_token_missing', 'no assertion of the load balancer');
    if (others.length > 0) return invalid('more than one assertion');
    const parsed = parsePadded(assertion);
    if (parsed === undefined) return invalid('not a compact JWS of JSON objects');

    const { alg, kid } = parsed.header;
    if (alg !== 'ES256') return invalid('alg is not ES256');
    if (typeof kid !== 'string') return invalid('no kid');
    const key = await whenAvailable("load balancer's keys", options.keys(kid));
    if (key === undefined) return invalid('no key has this kid');
    try {
      await compactVerify(assertion, key, { algorithms: ['ES256'] });
    } catch {
      return invalid('the signature does not fit the key');
    }
    return checkHeader(parsed.header, options) ?? readOperator(parsed.claims);
  },
});

const invalid = (reason: string): Refusal => refuse('access_token_invalid', reason);

const PADDED_PART = /^[A-Za-z0-9_-]+={0,2}$/;

/** Takes the assertion apart; every part has the padding that belongs to it, or none. */
const parsePadded = (assertion: string): CompactToken | undefined => {
  const parts = assertion.split('.');
  const wellPadded = parts.every((part) => PADDED_PART.test(part) && (!part.endsWith('=') || part.length % 4 === 0));
  const bare = parts.map((part) => part.replace(/=+$/, '')).join('.');
  return wellPadded ? parseCompactToken(bare, MAX_ACCESS_TOKEN_CHARS) : undefined;
};

const checkHeader = (header: CompactToken['header'], options: OperatorVerifierOptions): Refusal | undefined => {
  const { client, exp, iss, signer } = header;
  if (signer !== options.loadBalancerArn) return invalid('signer is not our load balancer');
  if (client !== options.clientId) return invalid('client is not ours');
  if (iss !== options.issuer) return invalid('iss is not the identity provider');
  if (typeof exp !== 'number') return invalid('no exp');
  return options.now() / 1000 >= exp + CLOCK_TOLERANCE_SECONDS ? invalid('expired') : undefined;
};

const readOperator = (claims: CompactToken['claims']): Operator | Refusal => {
  const { email, name, preferred_username: username, roles, sub } = claims;
  if (!isNonEmptyString(sub)) return invalid('no sub');
  if (!Array.isArray(roles) || !roles.includes(OPERATOR_ROLE)) {
    return refuse('operator_role_missing', `role ${OPERATOR_ROLE} is missing`);
  }
  return { subject: sub, name: [name, username, email].find(isNonEmptyString) ?? sub };
};

const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== '';
