import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { SenderAccessToken } from '../config/sender-access-token.ts';
import type { AudienceForm } from '../config/token-profiles.ts';

/** Issuer and format of the access tokens that the load balancer lets through. */
export type AcceptedAccessToken = Readonly<SenderAccessToken>;

const CLAIM_FORMATS: Readonly<Record<AudienceForm, string>> = { text: 'single-string', list: 'string-array' };

/**
 * Action of a listener rule that checks an access token: signature by RS256, issuer, times, and audience.
 * @param origin audience of a profile that names no other
 */
export const jwtValidation = (
  { audienceForm, issuer, jwksUri, profile }: AcceptedAccessToken,
  origin: string,
): CfnListenerRule.ActionProperty => {
  const { accepted, claim } = profile.audience ?? { claim: 'aud', accepted: [origin] };
  return {
    type: 'jwt-validation',
    jwtValidationConfig: {
      issuer,
      jwksEndpoint: jwksUri,
      // Without an audience the load balancer would accept tokens that the issuer issued for other services. Only a single
      // value is given to the load balancer. The function checks the audience in any case, lists included.
      additionalClaims:
        accepted.length === 1 ? [{ name: claim, format: CLAIM_FORMATS[audienceForm], values: [...accepted] }] : [],
    },
  };
};
