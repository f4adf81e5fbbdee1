import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect, vi } from 'vitest';
import { runPostern, startPostern } from '../../support/command-line.ts';
import { startBreakable } from '../../support/conformance/kit.ts';
import { EVENTUALLY } from '../../support/patience.ts';

const test = base
  .extend('folder', ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-conformance-'));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  })
  .extend('starts', { scope: 'file' }, async ({}, { onCleanup }) => {
    const processors = await startBreakable([{}, { defect: 'uses-put' }]);
    onCleanup(() => processors.stop());
    return processors.starts.map(({ href }) => href);
  });

const run = (start: string | undefined, ...words: readonly string[]) =>
  runPostern(['conformance', 'run', '--start', `${start}`, ...words]);

describe('postern conformance run', () => {
  test('ends with 0 if every case passed, and prints the report as JSON for -o json', async ({ starts }) => {
    const { code, stdout } = await run(starts[0], '--case', 'method,url-exact', '-o', 'json');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { grade: 'C', passed: 2, failed: 0 }]);
  });

  test('ends with 1 if a case failed, and writes the report for its owner alone', async ({ folder, starts }) => {
    const file = join(folder, 'report.xml');
    const { code, stdout } = await run(starts[1], '--case', 'method', '--format', 'junit', '--out', file);
    expect([code, stdout]).toEqual([1, '']);
    expect(readFileSync(file, 'utf8')).toContain('<failure message="A request came with PUT."');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('ends with 6 if nothing listens at the start URL', async () => {
    const { code, stderr } = await run('http://127.0.0.1:1/start', '--case', 'method');
    expect([code, stderr]).toEqual([6, expect.stringContaining('127.0.0.1:1 cannot be reached')]);
  });

  test('fails a case if the start URL answers anything but 2xx', async ({ starts }) => {
    const gateway = startPostern(['conformance', 'serve', '--case', 'method']);
    const origin = await vi.waitFor(() => originOf(gateway.noted()), EVENTUALLY);
    const { code, stdout } = await run(`${origin}/nothing`, '--case', 'method');
    expect([code, stdout]).toEqual([1, expect.stringContaining('The start URL answered 404; expected 2xx.')]);
    gateway.interrupt();
    await gateway.ended;
    expect(starts).toHaveLength(2);
  });

  test.for([
    ['--start', 'ftp://127.0.0.1/'],
    ['--case', 'retry-504'],
    ['--quiet-wait', '0s'],
    ['--quiet-wait', '3601s'],
    ['--delivery-wait', '86401s'],
    ['--retry-wait', '0'],
    ['--retry-after', '301'],
    ['--parallel', '0'],
    ['--parallel', '22'],
    ['--content-type', 'pdf'],
    ['--logs', '/nowhere/output.log'],
    ['--proof', 'dpop'],
  ])('ends with 2 for %s %s', async ([flag, value], { starts }) => {
    const words = flag === '--start' ? [] : [`${flag}`, `${value}`];
    const { code } = await run(flag === '--start' ? value : starts[0], '--case', 'method', ...words);
    expect(code).toBe(2);
  });

  test('accepts the waits and numbers at their limits', async ({ starts }) => {
    const limits = ['--quiet-wait', '3600s', '--delivery-wait', '1d', '--retry-wait', '1s', '--retry-after', '300'];
    const { code } = await run(starts[0], '--case', 'method', '--parallel', '21', ...limits);
    expect(code).toBe(0);
  });
});

interface ServedCallback {
  readonly token: string;
  readonly url: string;
}

/** Asks the kit for a case. */
const askCase = async (url: string, method: string) =>
  (await (await fetch(url, { method })).json()) as { readonly callbacks: { readonly result: ServedCallback } };

/** Verdict of the first case, so far. */
const firstVerdict = async (origin: string): Promise<string | undefined> => {
  const report = (await (await fetch(`${origin}/report`)).json()) as {
    readonly cases: readonly { readonly verdict: string }[];
  };
  return report.cases[0]?.verdict;
};

const originOf = (noted: string): string => {
  const [origin] = /http:\/\/127\.0\.0\.1:\d+(?=\/cases)/.exec(noted) ?? [];
  if (origin === undefined) throw new Error('It does not listen yet.');
  return origin;
};

describe('postern conformance serve', () => {
  test('prints callbacks, starts a case again, and reports after Ctrl-C what was tried', async ({ folder }) => {
    const file = join(folder, 'report.json');
    const words = ['--case', 'method,stop-409', '--format', 'json', '--out', file];
    const kit = startPostern(['conformance', 'serve', ...words]);
    const origin = await vi.waitFor(() => originOf(kit.noted()), EVENTUALLY);
    const printed = JSON.parse(/\{"callbacks".*\}/.exec(kit.said())?.[0] ?? '');
    const earlier = await askCase(`${origin}/cases/method`, 'GET');
    expect(earlier.callbacks).toEqual(printed.callbacks);

    const send = ({ token, url }: ServedCallback, method: string) =>
      fetch(url, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
        body: 'page 1',
      });
    await send(earlier.callbacks.result, 'PUT');
    expect(await firstVerdict(origin)).toBe('failed');
    const later = await askCase(`${origin}/cases/method`, 'POST');
    await send(later.callbacks.result, 'POST');
    await vi.waitFor(async () => expect(await firstVerdict(origin)).toBe('passed'), EVENTUALLY);

    kit.interrupt();
    const { code, stderr } = await kit.ended;
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('eyJ')]);
    expect(JSON.parse(readFileSync(file, 'utf8')).cases).toMatchObject([
      { id: 'method', verdict: 'passed' },
      { id: 'stop-409', verdict: 'skipped', seen: 'The case was not tried.' },
    ]);
  });

  test('ends by itself when every case is judged', async () => {
    const kit = startPostern(['conformance', 'serve', '--case', 'method']);
    await vi.waitFor(() => originOf(kit.noted()), EVENTUALLY);
    const { callbacks } = JSON.parse(/\{"callbacks".*\}/.exec(kit.said())?.[0] ?? '');
    await fetch(callbacks.result.url, { method: 'DELETE' });
    const { code, stdout } = await kit.ended;
    expect([code, stdout]).toEqual([1, expect.stringContaining('A request came with DELETE.')]);
  });
});

describe('postern conformance report', () => {
  test('turns the JSON of a run into another format', async ({ folder, starts }) => {
    const file = join(folder, 'report.json');
    await run(starts[1], '--case', 'method', '--format', 'json', '--out', file);
    const { code, stdout } = await runPostern(['conformance', 'report', file, '--format', 'markdown']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('| failed | `method` |')]);
  });
});
