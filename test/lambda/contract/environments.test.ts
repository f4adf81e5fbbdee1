import { RegionInfo } from 'aws-cdk-lib/region-info';
import { describe, expect, it } from 'vitest';
import {
  ENVIRONMENT_NAME_PATTERN,
  MAX_ENVIRONMENT_NAME_CHARS,
  REGION_CODES,
} from '../../../lambda/contract/environments.ts';
import { FRONT_FUNCTIONS } from '../../../lambda/contract/routes.ts';
import { MAX_TARGET_GROUP_NAME_CHARS, targetGroupName } from '../../../lib/names.ts';

describe('the name of an environment', () => {
  it('has as many characters as the longest name of a target group leaves: 14', () => {
    const longest = 'a'.repeat(MAX_ENVIRONMENT_NAME_CHARS);
    expect(longest).toHaveLength(14);
    const names = [...FRONT_FUNCTIONS, 'mtls' as const].map((each) => targetGroupName(longest, each).length);
    expect(Math.max(...names)).toBe(MAX_TARGET_GROUP_NAME_CHARS);
  });

  it.each([
    ['prod', true],
    ['a', true],
    [`a${'0-'.repeat(6)}z`, true],
    ['a'.repeat(15), false],
    ['Prod', false],
    ['1st', false],
    ['-a', false],
    ['', false],
  ])('"%s": %s', (name, isValid) => {
    expect(ENVIRONMENT_NAME_PATTERN.test(name)).toBe(isValid);
  });
});

it('The Regions are those of the installed aws-cdk-lib', () => {
  expect(REGION_CODES.toSorted()).toEqual(RegionInfo.regions.map(({ name }) => name).toSorted());
});
