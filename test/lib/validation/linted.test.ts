import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { everySetting } from '../../support/settings.ts';
import { SWITCHED } from '../../support/switched-environments.ts';

const run = readFileSync(new URL('../../../.ci/run', import.meta.url), 'utf8');

/** Settings that an environment either has or does without, but for what excludes another setting. */
const EXCLUDED = ['alarmTopicArn', 'hostedZone'];
const switches = everySetting().filter((setting) => !setting.includes('.') && !EXCLUDED.includes(setting));

describe('what an environment may switch on is linted before an environment does', () => {
  it('every setting that adds or changes resources is set in one of the environments', () => {
    const set = new Set(Object.values(SWITCHED).flatMap((input) => Object.keys(input)));
    // These say how long, how much and how often: they change numbers of resources that are there anyway.
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

  it('.ci/run gives cfn-lint and checkov their templates beside those of the deployer’s environments', () => {
    expect(run).toContain('npx tsx test/support/synthesize-switched.ts .build/switched');
    const lines = run.split('\n').filter((line) => /"\$PYTHON\/bin\/(cfn-lint|checkov)" --config/.test(line));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain('cdk.out');
      expect(line).toContain('.build/switched');
    }
    // The regions of both, because cfn-lint looks at what there is in a region.
    expect(run).toMatch(
      /REGIONS=\$\(grep [^)]*cdk\.out\/assembly-\*\/manifest\.json \.build\/switched\/assembly-\*\/manifest\.json/,
    );
  });
});
