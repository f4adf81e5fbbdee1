import { CfnOutput, Duration, Fn, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  CfnManagedLoginBranding,
  CfnUserPool,
  CfnUserPoolClient,
  CfnUserPoolDomain,
  CfnUserPoolGroup,
  CfnUserPoolResourceServer,
  CfnUserPoolRiskConfigurationAttachment,
} from 'aws-cdk-lib/aws-cognito';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { SENDER_ROLE } from '../../lambda/contract/claims.ts';
import { OPERATOR_ROLES } from '../../lambda/contract/operator-roles.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import { COMMAND_LINE } from '../../lambda/contract/sdk-limits.ts';
import { type Cognito, OPERATOR_GROUPS } from '../config/cognito.ts';
import type { Environment } from '../config/environment.ts';
import { consoleOriginOf } from '../config/ingress.ts';
import type { ConsoleClient, IdentityProvider } from '../config/sign-in.ts';
import { capitalize } from '../names.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

export interface UserPoolProps {
  readonly environment: Pick<
    Environment,
    'name' | 'origin' | 'ingress' | 'region' | 'protected' | 'accessTokenMaxLifetime' | 'consoleSession'
  >;
  readonly cognito: Required<Cognito>;
}

/** Scopes of the gateway at the user pool. `sender` gives a client the role of a sender. */
const SCOPES = {
  task_read: 'Read tasks',
  task_write: 'Create and change tasks',
  [SENDER_ROLE]: 'Be a sender',
  operator_read: 'Look as an operator',
  operator_write: 'Act as an operator',
} as const;

const SENDER_SCOPES = ['task_read', 'task_write', SENDER_ROLE] as const satisfies readonly (keyof typeof SCOPES)[];
const OPERATOR_SCOPES = ['operator_read', 'operator_write'] as const satisfies readonly (keyof typeof SCOPES)[];

/** Path of the load balancer that Cognito sends an operator back to. */
const OIDC_REDIRECT_PATH = '/oauth2/idpresponse';

/** Lives of refresh tokens that Cognito accepts begin here. */
const SHORTEST_REFRESH = Duration.hours(1);

/**
 * Amazon Cognito as the identity provider of an environment: the pool of its users, a sign-in page, the groups of operators, the
 * scopes of the gateway, and the clients of the console and the command line. Only administrators add users. Everybody signs in with
 * a password and a code of an authenticator app.
 *
 * It is in the State stack: without it no operator can sign in, and users cannot be restored.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-security-best-practices.html
 */
export class UserPool extends Construct {
  readonly #props: UserPoolProps;
  readonly #pool: CfnUserPool;
  readonly #console: CfnUserPoolClient;
  readonly #commandLine: CfnUserPoolClient;
  readonly #consoleSecret: CfnSecret;

  constructor(scope: Construct, id: string, props: UserPoolProps) {
    super(scope, id);
    this.#props = props;
    const { cognito, environment } = props;
    const { name, origin } = environment;
    const consoleOrigin = consoleOriginOf(environment) ?? origin;
    this.#pool = this.makePool();
    const userPoolId = this.#pool.ref;
    new CfnUserPoolDomain(this, 'Domain', {
      userPoolId,
      domain: cognito.domainPrefix,
      // The pages of managed login. Version 1 is the classic hosted UI.
      managedLoginVersion: 2,
    });
    if (cognito.threatProtection) this.blockRisks();
    const resourceServer = new CfnUserPoolResourceServer(this, 'Gateway', {
      userPoolId,
      identifier: origin,
      name: `Postern ${name}`,
      scopes: Object.entries(SCOPES).map(([scopeName, scopeDescription]) => ({ scopeName, scopeDescription })),
    });
    for (const role of OPERATOR_ROLES) {
      new CfnUserPoolGroup(this, `Group${capitalize(OPERATOR_GROUPS[role])}`, {
        userPoolId,
        groupName: OPERATOR_GROUPS[role],
        description: `Operators of Postern ${name} with the role ${role}`,
      });
    }
    this.#console = new CfnUserPoolClient(this, 'Console', {
      ...this.clientOfPeople(),
      clientName: 'postern-console',
      generateSecret: true,
      allowedOAuthScopes: [...CONSOLE_SCOPES],
      callbackUrLs: [`${consoleOrigin}${OIDC_REDIRECT_PATH}`],
      logoutUrLs: [`${consoleOrigin}${ROUTES.console.path}`],
    });
    this.#commandLine = new CfnUserPoolClient(this, 'CommandLine', {
      ...this.clientOfPeople(),
      clientName: 'postern-cli',
      generateSecret: false,
      allowedOAuthScopes: ['openid', ...OPERATOR_SCOPES.map((one) => `${origin}/${one}`)],
      // Cognito compares the port too, so the command line listens on this one.
      callbackUrLs: [`http://127.0.0.1:${COMMAND_LINE.callbackPort}/callback`],
    });
    this.#commandLine.addResourceDependency(resourceServer);
    for (const [client, { ref: clientId }] of [
      ['Console', this.#console],
      ['CommandLine', this.#commandLine],
    ] as const) {
      // Without a style, a client has no pages of managed login.
      new CfnManagedLoginBranding(this, `${client}Pages`, { userPoolId, clientId, useCognitoProvidedValues: true });
    }
    this.#consoleSecret = this.makeConsoleSecret();
    // CloudFormation refuses to remove an export while another stack imports it. With `identityProvider` beside `cognito`, the
    // gateway drops its imports first.
    for (const value of [userPoolId, this.#console.ref, this.#commandLine.ref, this.#consoleSecret.ref]) {
      Stack.of(this).exportValue(value);
    }
    this.printOutputs();
  }

  /** The pool as an identity provider. */
  get identityProvider(): IdentityProvider {
    const page = this.signInPage;
    return {
      issuer: this.issuer,
      jwksUri: `${this.issuer}/.well-known/jwks.json`,
      authorizationEndpoint: `${page}/oauth2/authorize`,
      tokenEndpoint: `${page}/oauth2/token`,
      userInfoEndpoint: `${page}/oauth2/userInfo`,
      endSessionEndpoint: `${page}/logout`,
      // https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
      endSessionReturn: 'logout_uri',
    };
  }

  /** The client of the console. Its secret is named by its ARN. */
  get consoleClient(): Required<ConsoleClient> {
    return { clientId: this.#console.ref, secretName: this.#consoleSecret.ref, scopes: CONSOLE_SCOPES };
  }

  /** Client id of the command line of operators. */
  get commandLineClientId(): string {
    return this.#commandLine.ref;
  }

  /** Makes the client of one sending application, and returns its id. Cognito makes the secret. */
  addSenderClient(scope: Construct, id: string, application: string): string {
    const { environment } = this.#props;
    const client = new CfnUserPoolClient(scope, id, {
      userPoolId: this.#pool.ref,
      clientName: application,
      generateSecret: true,
      allowedOAuthFlowsUserPoolClient: true,
      allowedOAuthFlows: ['client_credentials'],
      allowedOAuthScopes: SENDER_SCOPES.map((one) => `${environment.origin}/${one}`),
      // No person signs in with this client.
      explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      accessTokenValidity: environment.accessTokenMaxLifetime.toSeconds(),
      tokenValidityUnits: { accessToken: 'seconds' },
    });
    return client.ref;
  }

  private get issuer(): string {
    return `https://cognito-idp.${this.#props.environment.region}.amazonaws.com/${this.#pool.ref}`;
  }

  private get signInPage(): string {
    const { cognito, environment } = this.#props;
    return `https://${cognito.domainPrefix}.auth.${environment.region}.amazoncognito.com`;
  }

  private makePool(): CfnUserPool {
    const { cognito, environment } = this.#props;
    const pool = new CfnUserPool(this, 'Resource', {
      userPoolName: `postern-${environment.name}`,
      userPoolTier: cognito.threatProtection ? 'PLUS' : 'ESSENTIALS',
      userPoolAddOns: { advancedSecurityMode: cognito.threatProtection ? 'ENFORCED' : 'OFF' },
      adminCreateUserConfig: { allowAdminCreateUserOnly: true },
      // A person signs in with the e-mail address, and confirms a new one before it counts.
      usernameAttributes: ['email'],
      usernameConfiguration: { caseSensitive: false },
      autoVerifiedAttributes: ['email'],
      userAttributeUpdateSettings: { attributesRequireVerificationBeforeUpdate: ['email'] },
      accountRecoverySetting: { recoveryMechanisms: [{ name: 'verified_email', priority: 1 }] },
      mfaConfiguration: 'ON',
      enabledMfas: ['SOFTWARE_TOKEN_MFA'],
      policies: {
        passwordPolicy: {
          minimumLength: 14,
          requireLowercase: true,
          requireUppercase: true,
          requireNumbers: true,
          requireSymbols: true,
          passwordHistorySize: 5,
          temporaryPasswordValidityDays: 3,
        },
      },
      deletionProtection: environment.protected ? 'ACTIVE' : 'INACTIVE',
    });
    pool.applyRemovalPolicy(environment.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    if (!cognito.threatProtection) {
      Validations.of(pool).acknowledge({
        id: 'AwsSolutions-COG8',
        reason: 'The environment switches threat protection off with `cognito.threatProtection`.',
      });
    }
    return pool;
  }

  /** Refuses known passwords, and sign-ins with a high risk. The second factor is asked for at any risk. */
  private blockRisks(): void {
    new CfnUserPoolRiskConfigurationAttachment(this, 'Risks', {
      userPoolId: this.#pool.ref,
      clientId: 'ALL',
      compromisedCredentialsRiskConfiguration: { actions: { eventAction: 'BLOCK' } },
      accountTakeoverRiskConfiguration: {
        actions: {
          lowAction: { eventAction: 'MFA_REQUIRED', notify: false },
          mediumAction: { eventAction: 'MFA_REQUIRED', notify: false },
          highAction: { eventAction: 'BLOCK', notify: false },
        },
      },
    });
  }

  /** Settings of a client with which people sign in. */
  private clientOfPeople() {
    const { accessTokenMaxLifetime, consoleSession } = this.#props.environment;
    const session = Math.max(consoleSession.limit.toSeconds(), SHORTEST_REFRESH.toSeconds());
    return {
      userPoolId: this.#pool.ref,
      supportedIdentityProviders: ['COGNITO'],
      allowedOAuthFlowsUserPoolClient: true,
      allowedOAuthFlows: ['code'],
      explicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      preventUserExistenceErrors: 'ENABLED',
      enableTokenRevocation: true,
      accessTokenValidity: accessTokenMaxLifetime.toSeconds(),
      idTokenValidity: accessTokenMaxLifetime.toSeconds(),
      refreshTokenValidity: session,
      tokenValidityUnits: { accessToken: 'seconds', idToken: 'seconds', refreshToken: 'seconds' },
    };
  }

  /**
   * The secret that the load balancer reads. Cognito makes the value, and no template has it. Who may call
   * `cognito-idp:DescribeUserPoolClient` can read it too.
   * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolClient.html
   */
  private makeConsoleSecret(): CfnSecret {
    const { environment } = this.#props;
    const secret = new CfnSecret(this, 'ConsoleSecret', {
      description: `Postern ${environment.name}: secret of the console's client at the user pool`,
      secretString: Fn.join('', ['{"clientSecret":"', this.#console.attrClientSecret, '"}']),
    });
    secret.applyRemovalPolicy(RemovalPolicy.DESTROY);
    const reason = 'Cognito makes the value, and a new one needs a new client.';
    Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason });
    acceptFindingsOfCheckov(secret, {
      id: 'CKV_AWS_149',
      reason: 'It has one reader, the deployment of the listener, and is encrypted with the key of the service.',
    });
    return secret;
  }

  private printOutputs(): void {
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(Stack.of(this), name, { value, description });
    output('UserPoolId', this.#pool.ref, 'User pool of operators and senders');
    output('UserPoolIssuer', this.issuer, 'Issuer of access tokens, for the command line');
    output('SignInPage', this.signInPage, 'Address of the sign-in page');
    output('CommandLineClientId', this.#commandLine.ref, 'Client of the command line, for operators');
  }
}

/** `email` names the operator in the console. */
const CONSOLE_SCOPES: Required<ConsoleClient>['scopes'] = ['openid', 'profile', 'email'];
