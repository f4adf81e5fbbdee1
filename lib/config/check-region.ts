import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Problems } from './errors.ts';
import { suggestion } from './near-names.ts';

const REGIONS = RegionInfo.regions.map(({ name }) => name);

/** Whether the CDK knows a region of this name. */
export const isRegion = (region: unknown): region is string => REGIONS.some((name) => name === region);

/** Checks that the region exists: a wrong one would be found at the deployment. */
export const checkRegion = (problems: Problems, region: unknown): void => {
  problems.expect(
    isRegion(region),
    'region',
    region,
    'the code of a region of AWS, as eu-west-1',
    `${suggestion(String(region), REGIONS)}Correct the region; one that is newer than the installed aws-cdk-lib needs an update.`,
  );
};
