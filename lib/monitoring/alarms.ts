import type { AlarmDefinition } from './alarm-definition.ts';
import { BACKGROUND_ALARMS } from './background-alarms.ts';
import { CALLBACK_ALARMS } from './callback-alarms.ts';
import { EDGE_ALARMS } from './edge-alarms.ts';
import { FUNCTION_ALARMS } from './function-alarms.ts';

/** Every alarm of Postern. Each has an entry of the same name in the runbook. */
export const ALARMS = {
  ...CALLBACK_ALARMS,
  ...FUNCTION_ALARMS,
  ...BACKGROUND_ALARMS,
  ...EDGE_ALARMS,
} as const satisfies Record<string, AlarmDefinition>;

export type AlarmName = keyof typeof ALARMS;

/**
 * What wakes somebody: each is raised with any of its alarms, so that one incident wakes once. Each has an entry in the
 * runbook too.
 */
export const PAGES = {
  SecurityPage: { concern: 'security', description: 'Somebody may be attacking: the alarms under it say how.' },
  ServicePage: { concern: 'service', description: 'Something does not work: the alarms under it say what.' },
} as const satisfies Record<string, { readonly concern: AlarmDefinition['concern']; readonly description: string }>;

export type PageName = keyof typeof PAGES;

/** Where the runbook tells what to do: its headings are the names of the alarms. */
export const runbookAnchor = (name: AlarmName | PageName): string => `docs/operate/runbook.md#${name.toLowerCase()}`;
