import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CLOUDFORMATION,
  changelogMistakes,
  isNewer,
  isVersion,
  readChangelog,
  withRelease,
} from '../../../tools/release/changelog.ts';

const ROOT = new URL('../../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { readonly version: string };
const changelog = readFileSync(new URL('CHANGELOG.md', ROOT), 'utf8');

const notes = (...versions: readonly string[]) => `# Changelog\n\nWords.\n\n${versions.join('\n')}`;
const UNRELEASED = `## Unreleased\n\n### ${CLOUDFORMATION}\n\nNothing.\n`;
const released = (heading: string) => `## ${heading}\n\n### ${CLOUDFORMATION}\n\nNothing.\n\n### Fixed\n\n- A fault.\n`;

describe('CHANGELOG.md', () => {
  it('has for each version its date, and first what CloudFormation will do', () => {
    expect(changelogMistakes(changelog, version)).toEqual([]);
    expect(readChangelog(changelog).map(({ version: one }) => one)).toContain('0.1.0');
  });
});

describe('a changelog', () => {
  it('is correct with a number, a date and its sections for each version, the newest first', () => {
    const text = notes(UNRELEASED, released('1.10.0 - 2027-02-28'), released('1.9.1 - 2027-02-28'));
    expect(changelogMistakes(text, '1.10.0')).toEqual([]);
  });

  it.each([
    ['without "Unreleased"', notes(released('1.0.0 - 2027-01-01')), 'The first version is not "Unreleased".'],
    ['without the version of package.json', notes(UNRELEASED, released('0.9.0 - 2027-01-01')), 'not 1.0.0, as in'],
    [
      'with a version without a date',
      notes(UNRELEASED, released('1.0.0')),
      '1.0.0 has no date; expected "1.0.0 - YYYY',
    ],
    ['with a date that does not exist', notes(UNRELEASED, released('1.0.0 - 2027-02-30')), '1.0.0 has no date'],
    ['with a heading that is not a version', notes(UNRELEASED, released('v1 - 2027-01-01')), '"v1" is not a version'],
    [
      'with an older version above a newer one',
      notes(UNRELEASED, released('1.0.0 - 2027-02-02'), released('1.0.1 - 2027-01-01')),
      '1.0.0 is above 1.0.1; expected the newest first.',
    ],
    [
      'with a date before that of the earlier version',
      notes(UNRELEASED, released('1.0.0 - 2027-01-01'), released('0.9.0 - 2027-02-02')),
      '1.0.0 has an earlier date than 0.9.0.',
    ],
    [
      'with a version that does not say what CloudFormation will do',
      notes(UNRELEASED, '## 1.0.0 - 2027-01-01\n\n### Added\n\n- A thing.\n'),
      '1.0.0 does not begin with the section "What CloudFormation will do".',
    ],
    [
      'without that section in "Unreleased"',
      notes('## Unreleased\n\n### Added\n\n- A thing.\n', released('1.0.0 - 2027-01-01')),
      'Unreleased does not begin with the section "What CloudFormation will do".',
    ],
    [
      'with an empty section',
      notes(`## Unreleased\n\n### ${CLOUDFORMATION}\n\n### Added\n\n- A thing.\n`, released('1.0.0 - 2027-01-01')),
      'Unreleased says nothing below "What CloudFormation will do".',
    ],
    [
      'with an unknown section',
      notes(`${UNRELEASED}\n### News\n\n- A thing.\n`, released('1.0.0 - 2027-01-01')),
      'Unreleased has the unknown section "News".',
    ],
    [
      'with sections in another order',
      notes(`${UNRELEASED}\n### Fixed\n\n- A.\n\n### Added\n\n- B.\n`, released('1.0.0 - 2027-01-01')),
      'Unreleased has its sections in another order',
    ],
  ])('%s has a mistake', (_what, text, mistake) => {
    expect(changelogMistakes(text, '1.0.0')).toEqual(expect.arrayContaining([expect.stringContaining(mistake)]));
  });

  it('keeps its notes below a new heading at a release, and starts new ones', () => {
    const text = notes(`${UNRELEASED}\n### Added\n\n- A thing.\n`, released('1.0.0 - 2027-01-01'));
    const next = withRelease(text, '1.1.0', '2027-03-01');
    expect(changelogMistakes(next, '1.1.0')).toEqual([]);
    const [unreleased, newest, former] = readChangelog(next);
    expect([...(unreleased?.sections ?? [])]).toEqual([[CLOUDFORMATION, 'Nothing yet.']]);
    expect([newest?.version, newest?.date, newest?.sections.get('Added')]).toEqual([
      '1.1.0',
      '2027-03-01',
      '- A thing.',
    ]);
    expect(former?.version).toBe('1.0.0');
  });
});

describe('a version', () => {
  it.each([
    ['1.2.3', true],
    ['0.2.0-beta.1', false],
    ['1.2', false],
    ['v1.2.3', false],
    ['01.2.3', false],
    ['', false],
  ])('%j is one: %s', (text, expected) => {
    expect(isVersion(text)).toBe(expected);
  });

  it.each([
    ['1.10.0', '1.9.9', true],
    ['2.0.0', '1.9.9', true],
    ['1.0.1', '1.0.0', true],
    ['1.0.0', '1.0.0', false],
    ['1.9.0', '1.10.0', false],
  ])('%s is newer than %s: %s', (one, other, expected) => {
    expect(isNewer(one, other)).toBe(expected);
  });
});
