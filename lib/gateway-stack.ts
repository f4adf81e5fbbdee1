import type { StackProps } from 'aws-cdk-lib';
import { Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Variables } from '../lambda/contract/environment-variables.ts';
import { AccessLogBucket } from './edge/access-log-bucket.ts';
import { Domain } from './edge/domain.ts';
import { FrontTargets } from './edge/front-targets.ts';
import { ListenerRuleSet } from './edge/listener-rule-set.ts';
import { listenerRules } from './edge/listener-rules.ts';
import { LoadBalancer } from './edge/load-balancer.ts';
import { Network } from './edge/network.ts';
import { ShieldProtection } from './edge/shield-protection.ts';
import { WebAcl } from './edge/web-acl.ts';
import type { Environment } from './environment.ts';
import { ChangeFeed } from './events/change-feed.ts';
import { ExpirySchedule } from './events/expiry-schedule.ts';
import { TaskEvents } from './events/task-events.ts';
import { UploadArrivals } from './events/upload-arrivals.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { PosternFunction } from './functions/postern-function.ts';
import { gatewayOutputs } from './gateway-outputs.ts';
import { AlarmSet } from './monitoring/alarm-set.ts';
import type { LookupsTable } from './state/lookups-table.ts';
import type { StateStack } from './state-stack.ts';

type SenderApiVariables = Omit<
  Variables<'tasks'>,
  'POSTERN_ENVIRONMENT' | 'POSTERN_ORIGIN' | 'TASKS_TABLE' | 'PAYLOAD_BUCKET'
>;

export interface GatewayStackProps extends StackProps {
  readonly environment: Environment;
  readonly state: Pick<StateStack, 'tasks' | 'jtis' | 'lookups' | 'payloads' | 'signingKeys' | 'codeKey'>;
  readonly bundles: FunctionBundles;
}

/** What may be replaced, in the order in which a callback meets it. */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, { environment, state, bundles, ...props }: GatewayStackProps) {
    super(scope, id, props);
    const { identityProvider, consoleClient, origin } = environment;
    const { profile, audienceForm } = environment.accessToken;
    const { tasks, jtis, lookups, payloads, signingKeys, codeKey } = state;

    // The door
    const { vpc } = new Network(this, 'Network', { availabilityZones: environment.availabilityZones });
    const domain = new Domain(this, 'Domain', { environment });
    const { bucket: accessLogs } = new AccessLogBucket(this, 'AccessLogs', { retention: Duration.days(90) });
    const { loadBalancer, listener } = new LoadBalancer(this, 'LoadBalancer', {
      vpc,
      certificate: domain.certificate,
      accessLogs,
      deletionProtection: environment.protected,
    });
    domain.pointTo(loadBalancer);
    const door = { environmentName: environment.name, loadBalancerArn: loadBalancer.loadBalancerArn };
    const { association: webAclAssociation } = new WebAcl(this, 'WebAcl', {
      ...door,
      rateLimits: environment.rateLimits,
      logRetention: environment.logRetention,
    });
    new ShieldProtection(this, 'Shield', { ...door, shield: environment.shield, webAclAssociation });

    // The functions behind it
    const shared = { environment, bundles };
    const receive = new PosternFunction(this, 'Receive', {
      ...shared,
      name: 'receive',
      description: 'Receives callbacks',
      memorySize: 1024,
      connect: (grantee) => ({
        ...tasks.grantRecord(grantee),
        ...jtis.grantConsume(grantee),
        ...lookups.grantResolveCodes(grantee),
        ...payloads.grantStore(grantee),
        ...signingKeys.grantVerify(grantee),
        INLINE_LIMIT_BYTES: String(environment.inlineLimit.toBytes()),
        QUARANTINE_LIMIT: String(environment.quarantineLimit),
      }),
    });
    const open = new PosternFunction(this, 'Open', {
      ...shared,
      name: 'open',
      description: 'Opens tasks and issues their callbacks',
      memorySize: 1024,
      connect: (grantee) => ({
        ...tasks.grantOpen(grantee),
        ...lookups.grantIssue(grantee),
        ...signingKeys.grantSign(grantee),
        ...codeKey.grantDerive(grantee),
        RETENTION_SECONDS: String(environment.retention.toSeconds()),
        OWNER_CLAIM: String(environment.ownerClaim),
        ...senderApi(environment, lookups, grantee),
      }),
    });
    const tasksFunction = new PosternFunction(this, 'TasksFunction', {
      ...shared,
      name: 'tasks',
      description: 'Lists, shows and closes tasks',
      connect: (grantee) => ({
        ...tasks.grantReadAndChange(grantee),
        ...tasks.grantList(grantee),
        ...payloads.grantRead(grantee),
        ...senderApi(environment, lookups, grantee),
      }),
    });
    const describe = new PosternFunction(this, 'Describe', {
      ...shared,
      name: 'describe',
      reservedConcurrency: environment.reservedConcurrency.describe,
      description: 'Public keys, API description, problem pages and health',
      connect: (grantee) => ({
        ...signingKeys.grantVerify(grantee),
        ABBREVIATIONS: onOrOff(environment.abbreviations),
      }),
    });
    const console = new PosternFunction(this, 'Console', {
      ...shared,
      name: 'console',
      reservedConcurrency: environment.reservedConcurrency.console,
      description: 'The console of operators',
      connect: () => ({
        OIDC_ISSUER: identityProvider.issuer,
        OIDC_CLIENT_ID: consoleClient.clientId,
        LOAD_BALANCER_ARN: loadBalancer.loadBalancerArn,
        LOAD_BALANCER_PUBLIC_KEYS_URL: environment.loadBalancerPublicKeysUrl,
      }),
    });
    const { targetGroups } = new FrontTargets(this, 'Targets', {
      environmentName: environment.name,
      functions: { receive, open, tasks: tasksFunction, describe, console },
    });
    new ListenerRuleSet(this, 'Rules', {
      listener,
      targetGroups,
      rules: listenerRules(),
      host: environment.host,
      audience: { ...(profile.audience ?? { claim: 'aud', accepted: [origin] }), form: audienceForm },
      identityProvider,
      consoleClient,
    });

    // What happens afterwards
    const events = new TaskEvents(this, 'Events', { environmentName: environment.name });
    const changes = new ChangeFeed(this, 'Changes', { tasks });
    const publish = new PosternFunction(this, 'Publish', {
      ...shared,
      name: 'publish',
      description: 'Publishes changes of tasks',
      timeout: Duration.seconds(60),
      connect: (grantee) => ({ ...events.grantPublish(grantee), ...changes.grantLayAside(grantee) }),
    });
    changes.feed(publish);
    const arrive = new PosternFunction(this, 'Arrive', {
      ...shared,
      name: 'arrive',
      description: 'Records results that were uploaded',
      timeout: Duration.seconds(30),
      connect: (grantee) => ({
        ...tasks.grantReadAndChange(grantee),
        ...payloads.grantInspectUploads(grantee),
        QUARANTINE_LIMIT: String(environment.quarantineLimit),
      }),
    });
    const arrivals = new UploadArrivals(this, 'Arrivals', { payloads, arrive });
    const expire = new PosternFunction(this, 'Expire', {
      ...shared,
      name: 'expire',
      description: 'Expires tasks whose time is over',
      timeout: Duration.seconds(55),
      connect: (grantee) => tasks.grantExpire(grantee),
    });
    const expiry = new ExpirySchedule(this, 'Expiry', { environmentName: environment.name, expire });

    const deadLetters = { publish: changes.deadLetters, expire: expiry.deadLetters, arrive: arrivals.deadLetters };
    gatewayOutputs(this, {
      origin,
      loadBalancer,
      eventBus: events.bus,
      deadLetters,
      functions: { receive, open, publish, expire, arrive },
    });

    const { alarmTopicArn } = environment;
    new AlarmSet(this, 'Alarms', {
      environment,
      deadLetters,
      ...(alarmTopicArn !== undefined && {
        action: new SnsAction(Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn)),
      }),
    });
  }
}

/** What every function of the sender API reads, and what it may do to an access token that is good once. */
const senderApi = (
  { abbreviations, accessToken, accessTokenMaxLifetime, identityProvider }: Environment,
  lookups: LookupsTable,
  grantee: IGrantable,
): SenderApiVariables => ({
  IDP_ISSUER: identityProvider.issuer,
  IDP_JWKS_URI: identityProvider.jwksUri,
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: String(accessTokenMaxLifetime.toSeconds()),
  ACCESS_TOKEN_PROFILE: JSON.stringify(accessToken.profile),
  ACCESS_TOKEN_USES: accessToken.uses,
  ABBREVIATIONS: onOrOff(abbreviations),
  ...(accessToken.uses === 'one-time' ? lookups.grantAcceptOnce(grantee) : lookups.variables()),
});

const onOrOff = (on: boolean): string => (on ? 'on' : 'off');
