import { expect } from 'vitest';
import { test as base, TASK } from '../../support/sender-services.ts';

const REQUEST = { processor: 'header-ocr', resource: 'invoice-77', expiresIn: 7200, idempotencyKey: 'key' };
const EVENT = { ...REQUEST, input: { document: 'https://scans.example.com/77' } };

const test = base.extend('opener', async ({ services: _services }) => {
  const { handler } = await import('../../../docs/send/examples/state-machine/opener.ts');
  return handler;
});

test('sends the request without input, gives the callbacks to the processor, and returns nothing', async ({
  opener,
  services,
}) => {
  expect(await opener(EVENT)).toBeUndefined();
  expect(services.opened).toEqual([REQUEST]);
  expect(services.ordered).toEqual([{ document: EVENT.input.document, callbacks: TASK.callbacks }]);
});

test('throws an error that has the code of the refusal as its name', async ({ opener, services }) => {
  services.refusals.push('too_many_pending');
  await expect(opener(EVENT)).rejects.toMatchObject({ name: 'too_many_pending', message: '{"code":"…"}' });
  expect(services.ordered).toEqual([]);
});

test('gives no work to the processor if the task has ended', async ({ opener, services }) => {
  services.answers.push({ ...TASK, status: 'succeeded', callbacks: {} });
  await opener(EVENT);
  expect(services.ordered).toEqual([]);
});

test.for([
  [503, 'ProcessorUnavailable'],
  [429, 'ProcessorUnavailable'],
  [400, 'ProcessorRefused'],
] as const)('throws an error by name if the processor answers %i: %s', async ([status, name], { opener, services }) => {
  services.statuses.push(status);
  await expect(opener(EVENT)).rejects.toMatchObject({ name });
});
