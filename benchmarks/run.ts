import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reckon, SAMPLE } from '../capacity/model.ts';
import { helpWhereAsked } from '../local/help.ts';
import { describeMachine } from './harness/machine.ts';
import { readOptions, USAGE } from './harness/options.ts';
import { writePages, writePaper } from './harness/page.ts';
import { renderText } from './harness/report.ts';
import { PARTS } from './suites.ts';

const HERE = fileURLToPath(new URL('.//', import.meta.url));

/** The packages of the peers are nobody's but the benchmarks's, so they are installed when it is first run. */
const installPeers = (): void => {
  if (existsSync(join(HERE, 'node_modules'))) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: HERE, stdio: 'inherit' });
  if (status !== 0) throw new Error('The packages that Postern is measured against could not be installed.');
};

const HELP = `${USAGE}

Measures Postern beside what one would build instead, in ratios of one run, and writes the results and the pages that show them.

  PART      ${Object.keys(PARTS).join(', ')} (default: all)
  --rounds  how often each is measured
  --help    prints this`;

const main = async (): Promise<void> => {
  helpWhereAsked(HELP);
  const { parts, rounds } = readOptions(process.argv.slice(2), Object.keys(PARTS));
  installPeers();
  const machine = describeMachine();
  console.log(`${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}\n`);
  mkdirSync(join(HERE, 'results'), { recursive: true });
  for (const part of parts) {
    const result = await (PARTS[part] as (typeof PARTS)[string])(rounds);
    writeFileSync(join(HERE, 'results', `${part}.json`), `${JSON.stringify({ machine, ...result }, null, 2)}\n`);
    console.log(`${renderText(result)}\n`);
  }
  if (parts.includes('growth')) writePaper(reckon(SAMPLE));
  writePages();
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (!(error instanceof Error) || error.name !== 'UsageError') console.error(error);
  else console.error(USAGE);
  process.exitCode = 1;
});
