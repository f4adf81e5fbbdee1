import { describe, expect } from 'vitest';
import { JOURNEYS } from '../../support/console-journeys.ts';
import { anHttpVisitor } from '../../support/http-visitor.ts';
import { aRunningSender } from '../../support/running-sender.ts';
import { test as base } from './gateway-fixtures.ts';

const test = base
  .extend('sender', { scope: 'file' }, ({ ready }) => aRunningSender(ready))
  .extend('signIn', { scope: 'file' }, ({ ready }) => async (person: string) => {
    const visitor = anHttpVisitor(ready.gateway);
    expect((await visitor.signIn(person)).heading).toBe(person === 'guest' ? 'No access' : 'Overview');
    return visitor;
  })
  .extend('operator', { scope: 'file' }, ({ signIn }) => signIn('operator'))
  .extend('colleague', { scope: 'file' }, ({ signIn }) => signIn('operator2'));
test.override('options', ['--seed']);

describe('over HTTP, as a browser without script', () => {
  test.for(JOURNEYS)('$title', async ({ walk }, { colleague, operator, sender }) => {
    await walk(operator, { colleague, sender });
  });
});
