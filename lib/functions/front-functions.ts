import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OPERATOR_ACTIONS, type OperatorAction } from '../../lambda/contract/audit.ts';
import { DEFAULT_RETURN_PARAMETER, type EndSession } from '../../lambda/contract/console-session.ts';
import type { ProofName } from '../../lambda/contract/proofs.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import { sendsWork } from '../config/dispatches.ts';
import type { Environment, GatewayEnvironment } from '../config/environment.ts';
import { consoleOriginOf } from '../config/ingress.ts';
import { capitalize, certificateHeader, FUNCTION_IDS, targetGroupName } from '../names.ts';
import type { LookupsTable } from '../state/lookups-table.ts';
import type { State } from '../state/state.ts';
import type { FunctionBundles } from './bundles.ts';
import { FormKey } from './form-key.ts';
import { grantReadAlarms, grantReadMetrics } from './metrics-access.ts';
import { PosternFunction } from './postern-function.ts';
import { grantReadSecrets } from './secrets.ts';
import { grantStartRotation } from './start-rotation.ts';
import { grantEncryptTokens } from './workflow-tokens.ts';

export interface FrontFunctionsProps {
  readonly environment: GatewayEnvironment;
  readonly bundles: FunctionBundles;
  readonly state: Pick<
    State,
    | 'tasks'
    | 'jtis'
    | 'lookups'
    | 'audit'
    | 'payloads'
    | 'signingKeys'
    | 'shortCodeHmacKey'
    | 'workflowTokenKey'
    | 'logKey'
  >;
  /** The load balancer whose signed operator headers the console trusts. Undefined if there is no console. */
  readonly loadBalancerArn: string | undefined;
  /** Functions behind events, which operators call through the operator API. */
  readonly background: {
    grantRedrive(grantee: IGrantable): Pick<Variables<'operator-api'>, 'DEAD_LETTER_QUEUES' | 'REDRIVE_FUNCTION'>;
    grantSweep(grantee: IGrantable): Pick<Variables<'operator-api'>, 'DISPATCH_FUNCTION'>;
    grantStartRevocations(grantee: IGrantable): Pick<Variables<'operator-api'>, 'REVOKE_FUNCTION'>;
  };
}

/** The functions that requests reach. The console exists only with a load balancer. */
export type FrontFunctionConstructs = { readonly [F in Exclude<FrontFunction, 'console'>]: PosternFunction<F> } & {
  readonly console?: PosternFunction<'console'>;
};

/** Functions behind the load balancer or the network door. Each has only the permissions that it needs: only `create-task` can sign here. */
export class FrontFunctions extends Construct {
  readonly functions: FrontFunctionConstructs;

  constructor(scope: Construct, id: string, props: FrontFunctionsProps) {
    super(scope, id);
    const { background, bundles, environment, loadBalancerArn, state } = props;
    const { audit, tasks, jtis, lookups, payloads, signingKeys, shortCodeHmacKey } = state;
    const shared = { environment, bundles, logKey: state.logKey };
    const senderApiVariables = (grantee: IGrantable) => senderApi(environment, lookups, grantee);

    // A separate function, because it calls addresses that callers choose, through the environment's egress.
    const handshake = new PosternFunction(this, 'Handshake', {
      ...shared,
      name: 'handshake',
      description: 'Confirms callers by calling them back',
      memorySize: 1024,
      connect: (grantee) => ({ ...lookups.grantHandshake(grantee), EGRESS: environment.egress }),
    });
    const receive = new PosternFunction(this, 'Receive', {
      ...shared,
      name: 'receive',
      description: 'Receives callbacks',
      // One vCPU halves the cold start and adds less than 1 % to the cost of a callback.
      memorySize: 1_769,
      connect: (grantee) => {
        grantReadSecrets(this, environment, grantee);
        if (hasProof(environment.registry, 'webhook')) handshake.grantInvoke(grantee);
        if (environment.accessToken.uses === 'one-time' && hasProof(environment.registry, 'private_key_jwt')) {
          lookups.grantAcceptOnceByUpdate(grantee);
        }
        return {
          ...tasks.grantRecord(grantee),
          ...jtis.grantConsume(grantee),
          ...lookups.grantResolveCodes(grantee),
          ...payloads.grantStore(grantee),
          ...signingKeys.grantVerify(grantee),
          INLINE_LIMIT_BYTES: environment.inlineLimit.toBytes(),
          QUARANTINE_LIMIT: environment.quarantineLimit,
          ...accessTokens(environment),
          HANDSHAKE_FUNCTION: handshake.liveArn,
          MUTUAL_TLS_TARGET_GROUP: targetGroupName(environment.name, 'mtls'),
          MUTUAL_TLS_HEADER: environment.mutualTls && certificateHeader(this),
          TOKEN_ENCRYPTION_SECRET: environment.tokenEncryption?.secretName,
        };
      },
    });
    const createTask = new PosternFunction(this, capitalize(FUNCTION_IDS['create-task']), {
      ...shared,
      name: 'create-task',
      description: 'Opens and reopens tasks, and issues their callbacks',
      memorySize: 1024,
      connect: (grantee) => ({
        ...tasks.grantOpen(grantee),
        ...lookups.grantIssue(grantee),
        ...(sendsWork(environment) && lookups.grantKeepInputs(grantee)),
        ...signingKeys.grantSign(grantee),
        ...shortCodeHmacKey.grantDerive(grantee),
        RETENTION_SECONDS: environment.retention.toSeconds(),
        OWNER_CLAIM: environment.ownerClaim,
        INDEX_SHARDS: environment.indexShards,
        TOKEN_ENCRYPTION_KEY: environment.tokenEncryption?.publicJwk,
        ...grantEncryptTokens(environment, state.workflowTokenKey, grantee),
        ...senderApiVariables(grantee),
      }),
    });
    const tasksFunction = new PosternFunction(this, 'Tasks', {
      ...shared,
      name: 'tasks',
      description: 'Lists, shows and closes tasks',
      connect: (grantee) => ({
        ...tasks.grantReadAndChange(grantee),
        ...tasks.grantList(grantee),
        ...payloads.grantRead(grantee),
        INDEX_SHARDS: environment.indexShards,
        ...senderApiVariables(grantee),
      }),
    });
    const metadata = new PosternFunction(this, capitalize(FUNCTION_IDS.metadata), {
      ...shared,
      name: 'metadata',
      description: 'Public keys, API description, problem pages and health',
      connect: (grantee) => ({
        ...signingKeys.grantVerify(grantee),
        ABBREVIATIONS: environment.abbreviations,
      }),
    });
    const formKey = new FormKey(this, 'FormKey');
    const consoleOrigin = consoleOriginOf(environment);
    const operatorSessions = (grantee: IGrantable) => ({
      ...formKey.grantDerive(grantee),
      CONSOLE_ORIGIN: consoleOrigin === environment.origin ? undefined : consoleOrigin,
      OIDC_ISSUER: environment.identityProvider.issuer,
      OIDC_CLIENT_ID: environment.consoleClient.clientId,
      // Without a load balancer, no signature is accepted: no load balancer has this ARN.
      LOAD_BALANCER_ARN: loadBalancerArn ?? 'none',
      LOAD_BALANCER_PUBLIC_KEYS_URL: environment.loadBalancerPublicKeysUrl,
      IDP_JWKS_URI: environment.identityProvider.jwksUri,
      ACCESS_TOKEN_MAX_LIFETIME_SECONDS: environment.accessTokenMaxLifetime.toSeconds(),
      END_SESSION: endSessionOf(environment),
      CONSOLE_SESSION_SECONDS: environment.consoleSession.limit.toSeconds(),
      CONSOLE_IDLE_SECONDS: environment.consoleSession.idle.toSeconds(),
    });
    const operatorServices = (grantee: IGrantable) => {
      grantReadMetrics(grantee);
      return {
        ...grantAudit(environment, audit, grantee),
        ...tasks.grantOperate(grantee),
        ...jtis.grantCountUses(grantee),
        ...audit.grantRead(grantee),
        ...background.grantRedrive(grantee),
        ...background.grantSweep(grantee),
        ...background.grantStartRevocations(grantee),
        ...lookups.grantPlanJobs(grantee),
        ...(sendsWork(environment) && lookups.grantOperateDispatch(grantee)),
        ...lookups.grantReadDueProgress(grantee),
        ...signingKeys.grantRetire(grantee),
        ...grantStartRotation(this, environment, grantee),
        INDEX_SHARDS: environment.indexShards,
      };
    };
    const makeConsole = () =>
      new PosternFunction(this, 'Console', {
        ...shared,
        name: 'console',
        description: 'Console for operators',
        // One vCPU, as the operator API: a page waits for the reads of every shard.
        memorySize: 1_769,
        connect: (grantee) => {
          grantReadAlarms(grantee);
          return {
            ...operatorSessions(grantee),
            ...operatorServices(grantee),
            RUNBOOK_URL: environment.runbookUrl,
          };
        },
      });
    const console = consoleOrigin === undefined ? undefined : makeConsole();
    const operatorApiFunction = new PosternFunction(this, capitalize(FUNCTION_IDS['operator-api']), {
      ...shared,
      name: 'operator-api',
      description: 'Operator API',
      // One vCPU: a plan of a bulk revocation reads every pending task of a processor, 100,000 in about 8 s.
      memorySize: 1_769,
      connect: (grantee) => ({
        ...accessTokens(environment),
        ...grantTokenUses(environment, lookups, grantee),
        ...operatorServices(grantee),
      }),
    });
    const revealPayload = new PosternFunction(this, capitalize(FUNCTION_IDS['reveal-payload']), {
      ...shared,
      name: 'reveal-payload',
      description: 'Shows payloads to operators',
      connect: (grantee) => ({
        ...accessTokens(environment),
        ...grantTokenUses(environment, lookups, grantee),
        ...operatorSessions(grantee),
        ...grantAudit(environment, audit, grantee),
        ...tasks.grantReadOne(grantee),
        ...payloads.grantReveal(grantee),
      }),
    });
    this.functions = {
      receive,
      'create-task': createTask,
      tasks: tasksFunction,
      metadata,
      ...(console !== undefined && { console }),
      handshake,
      'operator-api': operatorApiFunction,
      'reveal-payload': revealPayload,
    };
  }
}

const endSessionOf = ({ identityProvider }: GatewayEnvironment): EndSession | undefined => {
  const { endSessionEndpoint: endpoint, endSessionReturn: returnParameter = DEFAULT_RETURN_PARAMETER } =
    identityProvider;
  return endpoint === undefined ? undefined : { endpoint, returnParameter };
};

const hasProof = (registry: Registry, name: ProofName): boolean =>
  Object.values(registry).some(({ proof }) => proof.kind === name);

/** Variables of functions that verify access tokens of the identity provider. */
const accessTokens = (environment: GatewayEnvironment) => ({
  IDP_ISSUER: environment.identityProvider.issuer,
  IDP_JWKS_URI: environment.identityProvider.jwksUri,
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: environment.accessTokenMaxLifetime.toSeconds(),
  ACCESS_TOKEN_PROFILE: environment.accessToken.profile,
  ACCESS_TOKEN_USES: environment.accessToken.uses,
});

/** The same for access tokens of senders, which another issuer may issue. */
const senderAccessTokens = (environment: GatewayEnvironment) => ({
  ...accessTokens(environment),
  IDP_ISSUER: environment.senderAccessToken.issuer,
  IDP_JWKS_URI: environment.senderAccessToken.jwksUri,
  ACCESS_TOKEN_PROFILE: environment.senderAccessToken.profile,
});

type SenderApiVariables = Omit<
  Variables<'tasks'>,
  'POSTERN_ENVIRONMENT' | 'POSTERN_ORIGIN' | 'TASKS_TABLE' | 'TASK_LAYOUT' | 'PAYLOAD_BUCKET' | 'INDEX_SHARDS'
>;

/** Grants recording one-time access tokens, if the environment uses them. */
const grantTokenUses = (environment: Environment, lookups: LookupsTable, grantee: IGrantable) =>
  environment.accessToken.uses === 'one-time' ? lookups.grantAcceptOnce(grantee) : lookups.variables();

/** Grants writing the audit. Returns its variables, and those with what operators may do. */
const grantAudit = (environment: Environment, audit: State['audit'], grantee: IGrantable) => ({
  ...audit.grantAppend(grantee),
  OPERATOR_ROLES: environment.operatorRoles,
  AUDIT_RETENTION_SECONDS: environment.auditRetention.toSeconds(),
  DISABLED_ACTIONS: disabledActionsOf(environment),
  PROTECTED: environment.protected,
});

const disabledActionsOf = ({
  disabledActions,
  operatorsReadOnly,
}: Environment): readonly OperatorAction[] | undefined => {
  const disabled = operatorsReadOnly ? OPERATOR_ACTIONS : disabledActions;
  return disabled.length === 0 ? undefined : disabled;
};

/** Variables of functions of the sender API. Also grants recording one-time access tokens. */
const senderApi = (
  environment: GatewayEnvironment,
  lookups: LookupsTable,
  grantee: IGrantable,
): SenderApiVariables => ({
  ...senderAccessTokens(environment),
  ABBREVIATIONS: environment.abbreviations,
  PROTECTED: environment.protected,
  SENDER_CLIENTS: Object.keys(environment.senderClients).length === 0 ? undefined : environment.senderClients,
  ...grantTokenUses(environment, lookups, grantee),
});
