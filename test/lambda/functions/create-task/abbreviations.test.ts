import { describe, expect } from 'vitest';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';

const SHORT = {
  p: 'acme-ocr',
  reso: 'invoice-77',
  e: 3_600,
  o: 'user-12',
  cal: ['result'],
  car: 'header',
  m: { p: 1 },
};

const test = base
  .extend('open', ({ sender }) => sender.opener({ abbreviations: true }))
  .extend(
    'post',
    ({ open }) =>
      (body: object, headers: Record<string, string> = {}, path = '/v1/tasks') =>
        open.send({ path, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
  );

describe('shortened names of a body', () => {
  test('stand for the full name, except in metadata', async ({ post, sender }) => {
    const answer = await post(SHORT);
    expect(answer.status).toBe(201);
    expect(await readTask(sender.store, (answer.json as Opened).taskId)).toMatchObject({
      processor: 'acme-ocr',
      resource: 'invoice-77',
      owner: 'user-12',
      carrier: 'header',
      metadata: '{"p":1}',
    });
  });

  test.for<[string, object, string]>([
    ['/c', { ...SHORT, c: 1 }, 'callbacks or carrier'],
    ['/r', { ...SHORT, r: 1 }, 'resource or resume'],
    ['/x', { ...SHORT, x: 1 }, '"x"'],
    ['/resources', { ...SHORT, resources: 1 }, '"resources"'],
    ['/proc', { ...SHORT, proc: 'acme-ocr' }, 'processor'],
    ['/__proto__', JSON.parse('{"p":"acme-ocr","reso":"r","e":60,"__proto__":1}'), '"__proto__"'],
  ])('get 400 if they mean several, none, or one twice: %s', async ([pointer, body, named], { post }) => {
    const answer = await post(body);
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ pointer, detail: expect.stringContaining(named) }] });
  });

  test('are named as they were sent when their value is wrong', async ({ post }) => {
    const answer = await post({ ...SHORT, e: 1, cal: ['result', 'x'] });
    expect(answer.json).toMatchObject({ errors: [{ pointer: '/e' }, { pointer: '/cal/1' }] });
    expect((await post({ p: 'acme-ocr', reso: 'r' })).json).toMatchObject({ errors: [{ pointer: '/expiresIn' }] });
  });

  test('are accepted for issuing callbacks again', async ({ post }) => {
    const { taskId } = (await post(SHORT)).json as Opened;
    const answer = await post({ cal: ['failure'], e: 60 }, {}, `/v1/tasks/${taskId}/callbacks`);
    expect(Object.keys((answer.json as Opened).callbacks)).toEqual(['failure']);
  });

  test('make another JSON value for an Idempotency-Key', async ({ post }) => {
    const key = { 'Idempotency-Key': 'abbreviated' };
    expect((await post({ p: 'acme-ocr', reso: 'invoice-77', e: 3_600 }, key)).status).toBe(201);
    expect(await post(aTaskBody(), key)).toBeRefusedWith('idempotency_conflict');
  });

  test('are unknown in an environment that does not accept them', async ({ sender }) => {
    const strict = sender.opener();
    const headers = { 'content-type': 'application/json' };
    const answer = await strict.send({
      path: '/v1/tasks',
      body: JSON.stringify({ ...aTaskBody(), o: 'user' }),
      headers,
    });
    expect(answer.json).toMatchObject({ code: 'request_invalid', errors: [{ pointer: '/o' }] });
  });
});
