import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, readPackages } from '../pack/packages.ts';
import { changelogMistakes, isNewer, isVersion, withRelease } from './changelog.ts';
import { writeVersion } from './version-files.ts';

const HELP = `npm run release -- VERSION

Prepares a release: writes VERSION into every package.json and the lock file, gives the notes in CHANGELOG.md their heading, and
records the templates in test/released/VERSION. It changes files only. docs/contributing/releasing.md has the steps around it.`;

const fail = (message: string): never => {
  console.error(message);
  process.exit(2);
};

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
const [, , version = '', ...others] = process.argv;
const { version: former } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
};
if (!isVersion(version) || others.length > 0) fail(`"${process.argv.slice(2).join(' ')}" is not a version.\n${HELP}`);
if (!isNewer(version, former)) fail(`${version} is not newer than ${former}, the version in package.json.`);
const file = join(ROOT, 'CHANGELOG.md');
const changelog = readFileSync(file, 'utf8');
const mistakes = changelogMistakes(changelog, former);
if (mistakes.length > 0) fail(`CHANGELOG.md has to be corrected first:\n  ${mistakes.join('\n  ')}`);

writeFileSync(file, withRelease(changelog, version, new Date().toISOString().slice(0, 'YYYY-MM-DD'.length)));
writeVersion(
  ROOT,
  readPackages().map(({ folder }) => folder),
  version,
);
const { status } = spawnSync('npm', ['run', '-s', 'record-release'], { cwd: ROOT, stdio: 'inherit' });
if (status !== 0) fail('The templates could not be recorded. Correct it, and run `npm run record-release`.');
console.log(`Read the difference, commit it as "release: ${version}", and tag the commit of main with v${version}.`);
