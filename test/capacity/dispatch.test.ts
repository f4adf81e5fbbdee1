import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DISPATCH_RATES, dispatchCapacity, dispatchTable, MAX_DISPATCH_RATE } from '../../capacity/dispatch.ts';

const page = readFileSync(new URL('../../docs/reference/capacity.md', import.meta.url), 'utf8');

describe('the capacity of dispatch', () => {
  it('needs as many executions as attempts overlap, up to the most of a mapping', () => {
    expect(DISPATCH_RATES.map((rate) => dispatchCapacity(rate).executions)).toEqual([6, 560, 5_600]);
    expect(DISPATCH_RATES.map((rate) => dispatchCapacity(rate).isPossible)).toEqual([true, true, false]);
    expect(MAX_DISPATCH_RATE).toBe(1_785);
  });

  it('needs more shards only above the default of 16', () => {
    expect(DISPATCH_RATES.map((rate) => dispatchCapacity(rate).shards)).toEqual([16, 16, 20]);
  });

  it('is on the page', () => {
    expect(page).toContain(dispatchTable());
    expect(page).toContain('1,785');
  });
});
