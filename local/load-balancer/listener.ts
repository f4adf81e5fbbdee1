import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';

const Count = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer());

const FixedResponse = v.object({
  Type: v.literal('fixed-response'),
  FixedResponseConfig: v.object({
    StatusCode: Count,
    ContentType: v.optional(v.string(), 'text/plain'),
    MessageBody: v.optional(v.string(), ''),
  }),
});

const Forward = v.pipe(
  v.object({
    Type: v.literal('forward'),
    TargetGroupArn: v.optional(v.string()),
    ForwardConfig: v.optional(v.object({ TargetGroups: v.array(v.object({ TargetGroupArn: v.string() })) })),
  }),
  v.transform(({ Type, TargetGroupArn, ForwardConfig }) => ({
    Type,
    targetGroups: TargetGroupArn ? [TargetGroupArn] : (ForwardConfig?.TargetGroups ?? []).map((g) => g.TargetGroupArn),
  })),
  v.check(({ targetGroups }) => targetGroups.length === 1, 'a forward action to exactly one target group'),
);

const JwtValidation = v.object({
  Type: v.literal('jwt-validation'),
  JwtValidationConfig: v.object({
    Issuer: v.string(),
    JwksEndpoint: v.string(),
    AdditionalClaims: v.optional(
      v.array(
        v.object({
          Name: v.string(),
          Format: v.picklist(['single-string', 'space-separated-values', 'string-array']),
          Values: v.array(v.string()),
        }),
      ),
      [],
    ),
  }),
});

const AuthenticateOidc = v.object({
  Type: v.literal('authenticate-oidc'),
  AuthenticateOidcConfig: v.object({
    Issuer: v.string(),
    AuthorizationEndpoint: v.string(),
    TokenEndpoint: v.string(),
    UserInfoEndpoint: v.string(),
    ClientId: v.string(),
    ClientSecret: v.string(),
    Scope: v.optional(v.string(), 'openid'),
    SessionCookieName: v.optional(v.string(), 'AWSELBAuthSessionCookie'),
    SessionTimeout: v.optional(Count, 604_800),
    OnUnauthenticatedRequest: v.optional(v.picklist(['authenticate', 'deny', 'allow']), 'authenticate'),
    AuthenticationRequestExtraParams: v.optional(v.record(v.string(), v.string()), {}),
  }),
});

const Action = v.variant('Type', [FixedResponse, Forward, JwtValidation, AuthenticateOidc]);
const Ordered = v.object({ Order: v.optional(Count, 1) });
const Actions = v.pipe(
  v.array(v.looseObject({ Type: v.string() })),
  v.transform((actions) => actions.toSorted((a, b) => v.parse(Ordered, a).Order - v.parse(Ordered, b).Order)),
  v.array(Action),
);

const Values = v.object({ Values: v.array(v.string()) });
const Condition = v.pipe(
  v.object({
    Field: v.picklist(['path-pattern', 'host-header', 'http-request-method']),
    Values: v.optional(v.array(v.string())),
    PathPatternConfig: v.optional(Values),
    HostHeaderConfig: v.optional(Values),
    HttpRequestMethodConfig: v.optional(Values),
  }),
  v.transform((condition) => ({
    field: condition.Field,
    values:
      condition.Values ??
      (condition.PathPatternConfig ?? condition.HostHeaderConfig ?? condition.HttpRequestMethodConfig)?.Values ??
      [],
  })),
);

const ListenerRule = v.object({
  Priority: Count,
  Conditions: v.array(Condition),
  Actions,
});
const SERVER_HEADER = 'routing.http.response.server.enabled';
/** A browser takes no notice of it in clear (RFC 6797 §8.1), which is how this machine is reached. */
const TRANSPORT_SECURITY = 'routing.http.response.strict_transport_security.header_value';
const ListenerProperties = v.object({
  DefaultActions: Actions,
  ListenerAttributes: v.optional(
    v.array(v.object({ Key: v.picklist([SERVER_HEADER, TRANSPORT_SECURITY]), Value: v.string() })),
    [],
  ),
});

export type Action = v.InferOutput<typeof Action>;
export type Condition = v.InferOutput<typeof Condition>;
export type OidcConfig = v.InferOutput<typeof AuthenticateOidc>['AuthenticateOidcConfig'];
export type JwtConfig = v.InferOutput<typeof JwtValidation>['JwtValidationConfig'];

export interface Rule {
  readonly priority: number;
  readonly conditions: readonly Condition[];
  readonly actions: readonly Action[];
}

export interface Listener {
  /** Lowest priority number first, as they are tried. */
  readonly rules: readonly Rule[];
  readonly defaultActions: readonly Action[];
  /** True if responses have the header `Server`. */
  readonly serverHeader: boolean;
}

/**
 * Reads the listener and its rules from the template.
 * @throws {Error} naming the resource and the property, if there is an action, a condition or a value of it that this
 * load balancer does not know.
 */
export const readListener = (listener: ResolvedResource, rules: readonly ResolvedResource[]): Listener => {
  const { DefaultActions, ListenerAttributes } = parse(ListenerProperties, listener);
  return {
    defaultActions: DefaultActions,
    serverHeader: !ListenerAttributes.some(({ Key, Value }) => Key === SERVER_HEADER && Value === 'false'),
    rules: rules
      .map((rule) => parse(ListenerRule, rule))
      .map(({ Priority, Conditions, Actions: actions }) => ({
        priority: Priority,
        conditions: Conditions,
        actions,
      }))
      .toSorted((a, b) => a.priority - b.priority),
  };
};

const parse = <S extends v.GenericSchema>(schema: S, resource: ResolvedResource): v.InferOutput<S> => {
  const result = v.safeParse(schema, resource.properties);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new Error(
    `${resource.logicalId}: ${v.getDotPath(issue) ?? 'its properties'}: the local load balancer expected ` +
      `${issue.expected ?? issue.message}, found ${issue.received}.`,
  );
};
