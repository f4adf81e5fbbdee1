import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AlarmBehavior,
  AvailabilityZoneRebalancing,
  AwsLogDriverMode,
  Capability,
  Cluster,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargatePlatformVersion,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import type { NetworkTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DoorConfig } from '../../../lambda/contract/door-config.ts';
import { DOOR_PORTS, DOOR_STOP_SECONDS } from '../../../lambda/contract/door-limits.ts';
import type { Environment } from '../../config/environment.ts';
import type { NetworkIngress } from '../../config/ingress.ts';
import { grantReadNamed } from '../../functions/secrets.ts';
import type { LogKey } from '../../state/log-key.ts';
import { acceptFindingsOfCheckov } from '../../validation/checkov.ts';
import { DoorImage } from './door-image.ts';

export interface DoorServiceProps {
  readonly environment: Pick<Environment, 'name' | 'logRetention' | 'protected'>;
  readonly ingress: NetworkIngress;
  readonly config: DoorConfig;
  /** Folder with the sources of the program. */
  readonly folder: string;
  readonly vpc: IVpc;
  readonly securityGroup: SecurityGroup;
  readonly targetGroup: NetworkTargetGroup;
  /** Encryption key of its log. */
  readonly logKey: LogKey;
}

/** Name of the variable with the configuration. */
const DOOR_CONFIG_VARIABLE = 'DOOR_CONFIG';

/** Half a vCPU and 1 GB for each task. */
const TASK_SIZE = { cpu: 512, memoryLimitMiB: 1_024 } as const;

/** CPU time at which the number of tasks follows the load, in percent. */
const TARGET_CPU = 50;

/** An id that no user of the host has. */
const NOBODY = '65532:65532';

/**
 * Tasks of the network door on Fargate. The network has no NAT gateway, so each task has a public address; its security group
 * accepts connections from the load balancer only. The image has one program, no shell and no setting of an environment.
 */
export class DoorService extends Construct {
  readonly cluster: ICluster;
  readonly service: FargateService;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: DoorServiceProps) {
    super(scope, id);
    const { config, environment, ingress, logKey, vpc } = props;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: environment.logRetention,
      encryptionKey: logKey.key,
      removalPolicy: environment.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    // The class declares optional properties wider than its interface (`exactOptionalPropertyTypes`).
    this.cluster = new Cluster(this, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.DISABLED }) as ICluster;
    const insights =
      'The alarms need CPU time, which ECS reports without Container Insights. The door writes its own metrics.';
    Validations.of(this.cluster).acknowledge({ id: 'AwsSolutions-ECS4', reason: insights });
    acceptFindingsOfCheckov(this.cluster, { id: 'CKV_AWS_65', reason: insights });

    const image = new DoorImage(this, 'Image', { folder: props.folder });
    const executionRole = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
    });
    image.grantPull(executionRole);
    Validations.of(executionRole).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'A token for the registry (`ecr:GetAuthorizationToken`) cannot be limited to a repository. Images can, and are.',
    });
    Grant.addToPrincipal({
      grantee: executionRole,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resourceArns: [this.logGroup.logGroupArn],
    });
    const taskRole = new Role(this, 'TaskRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    Grant.addToPrincipal({
      grantee: taskRole,
      actions: ['lambda:InvokeFunction'],
      resourceArns: Object.values(config.functions).map(({ arn }) => arn),
    });
    grantReadNamed(this, [ingress.certificateSecretName], taskRole);

    const taskDefinition = new FargateTaskDefinition(this, 'Task', {
      ...TASK_SIZE,
      family: `postern-${environment.name}-door`,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      executionRole,
      taskRole,
    });
    Validations.of(taskDefinition).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason: 'Its variable holds the configuration of the environment, which is generated and has no secret.',
    });
    const linuxParameters = new LinuxParameters(this, 'Linux');
    linuxParameters.dropCapabilities(Capability.ALL);
    taskDefinition.addContainer('door', {
      image: ContainerImage.fromRegistry(image.uri),
      environment: { [DOOR_CONFIG_VARIABLE]: Stack.of(this).toJsonString(config) },
      portMappings: [{ containerPort: DOOR_PORTS.tls }, { containerPort: DOOR_PORTS.health }],
      readonlyRootFilesystem: true,
      user: NOBODY,
      linuxParameters,
      // The program waits for the requests of open connections.
      stopTimeout: Duration.seconds(DOOR_STOP_SECONDS),
      logging: LogDrivers.awsLogs({
        streamPrefix: 'door',
        logGroup: this.logGroup,
        // Requests do not wait for CloudWatch Logs. Above the buffer, lines are lost.
        mode: AwsLogDriverMode.NON_BLOCKING,
      }),
    });

    this.service = new FargateService(this, 'Resource', {
      cluster: this.cluster,
      taskDefinition,
      platformVersion: FargatePlatformVersion.LATEST,
      assignPublicIp: true,
      vpcSubnets: { subnets: vpc.publicSubnets },
      securityGroups: [props.securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
      circuitBreaker: { rollback: true },
      // The time for a new task to fetch the certificate and to become healthy.
      healthCheckGracePeriod: Duration.seconds(60),
      enableExecuteCommand: false,
    });
    acceptFindingsOfCheckov(this.service, {
      id: 'CKV_AWS_333',
      reason:
        'The network has no NAT gateway, and the tasks call AWS and identity providers. Their security group accepts ' +
        'connections from the load balancer only.',
    });
    props.targetGroup.addTarget(
      this.service.loadBalancerTarget({ containerName: 'door', containerPort: DOOR_PORTS.tls }),
    );
    this.service
      .autoScaleTaskCount({ minCapacity: ingress.tasks.min, maxCapacity: ingress.tasks.max })
      .scaleOnCpuUtilization('Cpu', {
        policyName: `postern-${environment.name}-door-cpu`,
        targetUtilizationPercent: TARGET_CPU,
        scaleOutCooldown: Duration.minutes(1),
        scaleInCooldown: Duration.minutes(5),
      });
  }

  /** Makes an alarm roll a deployment back. The service is made after the alarm. */
  rollBackOn(alarm: IAlarm): void {
    this.service.enableDeploymentAlarms([alarm.alarmName], { behavior: AlarmBehavior.ROLLBACK_ON_ALARM });
    this.service.node.addDependency(alarm);
  }
}
