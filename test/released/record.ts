import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { comparedPaths, type EnvironmentRecord } from '../../lib/update/record.ts';
import { RELEASED, recordOf } from '../support/update-fixtures.ts';

if (process.argv.includes('--help')) {
  console.log(`npm run record-release

Writes what is compared of this version's templates into test/released/VERSION. A folder that is there is never written again.`);
  process.exit(0);
}

/**
 * `npm run record-release`: writes what is compared of this version's templates into a folder of its own. Run it with
 * every release; what was released once is never written again.
 */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const folder = new URL(`${version}/`, import.meta.url);

/** A line for each resource, so that a change can be read. */
const textOf = ({ gateway, state }: EnvironmentRecord): string => {
  const stack = ({ exports, imports, resources }: EnvironmentRecord['state']): string => {
    const lines = Object.entries(resources)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, resource]) => `      ${JSON.stringify(id)}: ${JSON.stringify(resource)}`);
    const exported = Object.entries(exports).map(
      ([name, value]) => `      ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
    );
    return `{
    "resources": {\n${lines.join(',\n')}\n    },
    "exports": {\n${exported.join(',\n')}\n    },
    "imports": ${JSON.stringify(imports)}
  }`;
  };
  return `{\n  "state": ${stack(state)},\n  "gateway": ${stack(gateway)}\n}\n`;
};

if (existsSync(folder)) {
  console.error(`${fileURLToPath(folder)} is there already; expected a new version in package.json. Raise it first.`);
  process.exitCode = 2;
} else {
  mkdirSync(fileURLToPath(folder));
  const types = new Set<string>();
  for (const [name, input] of Object.entries(RELEASED)) {
    const record = recordOf(input);
    for (const stack of Object.values(record) as readonly EnvironmentRecord['state'][]) {
      for (const { type } of Object.values(stack.resources)) types.add(type);
    }
    writeFileSync(new URL(`${name}.json`, folder), textOf(record));
  }
  // What is compared may grow. A property that no release recorded is then no property that a release did not have.
  const compared = [...types].sort().map((type) => `  ${JSON.stringify(type)}: ${JSON.stringify(comparedPaths(type))}`);
  writeFileSync(new URL('compared.json', folder), `{\n${compared.join(',\n')}\n}\n`);
  console.log(
    `test/released/${version} has the templates of ${Object.keys(RELEASED).length} environments. Commit them.`,
  );
}
