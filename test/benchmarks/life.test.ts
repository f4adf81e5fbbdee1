import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openLifeWorld, type Usage } from '../../benchmarks/harness/life.ts';
import { EXPIRY_STEPS, live, measureExpiry, STEPS, type StepName } from '../../benchmarks/harness/life-steps.ts';
import { scope } from '../../benchmarks/harness/scope.ts';

const page = readFileSync(new URL('../../docs/reference/performance.md', import.meta.url), 'utf8').replace(
  /^[\s\S]*^## Billed units of a whole life$/m,
  '',
);

/** Cells of a row of the page. */
const published = (name: string): readonly number[] => {
  const line = page.split('\n').find((each) => each.startsWith(`| ${name} |`)) ?? '';
  return line.split(' | ').slice(1).map(Number.parseFloat);
};

test('each step of a life uses the units of the page, by the shipped functions', async () => {
  await scope(async (defer) => {
    const world = await openLifeWorld(defer, 64 * 1_024);
    // The first requests of a process also read its keys.
    await live(world, 256);
    const small = await live(world, 256);
    const usual = await live(world, 1_024);
    for (const name of Object.keys(STEPS) as StepName[]) {
      const [ofSmall, ofUsual, , , readUnits = 0, requests = 0, logBytes] = published(STEPS[name]);
      const { [name]: measured } = usual;
      expect([small[name].writeUnits, measured.writeUnits], STEPS[name]).toEqual([ofSmall, ofUsual]);
      // A list reads a few tasks more or less: it depends on their shards.
      expect(measured.readUnits, STEPS[name]).toBeCloseTo(readUnits, 0);
      expect(measured.requests, STEPS[name]).toBeCloseTo(requests, 0);
      // Digits of durations.
      expect(Math.abs(measured.logBytes - (logBytes ?? 0)), STEPS[name]).toBeLessThan(15);
    }
    expect([small.opened.writeUnits, small.delivered.writeUnits, usual.delivered.writeUnits]).toEqual([4, 4, 6]);

    const { expired, passed } = await measureExpiry(world);
    const unitsOf = ({ readUnits, writeUnits }: Usage) => [writeUnits, readUnits];
    for (const [name, usage] of [
      [EXPIRY_STEPS.expired, expired],
      [EXPIRY_STEPS.passed, passed],
    ] as const) {
      const [writeUnits, , , , readUnits] = published(name);
      expect(unitsOf(usage), name).toEqual([writeUnits, readUnits]);
    }
  });
});
