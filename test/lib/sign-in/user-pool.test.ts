import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { COGNITO } from '../../../lambda/contract/access-token-profile.ts';
import { COMMAND_LINE } from '../../../lambda/contract/sdk-limits.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { type Synthesized, synthesize } from '../../support/synthesize.ts';

type Properties = Readonly<Record<string, unknown>>;
interface Resource {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
}

const ORIGIN = 'https://callbacks.example.com';
const WITH_POOL = { identityProvider: undefined, consoleClient: undefined, cognito: {} };
const HEADERS = { carriers: ['header'], contentTypes: ['application/json'] };
const withPool = (more: object = {}) => synthesize(anAwsEnvironment({ ...WITH_POOL, ...more }));

const resourcesOf = (template: Synthesized['state'], type: string): Readonly<Record<string, Resource>> =>
  Object.fromEntries(
    Object.entries(template.toJSON().Resources as Record<string, Resource>).filter(([, { Type }]) => Type === type),
  );
const onlyOf = (template: Synthesized['state'], type: string): Resource => {
  const [resource, ...others] = Object.values(resourcesOf(template, type));
  if (resource === undefined || others.length > 0) throw new Error(`There is not one ${type}.`);
  return resource;
};
const clientNamed = (template: Synthesized['state'], name: string): Properties => {
  const clients = Object.values(resourcesOf(template, 'AWS::Cognito::UserPoolClient'));
  return clients.find(({ Properties }) => Properties.ClientName === name)?.Properties ?? {};
};
const variablesOf = (template: Synthesized['state'], description: string): Properties => {
  const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function'));
  const found = functions.find(({ Properties }) => String(Properties.Description).startsWith(description));
  return (found?.Properties.Environment as { readonly Variables: Properties } | undefined)?.Variables ?? {};
};
/** The text of a value, with the names of what CloudFormation fills in. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::ImportValue': imported, 'Fn::Join': join } = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(join)) return (join[1] as readonly unknown[]).map(textOf).join(String(join[0]));
  return `<${String(Ref ?? imported)
    .replace(/^Test-State:ExportsOutputRef/, '')
    .replace(/[0-9A-F]{8,}$/, '')}>`;
};

const plain = withPool({ applications: { invoices: { clients: 'cognito' }, orders: { clients: ['by-hand'] } } });

describe('the user pool', () => {
  const { Properties: pool } = onlyOf(plain.state, 'AWS::Cognito::UserPool');

  it('has users that administrators add, who sign in with a password and a code', () => {
    expect(pool).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'ON',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      Policies: { PasswordPolicy: { MinimumLength: 14, PasswordHistorySize: 5, TemporaryPasswordValidityDays: 3 } },
    });
  });

  it('refuses known passwords and risky sign-ins, unless the environment says otherwise', () => {
    expect(pool).toMatchObject({ UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } });
    expect(onlyOf(plain.state, 'AWS::Cognito::UserPoolRiskConfigurationAttachment').Properties).toMatchObject({
      ClientId: 'ALL',
      CompromisedCredentialsRiskConfiguration: { Actions: { EventAction: 'BLOCK' } },
      AccountTakeoverRiskConfiguration: { Actions: { HighAction: { EventAction: 'BLOCK' } } },
    });
    const { state } = withPool({ cognito: { threatProtection: false } });
    expect(onlyOf(state, 'AWS::Cognito::UserPool').Properties).toMatchObject({
      UserPoolTier: 'ESSENTIALS',
      UserPoolAddOns: { AdvancedSecurityMode: 'OFF' },
    });
    expect(resourcesOf(state, 'AWS::Cognito::UserPoolRiskConfigurationAttachment')).toEqual({});
  });

  it('outlives its stack in a protected environment, and no deletion is accepted', () => {
    const { state } = withPool({ protected: true });
    const { DeletionPolicy, Properties } = onlyOf(state, 'AWS::Cognito::UserPool');
    expect([DeletionPolicy, Properties.DeletionProtection]).toEqual(['Retain', 'ACTIVE']);
    const unprotected = onlyOf(plain.state, 'AWS::Cognito::UserPool');
    expect([unprotected.DeletionPolicy, unprotected.Properties.DeletionProtection]).toEqual(['Delete', 'INACTIVE']);
  });

  it('is in the State stack, so that a new gateway finds its users', () => {
    for (const type of ['UserPool', 'UserPoolDomain', 'UserPoolGroup', 'UserPoolResourceServer']) {
      expect(resourcesOf(plain.gateway, `AWS::Cognito::${type}`), type).toEqual({});
    }
  });

  it('is in no environment without the setting, nor an export, nor an output', () => {
    const { gateway, state } = synthesize(anAwsEnvironment());
    for (const template of [gateway, state]) {
      const { Outputs, Resources } = template.toJSON() as Readonly<Record<string, object>>;
      expect(JSON.stringify([Object.keys(Outputs ?? {}), Resources])).not.toMatch(
        /UserPool|Cognito|SignInPage|SenderClient/,
      );
    }
  });

  it('gives no role by a scope, because no group has the name of a scope', () => {
    const { Properties } = onlyOf(plain.state, 'AWS::Cognito::UserPoolResourceServer');
    const scopes = (Properties.Scopes as readonly { readonly ScopeName: string }[]).map(({ ScopeName }) => ScopeName);
    const groups = Object.values(resourcesOf(plain.state, 'AWS::Cognito::UserPoolGroup')).map(
      (group) => group.Properties.GroupName,
    );
    expect(Properties.Identifier).toBe(ORIGIN);
    expect(scopes).toEqual(['task_read', 'task_write', 'sender', 'operator_read', 'operator_write']);
    expect(groups.sort()).toEqual(['operator', 'operator-payload', 'operator-read']);
    expect(groups.filter((group) => scopes.includes(String(group)))).toEqual([]);
    const roles = JSON.parse(String(variablesOf(plain.gateway, 'Operator API').OPERATOR_ROLES)) as { values: object };
    expect(Object.values(roles.values).flat().sort()).toEqual(groups);
  });
});

describe('the client of the console', () => {
  it('is a web client of the load balancer, with the pages of managed login', () => {
    expect(clientNamed(plain.state, 'postern-console')).toMatchObject({
      GenerateSecret: true,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'profile', 'email'],
      CallbackURLs: [`${ORIGIN}/oauth2/idpresponse`],
      LogoutURLs: [`${ORIGIN}/console`],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    });
    expect(Object.keys(resourcesOf(plain.state, 'AWS::Cognito::ManagedLoginBranding'))).toHaveLength(2);
    expect(onlyOf(plain.state, 'AWS::Cognito::UserPoolDomain').Properties).toMatchObject({ ManagedLoginVersion: 2 });
  });

  it('has refresh tokens for one session, but no shorter ones than Cognito accepts', () => {
    const lifeOf = (limit: Duration) => {
      const { state } = withPool({ consoleSession: { limit, idle: Duration.minutes(1) } });
      return clientNamed(state, 'postern-console').RefreshTokenValidity;
    };
    expect([lifeOf(Duration.hours(2)), lifeOf(Duration.minutes(5))]).toEqual([7_200, 3_600]);
  });

  it('has its secret in Secrets Manager, in no template, and the listener reads it', () => {
    const secret = onlyOf(plain.state, 'AWS::SecretsManager::Secret').Properties.SecretString;
    expect(JSON.stringify(secret)).toMatch(/clientSecret.*Fn::GetAtt.*ClientSecret/);
    const rules = Object.values(resourcesOf(plain.gateway, 'AWS::ElasticLoadBalancingV2::ListenerRule'));
    const configs = rules.flatMap(({ Properties }) =>
      (Properties.Actions as readonly { readonly AuthenticateOidcConfig?: Properties }[]).flatMap(
        ({ AuthenticateOidcConfig: config }) => (config === undefined ? [] : [config]),
      ),
    );
    expect(configs.length).toBeGreaterThan(0);
    const page = 'https://callbacks-example-com.auth.eu-west-1.amazoncognito.com';
    for (const config of configs) {
      expect(textOf(config.ClientSecret)).toBe(
        '{{resolve:secretsmanager:<UserPoolConsoleSecret>:SecretString:clientSecret::}}',
      );
      expect(textOf(config.ClientId)).toBe('<UserPoolConsole>');
      expect(textOf(config.Issuer)).toBe('https://cognito-idp.eu-west-1.amazonaws.com/<UserPool>');
      expect(config).toMatchObject({
        AuthorizationEndpoint: `${page}/oauth2/authorize`,
        TokenEndpoint: `${page}/oauth2/token`,
        UserInfoEndpoint: `${page}/oauth2/userInfo`,
        Scope: 'openid profile email',
      });
    }
    const { END_SESSION } = variablesOf(plain.gateway, 'Console');
    expect(JSON.parse(String(END_SESSION))).toEqual({ endpoint: `${page}/logout`, returnParameter: 'logout_uri' });
  });
});

describe('the client of the command line', () => {
  it('is public, and comes back to one port of this machine', () => {
    expect(COMMAND_LINE.callbackPort).toBe(8976);
    const client = clientNamed(plain.state, 'postern-cli');
    expect(client).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', `${ORIGIN}/operator_read`, `${ORIGIN}/operator_write`],
      CallbackURLs: ['http://127.0.0.1:8976/callback'],
    });
    expect(client.LogoutURLs).toBeUndefined();
  });
});

describe('the client of an application', () => {
  const client = clientNamed(plain.gateway, 'invoices');

  it('gets access tokens for itself alone, with the scopes of a sender', () => {
    expect(client).toMatchObject({
      GenerateSecret: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: [`${ORIGIN}/task_read`, `${ORIGIN}/task_write`, `${ORIGIN}/sender`],
      AccessTokenValidity: 3_600,
      TokenValidityUnits: { AccessToken: 'seconds' },
    });
  });

  it('belongs to its application, by an id that the deployment knows', () => {
    for (const description of ['Opens', 'Lists']) {
      const { SENDER_CLIENTS } = variablesOf(plain.gateway, description);
      expect(textOf(SENDER_CLIENTS)).toBe('{"invoices":"<SenderClientsInvoices>"}');
    }
    const { Value } = (plain.gateway.toJSON().Outputs as Readonly<Record<string, { readonly Value: unknown }>>)
      .SenderClientInvoices ?? { Value: {} };
    expect(textOf(Value)).toBe('<SenderClientsInvoices>');
  });

  it('is made for no application that lists its clients', () => {
    const ids = Object.keys(resourcesOf(plain.gateway, 'AWS::Cognito::UserPoolClient'));
    expect(ids).toEqual([expect.stringMatching(/^SenderClientsInvoices/)]);
    const { gateway } = withPool();
    expect(variablesOf(gateway, 'Opens').SENDER_CLIENTS).toBe('');
  });
});

describe('access tokens of the user pool', () => {
  const { gateway } = withPool({
    applications: { invoices: { clients: 'cognito' }, orders: { clients: ['by-hand'] } },
    processors: { acme: { ...HEADERS, proof: { kind: 'private_key_jwt', clientId: 'acme' } } },
  });

  it('C3 are accepted for clients that the environment knows, with scopes of the gateway', () => {
    for (const description of ['Opens', 'Operator API', 'Receives']) {
      const profile = JSON.parse(textOf(variablesOf(gateway, description).ACCESS_TOKEN_PROFILE)) as object;
      expect(profile).toEqual({
        ...COGNITO,
        audience: {
          claim: 'client_id',
          accepted: ['<UserPoolCommandLine>', '<SenderClientsInvoices>', 'by-hand', 'acme'],
        },
        scopePrefix: `${ORIGIN}/`,
      });
    }
  });

  it('C3 are those of the pool, at the load balancer and in the functions', () => {
    const issuer = 'https://cognito-idp.eu-west-1.amazonaws.com/<UserPool>';
    for (const description of ['Opens', 'Lists', 'Operator API', 'Receives']) {
      const { IDP_ISSUER, IDP_JWKS_URI } = variablesOf(gateway, description);
      expect([textOf(IDP_ISSUER), textOf(IDP_JWKS_URI)]).toEqual([issuer, `${issuer}/.well-known/jwks.json`]);
    }
    const rules = JSON.stringify(resourcesOf(gateway, 'AWS::ElasticLoadBalancingV2::ListenerRule'));
    expect(rules).toContain('JwtValidationConfig');
    expect(rules).not.toContain('login.example.com');
  });

  it('leave senders to the roles of AWS, where the environment says so', () => {
    const issuer = 'https://abc.tokens.sts.global.api.aws';
    const senderAccessToken = { issuer, jwksUri: `${issuer}/.well-known/jwks.json` };
    const { gateway: mixed } = withPool({ senderAccessToken });
    expect(variablesOf(mixed, 'Opens').IDP_ISSUER).toBe(issuer);
    expect(textOf(variablesOf(mixed, 'Operator API').IDP_ISSUER)).toContain('cognito-idp');
  });
});

describe('a user pool beside an identity provider', () => {
  const { gateway, state } = synthesize(anAwsEnvironment({ cognito: {} }));

  it('still exists, with the exports that the deployed gateway imports', () => {
    expect(Object.keys(resourcesOf(state, 'AWS::Cognito::UserPool'))).toHaveLength(1);
    const exports = Object.keys(state.toJSON().Outputs as object).filter((name) =>
      /^ExportsOutputRefUserPool/.test(name),
    );
    expect(exports).toHaveLength(4);
  });

  it('is not used by the gateway', () => {
    expect(JSON.stringify(gateway.toJSON())).not.toContain('ExportsOutputRefUserPool');
  });
});
