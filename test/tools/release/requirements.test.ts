import { describe, expect, it } from 'vitest';
import { raisedRequirements, requirementsNow } from '../../../tools/release/requirements.ts';
import { readRequirements, recordedVersions } from '../../released/files.ts';

const cdk = (ranges: Readonly<Record<string, string>>) => ({ '@postern/cdk': { node: '>=20.19', ...ranges } });

describe('what the packages require', () => {
  it.each(recordedVersions())('is not raised after %s: only a major version may do it', (version) => {
    expect(raisedRequirements(readRequirements(version), requirementsNow())).toEqual([]);
  });

  it.each([
    [
      'a higher peer',
      { 'aws-cdk-lib': '^2.277.0' },
      ['@postern/cdk requires aws-cdk-lib ^2.277.0; expected ^2.276.0.'],
    ],
    ['a lower peer', { 'aws-cdk-lib': '^2.200.0' }, []],
    [
      'a higher Node',
      { 'aws-cdk-lib': '^2.276.0', node: '>=22' },
      ['@postern/cdk requires node >=22; expected >=20.19.'],
    ],
    [
      'a new peer',
      { 'aws-cdk-lib': '^2.276.0', constructs: '^10.5.0' },
      ['@postern/cdk requires constructs ^10.5.0, and required no constructs before.'],
    ],
  ])('is raised by %s, or not', (_what, ranges, expected) => {
    expect(raisedRequirements(cdk({ 'aws-cdk-lib': '^2.276.0' }), cdk(ranges as never))).toEqual(expected);
  });
});
