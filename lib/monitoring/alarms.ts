import type { AlarmDefinition } from './alarm-definition.ts';
import { BACKGROUND_ALARMS } from './background-alarms.ts';
import { CALLBACK_ALARMS } from './callback-alarms.ts';
import { EDGE_ALARMS } from './edge-alarms.ts';

/** Every alarm of Postern. Each has an entry of the same name in the runbook. */
export const ALARMS = {
  ...CALLBACK_ALARMS,
  ...BACKGROUND_ALARMS,
  ...EDGE_ALARMS,
} as const satisfies Record<string, AlarmDefinition>;

export type AlarmName = keyof typeof ALARMS;

/** Where the runbook tells what to do: its headings are the names of the alarms. */
export const runbookAnchor = (name: AlarmName): string => `docs/runbook.md#${name.toLowerCase()}`;
