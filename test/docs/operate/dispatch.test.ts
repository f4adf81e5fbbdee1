import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { type ProcessorSettings, presets } from '../../../cdk/index.ts';
import { SECRET_CACHE_SECONDS } from '../../../lambda/contract/call-limits.ts';
import { DISPATCH_FAILURES, DISPATCH_STATES, DISPATCH_STOPS, PLACEHOLDERS } from '../../../lambda/contract/dispatch.ts';
import {
  DISPATCH_CONCURRENCY,
  DISPATCH_DELAYS,
  GONE,
  MAX_DISPATCH_ISSUES,
  MAX_RETRY_AFTER_SECONDS,
  MAX_UNCOUNTED_ATTEMPTS,
} from '../../../lambda/contract/dispatch-limits.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { test } from '../../support/unit-fixtures.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const PAGE = read('docs/operate/dispatch.md');
const LIFECYCLE = read('docs/concepts/lifecycle.md');

const [entry = '', withPresets = ''] = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

const it = test
  /** Runs a program of the page as it stands, below the project, where a reader's packages are found. */
  .extend('run', ({}, { onCleanup }) => {
    mkdirSync(join(ROOT, '.build'), { recursive: true });
    const folder = mkdtempSync(join(ROOT, '.build', 'dispatch-page-'));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return async (code: string): Promise<Record<string, unknown>> => {
      const file = join(folder, 'page.ts');
      writeFileSync(file, code);
      return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    };
  });

const registryOf = (processors: Readonly<Record<string, ProcessorSettings>>) =>
  readEnvironment('test', anAwsEnvironment({ processors })).registry;

describe('docs/operate/dispatch.md', () => {
  it('has an entry that an environment accepts', async ({ run }) => {
    const { acmeOcr } = await run(entry);
    const sent = registryOf({ 'acme-ocr': acmeOcr as ProcessorSettings })['acme-ocr']?.dispatch;
    expect(sent).toMatchObject({
      headers: { Authorization: { secret: 'postern/prod/acme', format: 'Bearer {}' } },
      retry: { delays: [5, 30, 120, 600], leastTime: 600 },
      ratePerSecond: 5,
    });
  });

  it('has entries of presets that an environment accepts, with settings beside them', async ({ run }) => {
    const { processors } = await run(withPresets);
    const registry = registryOf(processors as Readonly<Record<string, ProcessorSettings>>);
    expect(registry['replicate-ocr']?.dispatch).toMatchObject({ concurrency: 5, remoteId: '/id', timeout: 10 });
    expect(registry['own-ocr']?.dispatch?.sign).toEqual({ kind: 'http_signature' });
  });

  it('names every preset and every placeholder', () => {
    for (const name of [...Object.keys(presets), ...PLACEHOLDERS.map((each) => `{{${each}}}`)]) {
      expect(PAGE).toContain(`\`${name}\``);
    }
  });

  it('has the limits of the contract', () => {
    for (const text of [
      `keeps each value for ${SECRET_CACHE_SECONDS.fresh / 60} minutes`,
      `does not count, at most ${MAX_UNCOUNTED_ATTEMPTS} times`,
      `410 for ${GONE.tasks} tasks within ${GONE.seconds / 60} minutes`,
      `further attempts, at most ${DISPATCH_DELAYS.count} `,
      `at the same time, at least ${DISPATCH_CONCURRENCY.min}.`,
    ]) {
      expect(PAGE).toContain(text);
    }
    expect(MAX_RETRY_AFTER_SECONDS).toBe(3_600);
    expect(PAGE).toContain('A longer `Retry-After` counts, up to an hour');
  });
});

describe('docs/concepts/lifecycle.md', () => {
  it('has every state and reason of a dispatch, and the limit of its issues', () => {
    const names = [...DISPATCH_STATES, ...DISPATCH_FAILURES, ...DISPATCH_STOPS, 'AnswerUnknown'];
    expect(names.filter((name) => !LIFECYCLE.includes(`\`${name}\``))).toEqual([]);
    expect(LIFECYCLE).toContain(`at most ${MAX_DISPATCH_ISSUES} issues`);
  });
});
