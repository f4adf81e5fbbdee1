import { compactVerify } from 'jose';
import { CLOCK_TOLERANCE_SECONDS, MAX_ACCESS_TOKEN_CHARS } from '../../contract/limits.ts';
import type { OperatorRole } from '../../contract/operator-roles.ts';
import { type CompactToken, readCompactToken } from '../callback-token/compact.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { LoadBalancerKeys } from './load-balancer-keys.ts';
import type { ReadOperatorRoles } from './operator-roles.ts';

/** Header with the load balancer's assertion: claims of the operator from the identity provider. */
export const ASSERTION_HEADER = 'x-amzn-oidc-data';

/** A signed-in person. The list of roles may be empty. */
export interface Operator {
  readonly subject: string;
  /** Display name from the identity provider. It must be escaped in HTML. */
  readonly name: string;
  readonly roles: readonly OperatorRole[];
}

export interface OperatorVerifier {
  /**
   * @param assertions every line of `x-amzn-oidc-data`
   * @param accessTokens every line of `x-amzn-oidc-accesstoken`
   */
  verify(assertions: readonly string[], accessTokens: readonly string[]): Promise<Operator | Refusal>;
}

export interface OperatorVerifierOptions {
  /** The only load balancer whose assertions are accepted. */
  readonly loadBalancerArn: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly keys: LoadBalancerKeys;
  readonly readRoles: ReadOperatorRoles;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Verifies the load balancer's assertion. It is a special JWT: ES256 only, padded base64url, and signer, client, issuer and
 * expiry are in the *header*.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
export const createOperatorVerifier = (options: OperatorVerifierOptions): OperatorVerifier => ({
  verify: async ([assertion, ...others], accessTokens) => {
    if (assertion === undefined) return refuse('access_token_missing', 'no assertion of the load balancer');
    if (others.length > 0) return refuseAssertion('more than one assertion');
    const parsed = readPaddedToken(assertion);
    if (isRefusal(parsed)) return parsed;
    const { header } = parsed;
    const fault = (await checkSignature(assertion, header, options.keys)) ?? checkHeader(header, options);
    if (fault !== undefined) return fault;
    const { claims } = parsed;
    if (!isNonEmptyString(claims.sub)) return refuseAssertion('no sub');
    const result = await options.readRoles(claims, accessTokens);
    if (isRefusal(result)) return result;
    return { subject: claims.sub, name: nameIn(claims) ?? claims.sub, roles: result.roles };
  },
});

const refuseAssertion = (reason: string): Refusal => refuse('access_token_invalid', reason);

const PADDED_PART = /^[A-Za-z0-9_-]+={0,2}$/;

/** Parses the assertion. Every part has the correct padding or no padding. */
const readPaddedToken = (assertion: string): CompactToken | Refusal => {
  const parts = assertion.split('.');
  const wellPadded = parts.every((part) => PADDED_PART.test(part) && (!part.endsWith('=') || part.length % 4 === 0));
  const bare = parts.map((part) => part.replace(/=+$/, '')).join('.');
  return wellPadded
    ? readCompactToken(bare, MAX_ACCESS_TOKEN_CHARS, 'access_token_invalid')
    : refuseAssertion('not a compact JWS of JSON objects');
};

const checkSignature = async (
  assertion: string,
  { alg, kid }: CompactToken['header'],
  keys: LoadBalancerKeys,
): Promise<Refusal | undefined> => {
  if (alg !== 'ES256') return refuseAssertion('alg is not ES256');
  if (typeof kid !== 'string') return refuseAssertion('no kid');
  const key = await orUnavailable("load balancer's keys", keys(kid));
  if (key === undefined) return refuseAssertion('no key has this kid');
  try {
    await compactVerify(assertion, key, { algorithms: ['ES256'] });
    return undefined;
  } catch {
    return refuseAssertion('the signature does not fit the key');
  }
};

const checkHeader = (header: CompactToken['header'], options: OperatorVerifierOptions): Refusal | undefined => {
  const { client, exp, iss, signer } = header;
  if (signer !== options.loadBalancerArn) return refuseAssertion('signer is not our load balancer');
  if (client !== options.clientId) return refuseAssertion('client is not ours');
  if (iss !== options.issuer) return refuseAssertion('iss is not the identity provider');
  if (typeof exp !== 'number') return refuseAssertion('no exp');
  return options.now() / 1000 >= exp + CLOCK_TOLERANCE_SECONDS ? refuseAssertion('expired') : undefined;
};

const nameIn = ({ email, name, preferred_username: username }: CompactToken['claims']): string | undefined =>
  [name, username, email].find(isNonEmptyString);

const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== '';
