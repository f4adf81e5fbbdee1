import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildCli } from '../../cli/build.mjs';
import { measureOf, measureRounds, POSTERN, type Suite } from '../harness/measure.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LAUNCHER = join(ROOT, 'cli/bin/postern.mjs');

const CONTENDERS = {
  [POSTERN]: 'the bundle of the published package',
  checkout: 'the launcher of the checkout, which first compares the sources with its bundle',
  limit: 'Node with an empty program',
} as const;

/** A start is quick and varies, so each round has several. */
const STARTS_PER_ROUND = 3;

/** Starts of the command line. A person waits for each of them. */
export const commandLine: Suite = async ({ rounds }, defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-command-line-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'postern.mjs');
  await buildCli({ root: ROOT, outfile: bundle });
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, '');
  const version = ['version'];
  const help = ['task', 'open', '--help'];
  const programs: readonly { readonly name: keyof typeof CONTENDERS; readonly file: string }[] = [
    { name: POSTERN, file: bundle },
    { name: 'checkout', file: LAUNCHER },
    { name: 'limit', file: empty },
  ];
  // The first start of the launcher may bundle.
  for (const { file } of programs) start(file, version);
  const measured = await measureRounds(programs, rounds * STARTS_PER_ROUND, async ({ file, name }) => ({
    version: start(file, version, name === 'limit' ? '' : '0.'),
    help: start(file, help, name === 'limit' ? '' : 'Usage: postern task open'),
    ...(name === POSTERN && {
      code: readFileSync(bundle).length / 1024,
      gzipped: gzipSync(readFileSync(bundle)).length / 1024,
    }),
  }));
  return {
    title: 'A start of the command line',
    method: `New processes in turn, ${rounds * STARTS_PER_ROUND} of each contender.`,
    contenders: CONTENDERS,
    measures: [
      measureOf('postern version', 'ms', measured.version),
      measureOf('postern task open --help', 'ms', measured.help),
      measureOf('code', 'KiB', measured.code, null),
      measureOf('code, gzipped', 'KiB', measured.gzipped, null),
    ],
  };
};

/**
 * @returns milliseconds from the start of the process to its end
 * @throws {Error} if it fails or says something else than expected
 */
const start = (file: string, words: readonly string[], expected = ''): number => {
  const before = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [file, ...words], { encoding: 'utf8' });
  const milliseconds = performance.now() - before;
  if (status === 0 && stdout.startsWith(expected)) return milliseconds;
  throw new Error(`${file} ${words.join(' ')} ended with ${status} and "${stdout.slice(0, 80)}".`);
};
