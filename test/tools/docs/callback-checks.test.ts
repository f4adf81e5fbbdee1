import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOutcomeCode, OUTCOMES } from '../../../lambda/contract/outcomes.ts';
import { ANY_STEP, STEPS } from '../../../tools/docs/callback-checks.ts';
import { ROOT, readText } from '../../../tools/docs/files.ts';

/** The files that call the steps. */
const PIPELINE: readonly string[] = [
  'lambda/functions/receive/receive-callback.ts',
  'lambda/functions/receive/checks/authenticate.ts',
];

const filesOf = ({ also = [], checks }: (typeof STEPS)[number]): readonly string[] => [
  ...checks.map(({ file }) => file),
  ...also,
];

const FILES = [...new Set(STEPS.flatMap(filesOf))];
const CHECKS = STEPS.flatMap(({ checks }) => checks);

/** Codes that a file refuses with, as its source has them. */
const codesIn = (file: string): readonly string[] =>
  [...readText(file).matchAll(/\brefuse\w*\(\s*'(\w+)'/g)].map(([, code = '']) => code);

/** Steps that comments say they are: a comment that begins with "Step 9", "Steps 5 and 6" or "Creates steps 1 to 6". */
const stepsNamedIn = (source: string): readonly number[] =>
  [...source.matchAll(/^\s*(?:\/\*\*|\*|\/\/) (?:Creates )?steps? (\d+)(?: (to|and) (\d+))?/gim)].flatMap(
    ([, first, word, last]) => {
      const [from, to] = [Number(first), Number(last ?? first)];
      return word === 'and' ? [from, to] : Array.from({ length: to - from + 1 }, (_, i) => from + i);
    },
  );

/** Sources of functions, without those of the handshake: its protocol numbers four other steps. */
const SOURCES = readdirSync(`${ROOT}lambda`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('functions/handshake/'))
  .map((file) => `lambda/${file}`);

describe('docs/reference/callback-checks.md', () => {
  it('has ten steps', () => {
    expect(STEPS).toHaveLength(10);
  });

  it.each(FILES)('names the file %s, which exists', (file) => {
    expect(existsSync(`${ROOT}${file}`)).toBe(true);
  });

  it('has every outcome of a callback, and no other', () => {
    const ofCallbacks = Object.entries(OUTCOMES).filter(([, { metric }]) => metric !== null);
    const listed = new Set([...CHECKS.flatMap(({ refusals }) => refusals), ...ANY_STEP]);
    expect([...listed].sort()).toEqual(ofCallbacks.map(([code]) => code).sort());
  });

  it.each(CHECKS.map(({ check, file, refusals }) => [file, check.slice(0, 40), refusals] as const))(
    'gives %s only refusals that are in its source: %s',
    (file, _, refusals) => {
      const source = readText(file);
      expect(refusals.filter((code) => !source.includes(`'${code}'`))).toEqual([]);
    },
  );

  it.each(FILES)('has every refusal of %s', (file) => {
    const listed = CHECKS.filter((check) => check.file === file).flatMap(({ refusals }) => refusals);
    const missing = codesIn(file).filter(
      (code) => isOutcomeCode(code) && ![...listed, ...ANY_STEP].includes(code as never),
    );
    expect(missing).toEqual([]);
  });

  it.each(SOURCES.filter((file) => !PIPELINE.includes(file) && stepsNamedIn(readText(file)).length > 0))(
    'lists %s at each step that its comments name',
    (file) => {
      const missing = stepsNamedIn(readText(file)).filter((step) => {
        const listed = STEPS[step - 1];
        return listed === undefined || !filesOf(listed).includes(file);
      });
      expect(missing).toEqual([]);
    },
  );

  it('finds the steps in the forms that comments use', () => {
    expect(
      stepsNamedIn('/** Step 9: a */\n  /** Steps 7 to 9. */\n   * Creates steps 5 and 6\n// See step 3.'),
    ).toEqual([9, 7, 8, 9, 5, 6]);
    expect(SOURCES.filter((file) => stepsNamedIn(readText(file)).length > 0).length).toBeGreaterThan(4);
  });
});
