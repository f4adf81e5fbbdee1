import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { helpWhereAsked } from '../local/help.ts';
import { describeMachine } from './harness/machine.ts';
import { renderResult } from './harness/markdown.ts';
import type { Suite } from './harness/measure.ts';
import { readOptions, USAGE, UsageError } from './harness/options.ts';
import { scope } from './harness/scope.ts';
import { SUITES } from './suites.ts';

const HELP = `${USAGE}

Measures Postern and what one would build instead. Prints tables in Markdown, with ratios within each round.

  SUITE     ${Object.keys(SUITES).join(', ')} (default: all)
  --rounds  rounds of each suite (default 7)
  --check   only checks, with little work, that each suite runs and every contender gives the expected answers
  --help    prints this`;

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Installs the packages of the baselines at the first run. The project itself does not need them. */
const installBaselines = (): void => {
  if (existsSync(`${HERE}node_modules`)) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: HERE, stdio: 'inherit' });
  if (status !== 0) throw new Error('The packages of the baselines could not be installed.');
};

const main = async (): Promise<void> => {
  helpWhereAsked(HELP);
  const { check, effort, suites } = readOptions(process.argv.slice(2), Object.keys(SUITES));
  installBaselines();
  const machine = describeMachine();
  for (const name of suites) {
    const results = [await scope((defer) => (SUITES[name] as Suite)(effort, defer))].flat();
    if (check) console.log(`${name}: every contender gives the expected answers`);
    else for (const result of results) console.log(`${renderResult(result, machine)}\n`);
  }
};

main().catch((error: unknown) => {
  console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error);
  process.exitCode = 1;
});
