import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SAMPLE } from '../../capacity/key-distribution.ts';
import { MEASURED } from '../../capacity/measured.ts';
import { estimate } from '../../capacity/model.ts';
import { capacityTables } from '../../capacity/tables.ts';

const page = readFileSync(new URL('../../docs/reference/capacity.md', import.meta.url), 'utf8');
const estimated = estimate();

test.each(capacityTables(estimated).map((text) => [text.slice(0, 60), text]))(
  'the page has the table of `npm run capacity` that begins %s',
  (_, text) => {
    expect(page, 'copy the output of `npm run capacity` into the page').toContain(`\n\n${text}\n\n`);
  },
);

test('the keys of the sample are as even as random ones', () => {
  for (const { counts, deviation } of Object.values(estimated.keys)) {
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(SAMPLE.tasks);
    expect(Math.abs(deviation)).toBeLessThan(3);
  }
});

test.each([
  ['a callback, CPU time, µs', MEASURED.callback],
  ['a task created, CPU time, µs', MEASURED.creation],
  ['a task expired, CPU time, µs', MEASURED.expiry],
  ['a change published, CPU time, µs', MEASURED.change],
])('the model uses the published measurement of %s', (name, milliseconds) => {
  const [, large = ''] = new RegExp(`^\\| ${name} \\| [^|]+ \\| [^|]+ \\| ([\\d,]+) `, 'm').exec(page) ?? [];
  expect(Number(large.replaceAll(',', ''))).toBe(milliseconds * 1_000);
});

test('the model uses the published measurement of a look of `expire`', () => {
  expect(page).toContain(`A look takes ${MEASURED.look * 1_000} µs of CPU time`);
});
