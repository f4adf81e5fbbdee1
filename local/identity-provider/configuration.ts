import type { ClientMetadata, Configuration, errors as ProviderErrors } from 'oidc-provider';
import { CAPABILITIES, CAPABILITY_NAMES } from '../../lambda/contract/capabilities.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import { type AccessTokenForm, RFC_9068_FORM, shapeClaims } from './access-token-form.ts';
import { CLI_CLIENT_ID, CONSOLE_CLIENT_ID, type Identities, publicJwk, USERS } from './identities.ts';
import { MACHINE_CLIENTS, type Machine } from './machines.ts';
import { escapeHtml, page, SIGN_IN_PATH } from './sign-in-page.ts';

/** Scopes of every machine client. Its roles decide what it may do. */
const MACHINE_SCOPES = [
  'task_read',
  'task_write',
  'operator_read',
  'operator_write',
  ...CAPABILITY_NAMES.map((name) => CAPABILITIES[name].scope),
].join(' ');
const CONSOLE_SCOPES = 'openid profile';
/** Scopes of people who sign in with the command line. Their roles decide what they may do. */
const CLI_SCOPES = 'offline_access task_read task_write operator_read operator_write';
/** RFC 8252 §7.3: the port may be any. */
const CLI_REDIRECT_URI = 'http://127.0.0.1/callback';
/** Seconds. */
const TOKEN_LIFETIME = 3_600;
const CODE_LIFETIME = 60;
const DEVICE_CODE_LIFETIME = 600;
const SESSION_LIFETIME = 86_400;

export interface ConfigurationOptions {
  readonly identities: Identities<string>;
  /** Clients that get tokens with their keys in `identities`, by their names there. @default those of `local` */
  readonly machines?: Readonly<Record<string, Machine>>;
  /** Format of the access tokens for the gateway. @default RFC 9068 */
  readonly accessToken?: AccessTokenForm;
  /** Longest lifetime of an access token that the gateway accepts, in seconds. */
  readonly accessTokenMaxLifetime?: number;
  /** The gateway's origin: the audience of every machine's access token, without being asked for. */
  readonly gatewayOrigin: string;
  /** URL of the load balancer to which a console user returns after sign-in. Its origin is that of the console. */
  readonly consoleRedirectUri: string;
  /** Further clients. */
  readonly clients?: readonly ClientMetadata[];
  readonly errors: typeof ProviderErrors;
}

/**
 * The provider's configuration: access tokens by RFC 9068 for machines (private-key client assertions, RFC 7523), the
 * authorization code flow for the console, that flow and the device flow for people at the command line. Its names and lifetimes are those of the environment `local`.
 */
export const createConfiguration = (options: ConfigurationOptions): Configuration => {
  const { clients = [], identities, gatewayOrigin, consoleRedirectUri, errors } = options;
  const { accessToken = RFC_9068_FORM, accessTokenMaxLifetime = TOKEN_LIFETIME } = options;
  const machines = byClientId(options.machines ?? MACHINE_CLIENTS);
  return {
    clients: [
      ...[...machines].map(([clientId, { name }]) => ({
        client_id: clientId,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'private_key_jwt' as const,
        jwks: { keys: [publicJwk(identities.clientKeys[name] ?? {})] } as never,
        scope: MACHINE_SCOPES,
      })),
      {
        client_id: CONSOLE_CLIENT_ID,
        client_secret: identities.consoleClientSecret,
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [consoleRedirectUri],
        post_logout_redirect_uris: [`${new URL(consoleRedirectUri).origin}${ROUTES.console.path}`],
        scope: CONSOLE_SCOPES,
      },
      {
        client_id: CLI_CLIENT_ID,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        redirect_uris: [CLI_REDIRECT_URI],
        scope: CLI_SCOPES,
      },
      ...clients,
    ],
    jwks: { keys: [identities.signingKey] } as never,
    cookies: { keys: [identities.cookieKey] },
    scopes: ['offline_access', ...CONSOLE_SCOPES.split(' '), ...MACHINE_SCOPES.split(' ')],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'roles'] },
    pkce: { required: (_ctx, client) => client.clientId === CLI_CLIENT_ID },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form, _out, error) => {
          const problem = error === undefined ? '' : '<p role="alert">No sign-in waits for this code.</p>';
          ctx.body = page(`<p>Type the code that your terminal shows.</p>${problem}
${form}
<button type="submit" form="op.deviceInputForm">Go on</button>`);
        },
        userCodeConfirmSource: (ctx, form, client, _device, userCode) => {
          ctx.body = page(`<p>Does your terminal show <code>${escapeHtml(userCode)}</code>?
It signs in to <b>${escapeHtml(client.clientId)}</b>.</p>
${form}
<button type="submit" form="op.deviceConfirmForm" autofocus>Yes</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No</button>`);
        },
        successSource: (ctx) => {
          ctx.body = page('<p>You are signed in. Go back to your terminal.</p>');
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = page(`<p>Sign out of this provider as well?</p>
${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>`);
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.body = page('<p>You are signed out.</p>');
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => (client?.clientId === CONSOLE_CLIENT_ID ? [] : gatewayOrigin),
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== gatewayOrigin) throw new errors.InvalidTarget();
          return {
            scope: MACHINE_SCOPES,
            audience: gatewayOrigin,
            accessTokenTTL: Math.min(TOKEN_LIFETIME, accessTokenMaxLifetime),
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
    extraTokenClaims: (_ctx, token) => {
      if (token.kind === 'AccessToken') return { roles: [...(USERS[token.accountId] ?? [])] };
      const roles = machines.get(token.clientId ?? '')?.roles;
      return token.kind === 'ClientCredentials' && roles ? { roles: [...roles] } : undefined;
    },
    formats: {
      customizers: {
        jwt: (_ctx, _token, jwt) => {
          jwt.header = { ...jwt.header, typ: accessToken.profile.types[0] ?? undefined };
          jwt.payload = shapeClaims(jwt.payload, accessToken);
        },
      },
    },
    ttl: {
      AccessToken: TOKEN_LIFETIME,
      AuthorizationCode: CODE_LIFETIME,
      ClientCredentials: TOKEN_LIFETIME,
      DeviceCode: DEVICE_CODE_LIFETIME,
      Grant: SESSION_LIFETIME,
      IdToken: TOKEN_LIFETIME,
      Interaction: TOKEN_LIFETIME,
      RefreshToken: SESSION_LIFETIME,
      Session: SESSION_LIFETIME,
    },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: id, preferred_username: id, roles: [...(USERS[id] ?? [])] }),
    }),
    interactions: { url: (_ctx, interaction) => `${SIGN_IN_PATH}${interaction.uid}` },
    // Signing in is consent: this provider has the applications of one gateway.
    loadExistingGrant: async (ctx) => {
      const { client, session, provider } = ctx.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      const isCli = client.clientId === CLI_CLIENT_ID;
      grant.addOIDCScope(isCli ? CLI_SCOPES : CONSOLE_SCOPES);
      if (isCli) grant.addResourceScope(gatewayOrigin, CLI_SCOPES);
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = page(`<p role="alert">${escapeHtml(out.error_description ?? out.error)}</p>`);
    },
  };
};

/** Each client once, with the roles that it has under all its names. */
const byClientId = (machines: Readonly<Record<string, Machine>>) => {
  const found = new Map<string, { readonly name: string; readonly roles: readonly string[] }>();
  for (const [name, { clientId, roles }] of Object.entries(machines)) {
    const known = found.get(clientId);
    found.set(clientId, { name: known?.name ?? name, roles: [...new Set([...(known?.roles ?? []), ...roles])] });
  }
  return found;
};
