import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
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
import { TaskEvents } from './events/task-events.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { PosternFunction } from './functions/postern-function.ts';
import { AlarmSet } from './monitoring/alarm-set.ts';
import type { StateStack } from './state-stack.ts';

export interface GatewayStackProps extends StackProps {
  readonly environment: Environment;
  readonly state: Pick<StateStack, 'tasks' | 'jtis' | 'signingKeys'>;
  readonly bundles: FunctionBundles;
}

/** What may be replaced, in the order in which a callback meets it. */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, { environment, state, bundles, ...props }: GatewayStackProps) {
    super(scope, id, props);
    const { identityProvider, consoleClient, origin } = environment;
    const { tasks, jtis, signingKeys } = state;

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
    new WebAcl(this, 'WebAcl', {
      ...door,
      rateLimits: environment.rateLimits,
      logRetention: environment.logRetention,
    });
    new ShieldProtection(this, 'Shield', { ...door, shield: environment.shield });

    // The functions behind it
    const shared = { environment, bundles };
    const provider = {
      IDP_ISSUER: identityProvider.issuer,
      IDP_JWKS_URI: identityProvider.jwksUri,
      ACCESS_TOKEN_MAX_LIFETIME_SECONDS: String(environment.accessTokenMaxLifetime.toSeconds()),
    };
    const receive = new PosternFunction(this, 'Receive', {
      ...shared,
      name: 'receive',
      description: 'Receives callbacks',
      memorySize: 1024,
      connect: (grantee) => ({
        ...tasks.grantRecord(grantee),
        ...jtis.grantConsume(grantee),
        ...signingKeys.grantVerify(grantee),
      }),
    });
    const open = new PosternFunction(this, 'Open', {
      ...shared,
      name: 'open',
      description: 'Opens tasks and signs their callback tokens',
      memorySize: 1024,
      connect: (grantee) => ({
        ...tasks.grantOpen(grantee),
        ...signingKeys.grantSign(grantee),
        RETENTION_SECONDS: String(environment.retention.toSeconds()),
        OWNER_CLAIM: String(environment.ownerClaim),
        ...provider,
      }),
    });
    const tasksFunction = new PosternFunction(this, 'TasksFunction', {
      ...shared,
      name: 'tasks',
      description: 'Shows and cancels tasks',
      connect: (grantee) => ({ ...tasks.grantReadAndChange(grantee), ...provider }),
    });
    const describe = new PosternFunction(this, 'Describe', {
      ...shared,
      name: 'describe',
      description: 'Public keys, problem pages and health',
      connect: (grantee) => signingKeys.grantVerify(grantee),
    });
    const console = new PosternFunction(this, 'Console', {
      ...shared,
      name: 'console',
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
      audience: origin,
      identityProvider,
      consoleClient,
    });

    // What happens afterwards
    const events = new TaskEvents(this, 'Events', { environmentName: environment.name });
    const publish = new PosternFunction(this, 'Publish', {
      ...shared,
      name: 'publish',
      description: 'Publishes changes of tasks',
      timeout: Duration.seconds(60),
      connect: (grantee) => events.grantPublish(grantee),
    });
    new ChangeFeed(this, 'Changes', { tasks, publish });

    new CfnOutput(this, 'Origin', { value: origin });
    new CfnOutput(this, 'LoadBalancerName', { value: loadBalancer.loadBalancerDnsName });
    new CfnOutput(this, 'EventBusName', { value: events.bus.eventBusName });

    const { alarmTopicArn } = environment;
    new AlarmSet(this, 'Alarms', {
      environmentName: environment.name,
      ...(alarmTopicArn !== undefined && {
        action: new SnsAction(Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn)),
      }),
    });
  }
}
