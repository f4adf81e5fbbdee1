import type { DoorConfig } from '../../../lambda/contract/door-config.ts';
import { DOOR_LIMITS, DOOR_PORTS, DOOR_RATE_KEYS, RATE_WINDOW_SECONDS } from '../../../lambda/contract/door-limits.ts';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE } from '../../../lambda/contract/metrics.ts';
import { ROUTES } from '../../../lambda/contract/routes.ts';
import type { RateLimits } from '../../config/web-acl.ts';
import { type AcceptedAccessToken, requiredClaims } from '../jwt-validation.ts';
import { STRICT_TRANSPORT_SECURITY } from '../response-headers.ts';
import { doorAnswers } from './door-answers.ts';
import { doorRules } from './door-rules.ts';

/** What the routes and the contract do not know. */
export interface DoorConfigProps extends Pick<DoorConfig, 'environment' | 'host' | 'functions' | 'certificate'> {
  /** The gateway's origin: the audience of access tokens, unless their profile names another. */
  readonly origin: string;
  /** What an access token must have, by its holder. */
  readonly accessTokens: Readonly<Record<'sender' | 'operator', AcceptedAccessToken>>;
  readonly rateLimits: RateLimits;
  /** Rules of the firewall in SecLang. */
  readonly directives: string;
  /** Addresses of all processors. @default every address may call */
  readonly sources?: readonly string[];
}

/**
 * Makes the configuration of the network door. Everything that the load balancer and the web ACL have too comes from the same
 * source as theirs, so that the two ways to the functions cannot differ.
 */
export const doorConfig = (props: DoorConfigProps): DoorConfig => ({
  version: 1,
  environment: props.environment,
  host: props.host,
  ports: DOOR_PORTS,
  functions: props.functions,
  rules: doorRules(),
  checks: {
    sender: tokenCheck(props.accessTokens.sender, props.origin),
    operator: tokenCheck(props.accessTokens.operator, props.origin),
  },
  limits: DOOR_LIMITS,
  rates: {
    windowSeconds: RATE_WINDOW_SECONDS,
    ...props.rateLimits,
    handshakePath: ROUTES.handshake.path,
    keys: DOOR_RATE_KEYS,
  },
  waf: { directives: props.directives },
  answerHeaders: { 'strict-transport-security': STRICT_TRANSPORT_SECURITY },
  answers: doorAnswers(props.origin),
  ...(props.sources !== undefined && { sources: props.sources }),
  certificate: props.certificate,
  metrics: { namespace: METRIC_NAMESPACE, environmentDimension: ENVIRONMENT_DIMENSION },
});

const tokenCheck = (token: AcceptedAccessToken, origin: string): DoorConfig['checks']['sender'] => ({
  issuer: token.issuer,
  jwksUri: token.jwksUri,
  claims: requiredClaims(token, origin),
});
