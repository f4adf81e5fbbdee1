import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { SenderAccessToken } from '../config/sender-access-token.ts';
import type { AudienceForm } from '../config/token-profiles.ts';

/** Issuer and format of the access tokens that the load balancer lets through. */
export type AcceptedAccessToken = Readonly<SenderAccessToken>;

const CLAIM_FORMATS = { text: 'single-string', list: 'string-array' } as const satisfies Record<AudienceForm, string>;

/**
 * Claims that an access token must have before it reaches a function. Without an audience, tokens would be accepted that the
 * issuer issued for other services. Only a single value is given to the load balancer. The function checks the audience in
 * any case, lists included.
 * @param origin audience of a profile that names no other
 */
export const requiredClaims = ({ audienceForm, profile }: AcceptedAccessToken, origin: string) => {
  const { accepted, claim } = profile.audience ?? { claim: 'aud', accepted: [origin] };
  return accepted.length === 1 ? [{ name: claim, format: CLAIM_FORMATS[audienceForm], values: [...accepted] }] : [];
};

/**
 * Action of a listener rule that checks an access token: signature by RS256, issuer, times, and audience.
 * @param origin audience of a profile that names no other
 */
export const jwtValidation = (token: AcceptedAccessToken, origin: string): CfnListenerRule.ActionProperty => ({
  type: 'jwt-validation',
  jwtValidationConfig: {
    issuer: token.issuer,
    jwksEndpoint: token.jwksUri,
    additionalClaims: requiredClaims(token, origin),
  },
});
