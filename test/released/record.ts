import { existsSync, readFileSync, rmSync } from 'node:fs';
import { RECORDED, recordOf } from '../support/update-fixtures.ts';
import { breakingChanges } from './breaking-changes.ts';
import { folderOf, kindsOf, NEXT, readRecord, writeRecords } from './files.ts';

const HELP = `npm run record-release [-- --next]

Writes what is compared of this version's templates into test/released/VERSION. A folder that is there is never written again.

  --next  writes test/released/next: what main has gained since the last release. Run it after State gained a resource or an
          export. It refuses to write if something was removed or would be replaced.
  --help  prints this help`;

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The records of this version, by kind. */
const recordAll = () => Object.fromEntries(Object.entries(RECORDED).map(([kind, input]) => [kind, recordOf(input)]));

const recordRelease = (): void => {
  if (existsSync(folderOf(version))) {
    console.error(`test/released/${version} is there already; expected a new version in package.json. Raise it first.`);
    process.exitCode = 2;
    return;
  }
  writeRecords(version, recordAll());
  rmSync(folderOf(NEXT), { recursive: true, force: true });
  console.log(
    `test/released/${version} has the templates of ${Object.keys(RECORDED).length} environments. Commit them.`,
  );
};

const recordNext = (): void => {
  const records = recordAll();
  const kinds = existsSync(folderOf(NEXT)) ? kindsOf(NEXT) : [];
  const broken = kinds.flatMap((kind) => {
    const record = records[kind];
    return record === undefined
      ? [`test/support/update-fixtures.ts has no environment ${kind} any more.`]
      : breakingChanges(readRecord(NEXT, kind), record);
  });
  if (broken.length > 0) {
    console.error([...new Set(broken)].join('\n'));
    process.exitCode = 1;
    return;
  }
  writeRecords(NEXT, records);
  console.log(`test/released/${NEXT} has what this version gained. Commit it.`);
};

if (process.argv.includes('--help')) console.log(HELP);
else if (process.argv.includes('--next')) recordNext();
else recordRelease();
