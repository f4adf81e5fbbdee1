import { expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../cdk/settings.ts';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';

type InSchema = Omit<AwsEnvironmentInput, 'account' | 'region' | 'runsOn'>;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test('the types of the package take what the schema takes, and nothing else', () => {
  // The compiler shows it: each type is assignable to the other one, and both have the same members.
  const types: Same<EnvironmentSettings, InSchema> = true;
  const members: Same<keyof EnvironmentSettings, keyof InSchema> = true;
  expect([types, members]).toEqual([true, true]);
});
