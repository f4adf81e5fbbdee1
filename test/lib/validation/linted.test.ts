import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { everySetting } from '../../support/settings.ts';
import { SWITCHED } from '../../support/switched-environments.ts';

const run = readFileSync(new URL('../../../.ci/run', import.meta.url), 'utf8');

/** Optional settings, except those that exclude another setting. */
const EXCLUDED = ['alarmTopicArn', 'hostedZone'];
const switches = everySetting().filter((setting) => !setting.includes('.') && !EXCLUDED.includes(setting));

describe('the environments for cfn-lint and checkov', () => {
  it('set every setting that adds or changes resources', () => {
    const set = new Set(Object.values(SWITCHED).flatMap((input) => Object.keys(input)));
    // Settings of durations, sizes and rates: they change numbers of resources that exist in any case.
    const numbers =
      /^(tolerated\w+|\w*[rR]etention|accessTokenMaxLifetime|inlineLimit|quarantineLimit|rateLimits|indexShards|deploymentWave)$/;
    expect(switches.filter((setting) => !set.has(setting) && !numbers.test(setting))).toEqual([]);
    const environments = Object.entries(SWITCHED).map(([name, input]) => readEnvironment(name, input));
    expect(new Set(environments.map(({ mutualTls }) => mutualTls?.mode))).toEqual(
      new Set(['verify', 'passthrough', undefined]),
    );
    expect(environments.flatMap(({ registry }) => Object.values(registry)).some(({ encrypted }) => encrypted)).toBe(
      true,
    );
  });

  it('are linted by .ci/run, like the deployer’s environments', () => {
    expect(run).toContain('npx tsx test/support/synthesize-switched.ts .build/switched');
    const lines = run.split('\n').filter((line) => /"\$PYTHON\/bin\/(cfn-lint|checkov)" --config/.test(line));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain('cdk.out');
      expect(line).toContain('.build/switched');
    }
    // cfn-lint checks which resources a Region supports, so it gets the Regions of both.
    expect(run).toMatch(/REGIONS=\$\(grep [^)]*cdk\.out\/manifest\.json \.build\/switched\/manifest\.json/);
  });
});
