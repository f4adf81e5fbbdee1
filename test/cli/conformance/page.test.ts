import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test as base, describe, expect, vi } from 'vitest';
import { CASES } from '../../../cli/conformance/cases.ts';
import { readReport } from '../../../cli/conformance/read-report.ts';
import { EVENTUALLY } from '../../support/patience.ts';

/** The page about the kit: its blocks are run as they stand, but for ports, paths and waits. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/process/conformance.md'), 'utf8');

const blocksOf = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);

const aFreePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** @throws {Error} if no program listens */
const connectTo = async (port: number): Promise<void> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
};

const test = base
  .extend('folder', ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-page-'));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  })
  .extend('shell', async ({ folder }, { onCleanup }) => {
    const ports = { 9000: await aFreePort(), 8090: await aFreePort() };
    const adapt = (block: string): string =>
      block
        .replaceAll('127.0.0.1:9000', `127.0.0.1:${ports[9000]}`)
        .replaceAll('listen(9000', `listen(${ports[9000]}`)
        .replaceAll('8090', `${ports[8090]}`)
        .replaceAll('npx postern', `exec_postern`)
        .replaceAll(/(conformance run .*)$/gm, '$1 --quiet-wait 1s --retry-after 1s --parallel 21');
    const script = (block: string): string =>
      `exec_postern() { '${process.execPath}' '${join(ROOT, 'cli/bin/postern.mjs')}' "$@"; }\n${adapt(block)}`;
    const started: number[] = [];
    onCleanup(() => {
      for (const pid of started) process.kill(-pid, 'SIGKILL');
    });
    const options = { cwd: folder, env: { PATH: process.env.PATH ?? '', HOME: folder } };
    return {
      ports,
      adapt,
      run: async (block: string) => (await promisify(execFile)('bash', ['-euc', script(block)], options)).stdout,
      /** Starts a block that ends only when it is stopped, with its children. */
      start: (block: string) => {
        const child = spawn('bash', ['-euc', script(block)], { ...options, detached: true, stdio: 'ignore' });
        if (child.pid !== undefined) started.push(child.pid);
      },
      /** Waits until a program listens. */
      listens: (port: number) => vi.waitFor(() => connectTo(port), EVENTUALLY),
    };
  });

describe('docs/process/conformance.md', () => {
  test('has every case with its title, what the kit does, and its rule', () => {
    const rows = [...PAGE.matchAll(/^\| `([a-z0-9-]+)` \| (.*) \| (.*) \| \[(.*)\]\((.*)\) \|$/gm)].map(
      ([, id, title, does, heading, link]) => ({ id, title, does, heading, page: `docs/process/${link}` }),
    );
    expect(rows).toEqual(CASES.map(({ does, id, rule, title }) => ({ id, title, does, ...rule })));
  });

  test('has shell blocks that do what the page says', async ({ folder, shell }) => {
    const [startProcessor = '', run = '', serve = '', byHand = '', reports = '', ...others] = blocksOf('sh');
    expect(others).toEqual([]);
    writeFileSync(join(folder, 'processor.mjs'), shell.adapt(blocksOf('js')[0] ?? ''));
    shell.start(startProcessor);
    await shell.listens(shell.ports[9000]);
    expect(await shell.run(run)).toContain(
      'Grade C with carrier header and proof none: 18 passed, 0 failed, 3 skipped.',
    );

    shell.start(serve);
    await shell.listens(shell.ports[8090]);
    // curl prints the answer to each attempt.
    const [answer = '', report = ''] = (await shell.run(byHand)).trim().split('\n').slice(-2);
    expect(JSON.parse(answer)).toMatchObject({ status: 'succeeded' });
    expect(JSON.parse(report).cases).toContainEqual(expect.objectContaining({ id: 'retry-503', verdict: 'passed' }));

    expect(await shell.run(reports)).toContain('| passed | `retry-503` |');
    expect(readFileSync(join(folder, 'conformance.xml'), 'utf8')).toContain('tests="2" failures="0"');
  });

  test('shows a report as the kit writes it', async () => {
    const shown = JSON.parse(blocksOf('json').at(-1) ?? '');
    expect(readReport(JSON.stringify(shown))).toEqual(shown);
    const { rule, why } = CASES.find(({ id }) => id === 'method') as (typeof CASES)[number];
    expect(shown.cases[0]).toMatchObject({ why, rule: rule.page });
  });
});
