import { Annotations, Stack } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DoorConfig, DoorFunction, DoorTarget } from '../../../lambda/contract/door-config.ts';
import { FRONT_FUNCTIONS } from '../../../lambda/contract/routes.ts';
import type { GatewayEnvironment } from '../../config/environment.ts';
import { isDeletionProtected, type NetworkIngress } from '../../config/ingress.ts';
import { NOT_AT_NETWORK_DOOR } from '../../describe/description.ts';
import type { FrontFunctionConstructs } from '../../functions/front-functions.ts';
import { targetGroupName } from '../../names.ts';
import type { LogKey } from '../../state/log-key.ts';
import { callbackSources } from '../callback-sources.ts';
import type { Domain } from '../domain.ts';
import type { AcceptedAccessToken } from '../jwt-validation.ts';
import type { Network } from '../network.ts';
import { DoorBalancer } from './door-balancer.ts';
import { doorConfig } from './door-config.ts';
import { DoorService } from './door-service.ts';
import { wafDirectives } from './waf-directives.ts';

export interface NetworkDoorProps {
  readonly environment: GatewayEnvironment;
  readonly ingress: NetworkIngress;
  readonly network: Network;
  readonly functions: FrontFunctionConstructs;
  readonly accessTokens: Readonly<Record<'sender' | 'operator', AcceptedAccessToken>>;
  /** Folder with the sources of the program. */
  readonly folder: string;
  readonly logKey: LogKey;
}

const isOfDoor = (name: (typeof FRONT_FUNCTIONS)[number]): name is DoorFunction => name !== 'console';

/** The network door: its load balancer and its tasks. */
export class NetworkDoor extends Construct {
  readonly balancer: DoorBalancer;
  readonly service: DoorService;

  constructor(scope: Construct, id: string, props: NetworkDoorProps) {
    super(scope, id);
    const { environment, functions, ingress, network } = props;
    Annotations.of(this).addInfo(`${NOT_AT_NETWORK_DOOR} docs/operate/network-door.md compares both ways in.`);
    this.balancer = new DoorBalancer(this, 'Balancer', {
      environmentName: environment.name,
      network,
      deletionProtection: isDeletionProtected(environment),
    });
    const sources = callbackSources(environment.registry);
    const config = doorConfig({
      environment: environment.name,
      host: environment.host,
      origin: environment.origin,
      functions: this.targets(environment.name, functions),
      accessTokens: props.accessTokens,
      rateLimits: environment.rateLimits,
      directives: wafDirectives(),
      ...(sources !== undefined && { sources }),
      certificate: { secretId: ingress.certificateSecretName },
    });
    this.service = new DoorService(this, 'Service', {
      environment,
      ingress,
      config,
      folder: props.folder,
      vpc: network.vpc,
      securityGroup: this.balancer.taskGroup,
      targetGroup: this.balancer.targetGroup,
      logKey: props.logKey,
    });
  }

  /** Points the domain to the door, as soon as its tasks run. */
  takeOver(domain: Domain, network: Network): void {
    for (const record of domain.pointTo(this.balancer.loadBalancer, network)) record.node.addDependency(this.service);
  }

  /** Makes an alarm roll a deployment of the tasks back. */
  rollBackOn(alarm: IAlarm): void {
    this.service.rollBackOn(alarm);
  }

  /** Log of the tasks. */
  get logGroup(): LogGroup {
    return this.service.logGroup;
  }

  /** The functions behind the door. Their events name the target group that a load balancer would have. */
  private targets(environmentName: string, functions: FrontFunctionConstructs): DoorConfig['functions'] {
    const stack = Stack.of(this);
    return Object.fromEntries(
      FRONT_FUNCTIONS.filter(isOfDoor).map((name): [DoorFunction, DoorTarget] => [
        name,
        {
          arn: functions[name].alias.functionArn,
          targetGroupArn: stack.formatArn({
            service: 'elasticloadbalancing',
            resource: 'targetgroup',
            resourceName: `${targetGroupName(environmentName, name)}/door`,
          }),
          timeoutSeconds: functions[name].timeout.toSeconds(),
        },
      ]),
    ) as Record<DoorFunction, DoorTarget>;
  }
}
