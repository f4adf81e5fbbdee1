import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differences } from '../../../.ci/peers/differences.ts';
import type { Synthesis } from '../../support/installed-app.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const fileOf = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const manifestOf = (folder: string): Manifest => JSON.parse(fileOf(`${folder}/package.json`));
const FOLDERS = ['.ci/peers/lowest', '.ci/peers/newest'];
const { peerDependencies } = JSON.parse(fileOf('cdk/package.json')) as {
  readonly peerDependencies: Readonly<Record<string, string>>;
};

describe('the versions of peers that .ci/run synthesizes with', () => {
  it('have the lowest version of each range that @postern/cdk declares', () => {
    const ranges = Object.entries(manifestOf('.ci/peers/lowest').dependencies).map(([name, at]) => [name, `^${at}`]);
    expect(Object.fromEntries(ranges)).toEqual(peerDependencies);
  });

  it('have a newest version of each that is above the lowest, with the same major version', () => {
    const [lowest, newest] = FOLDERS.map((folder) => manifestOf(folder).dependencies);
    expect(Object.keys(newest ?? {})).toEqual(Object.keys(peerDependencies));
    for (const [name, version] of Object.entries(newest ?? {})) {
      const [then, now] = [lowest?.[name] ?? '', version].map((each) => each.split('.').map(Number));
      expect(now?.[0]).toBe(then?.[0]);
      expect(now?.[1]).toBeGreaterThan(then?.[1] ?? Number.NaN);
    }
  });

  it.each(FOLDERS)('of %s are those of its lock file, which names no host', (folder) => {
    const { packages } = JSON.parse(fileOf(`${folder}/package-lock.json`));
    const { dependencies, devDependencies } = manifestOf(folder);
    expect(packages['']).toMatchObject({ dependencies, devDependencies });
    expect(fileOf(`${folder}/package-lock.json`)).not.toContain('"resolved"');
    expect(fileOf(`${folder}/.npmrc`)).toContain('omit-lockfile-registry-resolved=true');
  });
});

/** A synthesis with one function of the CDK, one of Postern, and a dashboard. */
const aSynthesis = ({
  background = '',
  code = 'a1',
  ours = 'b1',
  retention = 14,
  mode = 'NEW_IMAGE',
} = {}): Synthesis => ({
  state: { Resources: { Audit60AC924E: { Properties: { StreamSpecification: { StreamViewType: mode } } } } },
  gateway: {
    Resources: {
      CustomVpcRestrictDefaultSGCustomResourceProviderHandlerDC833E5E: {
        Properties: { Code: { S3Key: `${code}.zip` } },
      },
      Receive3A7F0B21: { Properties: { Code: { S3Key: `${ours}.zip` } } },
      ReceiveLogs0C1D2E3F: { Properties: { RetentionInDays: retention, Tags: [] } },
      Dashboard7A06DACF: {
        Properties: { DashboardBody: { 'Fn::Join': ['', [`{"properties":{"markdown":"## Traffic"${background}}}`]] } },
      },
    },
  },
  assets: { [`asset.${code}`]: `hash of ${code}`, [`asset.${ours}`]: `hash of ${ours}` },
});

describe('a comparison of two versions of the CDK', () => {
  it('permits the differences that decision 0084 names', () => {
    const newer = aSynthesis({ background: ',"background":"transparent"', code: 'a2' });
    expect(differences(aSynthesis(), newer)).toEqual([]);
  });

  it.each([
    [
      'another stream of a table',
      { mode: 'KEYS_ONLY' },
      /^State\.Resources\.Audit60AC924E\..*"NEW_IMAGE".*"KEYS_ONLY"/,
    ],
    ['another retention', { retention: 30 }, /^Gateway\.Resources\.ReceiveLogs0C1D2E3F\..* 14 .* 30 /],
    [
      'other code of Postern',
      { ours: 'b2' },
      /^Gateway\.Resources\.Receive3A7F0B21\.Properties\.Code\.S3Key is "b1\.zip"/,
    ],
    ['another background', { background: ',"background":"solid"' }, /^Gateway\.Resources\.Dashboard7A06DACF\./],
  ])('finds %s', (_, changed, line) => {
    expect(differences(aSynthesis(), aSynthesis(changed))[0]).toMatch(line);
  });

  it('finds other files of an asset with the same name', () => {
    const { assets, ...templates } = aSynthesis();
    const other = { ...templates, assets: { ...assets, 'asset.b1': 'another hash' } };
    expect(differences({ ...templates, assets }, other)).toEqual([
      'asset.b1 is hash of b1 with one version and another hash with the other',
    ]);
  });

  it('finds a resource that only one version has', () => {
    const { state: _, ...others } = aSynthesis();
    expect(differences(aSynthesis(), { ...others, state: {} })).toHaveLength(2);
  });
});
