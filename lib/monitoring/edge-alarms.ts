import { Duration } from 'aws-cdk-lib';
import type { AlarmDefinition } from './alarm-definition.ts';
import { NOT_EMPTY, SUMMED } from './alarm-definition.ts';
import { attacks, blockedCallbacks, ofLoadBalancer, unhealthyTargets } from './aws-metrics.ts';

/** Alarms on what stands before the functions. */
export const EDGE_ALARMS = {
  CallbackBlocked: {
    severity: 'ticket',
    description: 'The web ACL blocks requests to callback routes: a processor may be among them.',
    watched: blockedCallbacks,
    ...SUMMED,
    period: Duration.minutes(15),
    threshold: ({ toleratedBlocks }) => toleratedBlocks + 1,
  },
  LowReputationDenied: {
    severity: 'ticket',
    description: 'Under load the load balancer refuses addresses of bad repute: a processor may be among them.',
    watched: ofLoadBalancer('LowReputationRequestsDenied', 'LowReputationPacketsDropped'),
    ...SUMMED,
    period: Duration.minutes(15),
    threshold: ({ toleratedBlocks }) => toleratedBlocks + 1,
  },
  ServerErrors: {
    severity: 'page',
    description: 'Requests are answered with 5xx, by the load balancer or by a function behind it.',
    watched: ofLoadBalancer('HTTPCode_ELB_5XX_Count', 'HTTPCode_Target_5XX_Count'),
    ...SUMMED,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  UnhealthyTarget: {
    severity: 'page',
    description: 'The load balancer does not get the answer it expects from the function that it asks for its health.',
    watched: unhealthyTargets,
    ...NOT_EMPTY,
    evaluationPeriods: 3,
  },
  DDoSDetected: {
    severity: 'page',
    concern: 'security',
    description: 'Shield Advanced takes what comes to the load balancer for an attack.',
    watched: attacks,
    exists: ({ shield }) => shield !== 'standard',
    ...NOT_EMPTY,
  },
} as const satisfies Record<string, AlarmDefinition>;
