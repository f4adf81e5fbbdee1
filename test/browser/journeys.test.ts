import { describe, expect } from 'vitest';
import { JOURNEYS } from '../support/console-journeys.ts';
import { test as base } from './fixtures.ts';

const test = base
  .extend('operator', { scope: 'file' }, ({ signIn }) => signIn('operator'))
  .extend('operatorWithoutScript', { scope: 'file' }, ({ signIn }) => signIn('operator', { javaScriptEnabled: false }));

describe.for(JOURNEYS)('$title', ({ walk }) => {
  test('with script', async ({ colleague, operator, sender }) => {
    await walk(operator, { colleague, sender });
    expect(operator.faults).toEqual([]);
  });

  test('without script', async ({ colleague, operatorWithoutScript, sender }) => {
    await walk(operatorWithoutScript, { colleague, sender });
    expect(operatorWithoutScript.faults).toEqual([]);
  });
});
