import { Duration } from 'aws-cdk-lib';
import type { AlarmDefinition } from './alarm-definition.ts';
import { AT_ONCE } from './alarm-definition.ts';
import { blockedCallbacks } from './sources.ts';

/** Alarms on what stands before the functions. */
export const EDGE_ALARMS = {
  CallbackBlocked: {
    severity: 'ticket',
    description: 'The web ACL blocks requests to callback routes: a processor may be among them.',
    watched: blockedCallbacks,
    ...AT_ONCE,
    period: Duration.minutes(15),
    threshold: ({ toleratedBlocks }) => toleratedBlocks + 1,
  },
} as const satisfies Record<string, AlarmDefinition>;
