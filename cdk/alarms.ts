import type { AlarmSet } from '../lib/monitoring/alarm-set.ts';
import { type ALARMS, type AlarmName, PAGER_ALARMS } from '../lib/monitoring/alarms.ts';
import { AbsentAlarm } from './absent-alarm.ts';
import type { PosternAlarms } from './alarm-types.ts';

/** Alarms that not every environment has. */
type ConditionalAlarmName = {
  [N in AlarmName]: (typeof ALARMS)[N] extends { readonly exists: unknown } ? N : never;
}[AlarmName];

const NO_WORKFLOWS = 'no application has `resumes`';
const NO_DISPATCH = 'no processor has `dispatch`';
const NO_LOAD_BALANCER = '`ingress` is `network` without `console`, so that there is no load balancer';
const NO_DOOR = '`ingress` is not `network`';

/** Why an environment has no such alarm. */
const REASONS = {
  CallbackBlocked: '`ingress` is `network`, which has no web ACL for callbacks',
  DDoSDetected: '`shield` is `standard`',
  InvocationErrors: 'no application has `invokers`',
  DispatchDeadLetters: NO_DISPATCH,
  DispatchDelayed: NO_DISPATCH,
  DispatchErrors: NO_DISPATCH,
  DispatchFailed: NO_DISPATCH,
  DispatchThrottles: NO_DISPATCH,
  DoorBlocked: NO_DOOR,
  DoorCertificateExpiry: NO_DOOR,
  DoorCpu: NO_DOOR,
  DoorDown: NO_DOOR,
  DoorUnavailable: NO_DOOR,
  DoorUnhealthy: NO_DOOR,
  LowReputationDenied: '`ingress` is `network`, whose load balancer knows no reputations',
  OutcomesDelayed: `${NO_WORKFLOWS}, and ${NO_DISPATCH}`,
  ProcessorUnreachable: NO_DISPATCH,
  ResumeDeadLetters: NO_WORKFLOWS,
  ResumeDelayed: NO_WORKFLOWS,
  ResumeErrors: NO_WORKFLOWS,
  ResumeRefused: NO_WORKFLOWS,
  ResumeThrottles: NO_WORKFLOWS,
  ServerErrors: NO_LOAD_BALANCER,
  SigningKeyRotationFailed: '`signing` is not `rotating`',
  UnhealthyTarget: NO_LOAD_BALANCER,
} satisfies Record<ConditionalAlarmName, string>;

/**
 * Returns the alarms by name. Reading one that the environment does not have throws, and iteration does not see it. On one machine,
 * an `AbsentAlarm` stands for it: the environment may have it on AWS, and the same code makes both.
 * @param path of the construct, for the error
 */
export const alarmsOf = (set: AlarmSet, { isLocal, path }: { isLocal: boolean; path: string }): PosternAlarms => {
  const all = {
    ...Object.fromEntries(set.alarms),
    ...Object.fromEntries(Object.keys(PAGER_ALARMS).map((name, index) => [name, set.pagerAlarms[index]])),
  };
  for (const [name, reason] of Object.entries(REASONS)) {
    if (Object.hasOwn(all, name)) continue;
    if (isLocal) {
      all[name] = new AbsentAlarm(set, name);
      continue;
    }
    Object.defineProperty(all, name, {
      get: () => {
        throw new Error(`${path}: the environment has no alarm ${name}, because ${reason}.`);
      },
    });
  }
  return Object.freeze(all) as unknown as PosternAlarms;
};
