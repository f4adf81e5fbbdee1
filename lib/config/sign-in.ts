import { Duration } from 'aws-cdk-lib';
import type * as v from 'valibot';
import { DEFAULT_RETURN_PARAMETER, RETURN_PARAMETERS } from '../../lambda/contract/console-session.ts';
import { CONSOLE_IDLE_SECONDS, CONSOLE_SESSION_SECONDS } from '../../lambda/contract/operator-limits.ts';
import { object, optional } from './containers.ts';
import { duration, expecting, type Kind, oneOf, orToken, secretName, textOrToken } from './kinds.ts';
import { httpsUrl, loopbackUrl } from './urls.ts';

const DISCOVERY = "Copy it from the provider's /.well-known/openid-configuration.";
export const HTTPS = httpsUrl(DISCOVERY);
export const LOOPBACK = loopbackUrl('a loopback URL, as http://127.0.0.1:8081', DISCOVERY);

/** Endpoints of an OpenID provider, as its `/.well-known/openid-configuration` lists them. */
export const identityProvider = <Url extends string>(url: Kind<Url>) =>
  object("Copy them from the provider's /.well-known/openid-configuration.", {
    /** `iss` of its tokens, character by character. */
    issuer: orToken(url),
    /** The provider's keys. The load balancer reads them too: RS256 must be among them, and they have at most 150 KB and 10 keys. */
    jwksUri: orToken(url),
    /** Page where operators sign in. */
    authorizationEndpoint: orToken(url),
    /** Endpoint that gives the load balancer the operators' tokens. */
    tokenEndpoint: orToken(url),
    /** Endpoint that tells the load balancer who an operator is. */
    userInfoEndpoint: orToken(url),
    /**
     * Endpoint that ends the provider's own session when an operator signs out at the console (`end_session_endpoint`; for
     * Cognito `https://DOMAIN/logout`). The provider must allow `https://DOMAIN/console` as the place to return to.
     * @default signing out ends the session at the load balancer only, and the page says so
     */
    endSessionEndpoint: optional(orToken(url)),
    /**
     * Name of the parameter with the place to return to. Cognito expects `logout_uri`.
     * @default 'post_logout_redirect_uri'
     */
    endSessionReturn: optional(
      oneOf(RETURN_PARAMETERS, "Look for the parameter in the provider's documentation of its logout endpoint."),
      DEFAULT_RETURN_PARAMETER,
    ),
  });
export type IdentityProvider = v.InferOutput<ReturnType<typeof identityProvider<string>>>;

/** RFC 6749 §3.3. */
const SCOPE = /^[!#-[\]-~]+$/;

const CLIENT =
  'Register a web client for the console at the identity provider, and store its secret in Secrets Manager as {"clientSecret": "…"}.';

/** The client that operators sign in with at the console. */
export const consoleClient = object(CLIENT, {
  /** Id of the client at the identity provider. */
  clientId: textOrToken(/^\S+$/, 'the id of a client, without blanks', CLIENT),
  /** Name of the secret in Secrets Manager. Its JSON field `clientSecret` holds the client's secret. */
  secretName: orToken(secretName(CLIENT)),
  /**
   * Scopes of the sign-in, `openid` among them. Some providers need more to name the operator's groups: Okta needs `groups`.
   * @default ['openid', 'profile']
   */
  scopes: optional(
    expecting<readonly string[]>(
      'string[]',
      (value) =>
        Array.isArray(value) &&
        value.includes('openid') &&
        value.every((one) => typeof one === 'string' && SCOPE.test(one)),
      'a list of scopes, `openid` among them',
      "Write each scope as a text of its own, as in ['openid', 'profile', 'groups'].",
    ),
    ['openid', 'profile'],
  ),
});
export type ConsoleClient = v.InferOutput<typeof consoleClient>;

/** Lifetime of an operator's session at the console. */
export const consoleSession = object('Write for instance { limit: Duration.hours(4), idle: Duration.minutes(15) }.', {
  /**
   * Time from the sign-in to the end of the session at the load balancer. A copy of the cookie works as long.
   * @default Duration.hours(8)
   */
  limit: optional(
    duration({
      min: Duration.seconds(CONSOLE_SESSION_SECONDS.min),
      max: Duration.seconds(CONSOLE_SESSION_SECONDS.max),
      step: Duration.seconds(1),
      remedy: 'The load balancer keeps no session for longer than a week.',
    }),
    Duration.seconds(CONSOLE_SESSION_SECONDS.default),
  ),
  /**
   * Time without a request for a page, at most `limit`. The console then ends the session in the operator's browser.
   * @default Duration.minutes(30)
   */
  idle: optional(
    duration({
      min: Duration.seconds(CONSOLE_IDLE_SECONDS.min),
      max: Duration.seconds(CONSOLE_SESSION_SECONDS.max),
      step: Duration.seconds(1),
      remedy: 'Give a Duration that is no longer than `consoleSession.limit`.',
    }),
    Duration.seconds(CONSOLE_IDLE_SECONDS.default),
  ),
});
