import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packAll } from './pack.ts';

const USAGE = 'npm run -s pack [-- --out DIR]';

const HELP = `${USAGE}

Builds @postern/cli, @postern/client, @postern/processor and @postern/cdk, and writes a tarball of each. Prints the name, the size
and the SHA-512 of each tarball.

  --out DIR  folder of the tarballs; default: dist
  --help     prints this

docs/contributing/packages.md says what is in them.`;

const readArguments = () => {
  try {
    return parseArgs({
      options: { out: { type: 'string', default: 'dist' }, help: { type: 'boolean', short: 'h', default: false } },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}: ${USAGE}`);
    process.exit(2);
  }
};

const { help, out } = readArguments();
if (help) console.log(HELP);
else {
  for (const { filename, integrity, size } of await packAll(resolve(out)))
    console.log(`${filename}  ${size} bytes  ${integrity}`);
}
