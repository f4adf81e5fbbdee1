import { SUBSCRIBERS } from '../monitoring.ts';
import type { Rule } from './rule.ts';

/** A protected environment has receivers of its alarms, in one way only. */
export const alarmReceivers: Rule = ({ alarmSubscribers, alarmTopicArn, protected: isProtected }, errors) => {
  errors.expect(
    isProtected !== true || alarmSubscribers !== undefined || alarmTopicArn !== undefined,
    'alarmSubscribers',
    alarmSubscribers,
    'receivers of alarms (or `alarmTopicArn`), because `protected` is true',
    SUBSCRIBERS,
  );
  errors.expect(
    alarmSubscribers === undefined || alarmTopicArn === undefined,
    'alarmTopicArn',
    alarmTopicArn,
    'no topic together with `alarmSubscribers`, for which the stack makes topics of its own',
    'Remove `alarmTopicArn`, or remove `alarmSubscribers`.',
  );
};
