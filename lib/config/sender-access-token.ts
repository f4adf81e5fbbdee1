import type * as v from 'valibot';
import { RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { object, optional } from './containers.ts';
import { type Kind, oneOf, orToken } from './kinds.ts';
import { AUDIENCE_FORMS, accessTokenProfile } from './token-profiles.ts';

/** Issuer of the access tokens of senders, where it is another one than the identity provider that operators sign in with. */
export const senderAccessToken = <Url extends string>(url: Kind<Url>) =>
  object('Remove `senderAccessToken`, or write for instance { issuer, jwksUri, profile: AWS_IAM }.', {
    /**
     * `iss` of the tokens, character by character. AWS has one for each account:
     * `aws iam get-outbound-web-identity-federation-info` shows it.
     */
    issuer: orToken(url),
    /**
     * The issuer's keys. The load balancer reads them too: RS256 must be among them, and they have at most 150 KB and 10 keys.
     * Those of AWS are at `ISSUER/.well-known/jwks.json`.
     */
    jwksUri: orToken(url),
    /**
     * Format of the tokens: a ready profile of `@postern/cdk`, for example `AWS_IAM`, with the values of this environment.
     * @default RFC_9068
     */
    profile: optional(accessTokenProfile, RFC_9068),
    /**
     * Form of the claim with the audience. The load balancer compares one of the two. AWS writes a text for one audience.
     * @default 'text'
     */
    audienceForm: optional(oneOf(AUDIENCE_FORMS, 'Look at `aud` in an access token of the issuer.'), 'text'),
  });
export type SenderAccessToken = v.InferOutput<ReturnType<typeof senderAccessToken<string>>>;
