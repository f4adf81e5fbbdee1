import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { hasDoor } from '../config/ingress.ts';
import { type AlarmDefinition, onFirst, onSum, whileNonEmpty } from './alarm-definition.ts';
import { ofDoorBalancer, ofDoorTasks } from './aws-metrics.ts';
import { ownMetric } from './own-metrics.ts';

/** Days before the end of the certificate at which the alarm is raised. Renewals by ACME come 30 days before the end. */
const CERTIFICATE_DAYS = 21;

/** CPU time of the tasks at which more of them should run already, in percent. */
const BUSY_CPU = 80;

/** Alarms of environments with the network door. */
export const DOOR_ALARMS = {
  DoorBlocked: {
    severity: 'ticket',
    description:
      'The network door refuses requests by its firewall, its rates or their address. A processor may be among the callers.',
    metrics: ownMetric('DoorBlocked'),
    exists: hasDoor,
    ...onSum,
    period: Duration.minutes(15),
    threshold: ({ toleratedBlocks }) => toleratedBlocks + 1,
  },
  DoorUnavailable: {
    severity: 'page',
    description:
      'The network door answers requests with 503. A function, the keys of an issuer or the door itself fails.',
    metrics: ownMetric('DoorUnavailable'),
    exists: hasDoor,
    ...onSum,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  DoorUnhealthy: {
    severity: 'page',
    description: 'The health check of a task of the network door fails.',
    metrics: ofDoorBalancer('UnHealthyHostCount'),
    exists: hasDoor,
    ...whileNonEmpty,
    evaluationPeriods: 3,
  },
  DoorDown: {
    severity: 'page',
    description: 'No task of the network door is healthy: no request is answered.',
    metrics: ofDoorBalancer('HealthyHostCount'),
    exists: hasDoor,
    ...onFirst,
    statistic: 'Maximum',
    evaluationPeriods: 3,
    isFloor: true,
    // Without a registered task there is no data, and no log line either: then every other alarm of the door is silent.
    missingData: TreatMissingData.BREACHING,
  },
  DoorCertificateExpiry: {
    severity: 'ticket',
    description: 'The certificate of the network door ends soon. Its renewal has failed, or nobody renews it.',
    metrics: ownMetric('DoorCertificateDays'),
    exists: hasDoor,
    ...onFirst,
    statistic: 'Minimum',
    period: Duration.hours(1),
    threshold: () => CERTIFICATE_DAYS,
    isFloor: true,
    // Without data no task runs, which DoorDown reports.
    missingData: TreatMissingData.IGNORE,
  },
  DoorCpu: {
    severity: 'ticket',
    description: 'The tasks of the network door have been busy for 15 minutes, and no further task may start.',
    metrics: ofDoorTasks('CPUUtilization'),
    exists: hasDoor,
    ...onFirst,
    statistic: 'Average',
    period: Duration.minutes(5),
    evaluationPeriods: 3,
    threshold: () => BUSY_CPU,
  },
} as const satisfies Record<string, AlarmDefinition>;
