/** Prefix of the names of an environment's alarms. The rest of a name is the alarm's heading in the runbook. */
export const alarmNamePrefix = (environment: string): string => `postern-${environment}-`;

/** Returns the fragment of an alarm's heading in the runbook. @param alarm its name without the prefix */
export const runbookFragment = (alarm: string): string => `#${alarm.toLowerCase()}`;
