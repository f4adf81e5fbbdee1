import { parseArgs } from 'node:util';

const USAGE = 'npm run docs [-- --check] [PATH…]';

const HELP = `${USAGE}

Writes the files in docs/ that are generated from the code. With --check it writes nothing and names the files that differ.

  PATH…    writes or checks only these files, for example docs/reference/events.md
  --check  exit code 1 if a file differs
  --help   prints this

The generators are in tools/docs; tools/docs/pages.ts lists the files.`;

/** `npm run docs`. Exit code 1 if a page differs with `--check`, 2 for a mistake on the command line. */
const main = async (): Promise<number> => {
  const { positionals: paths, values } = readArguments();
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  // Imported here because the CDK takes seconds to load, and the help text does not need it.
  const [{ PAGES }, { checkPages, writePages }] = await Promise.all([import('./pages.ts'), import('./files.ts')]);
  const unknown = paths.filter((path) => !PAGES.some((page) => page.path === path));
  if (unknown.length > 0) {
    console.error(`${unknown.join(', ')}: no generator in tools/docs writes this. ${USAGE}`);
    return 2;
  }
  const pages = paths.length === 0 ? PAGES : PAGES.filter(({ path }) => paths.includes(path));
  const { exitCode, lines } = await (values.check ? checkPages(pages) : writePages(pages));
  for (const line of lines) (exitCode === 0 ? console.log : console.error)(line);
  return exitCode;
};

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}: ${USAGE}`);
    process.exit(2);
  }
};

process.exitCode = await main();
