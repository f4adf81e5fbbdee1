import { expect, test } from 'vitest';
import type { PosternAlarms } from '../../cdk/alarm-types.ts';
import type { EnvironmentSettings } from '../../cdk/settings.ts';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import type { AlarmName, PagerAlarmName } from '../../lib/monitoring/alarms.ts';

type InSchema = Omit<AwsEnvironmentInput, 'account' | 'region' | 'runsOn'>;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

// The compiler shows it: each type is assignable to the other one.
test('the types of the settings take what the schema takes, and nothing else', () => {
  const types: Same<EnvironmentSettings, InSchema> = true;
  const members: Same<keyof EnvironmentSettings, keyof InSchema> = true;
  expect([types, members]).toEqual([true, true]);
});

test('the type of the alarms has the names of all alarms, and no other', () => {
  const names: Same<keyof PosternAlarms, AlarmName | PagerAlarmName> = true;
  expect(names).toBe(true);
});
