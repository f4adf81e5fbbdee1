import { describe, expect } from 'vitest';
import type { EventOverrides } from '../../../support/alb-event.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import type { PayloadStore } from '../../../../lambda/functions/receive/store/payload-store.ts';
import { aReceiver, type OpenTask, putTask, readTask, readUse } from '../../../support/receiver.ts';
import { aProcessor, REGISTRY, registryOf } from '../../../support/registry.ts';

/** Takes large payloads and forgets them: what is stored is not what these tests are about. */
const FORGETFUL: PayloadStore = {
  put: async () => undefined,
  presignUpload: async () => ({ url: 'https://bucket.example/object', headers: {} }),
};

/** A schema that refers to itself: as deep as the payload is. */
const TREE = { $id: 'tree', type: 'array', items: { $ref: 'tree' } } as const;

const errorsOf = (answer: { readonly json: unknown }) => (answer.json as { readonly errors?: unknown }).errors;

const UTF8_BOM = Uint8Array.of(0xef, 0xbb, 0xbf);
const bytes = (...parts: readonly (string | Uint8Array)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));

const test = base
  .extend('receiver', ({ key, store }) =>
    aReceiver({
      store,
      keys: [key],
      payloads: FORGETFUL,
      registry: {
        ...REGISTRY,
        ...registryOf(aProcessor({ id: 'tree-ocr', contentTypes: ['application/json'], schema: TREE })),
      },
    }),
  )
  .extend(
    'deliver',
    ({ receiver }) =>
      (
        task: OpenTask,
        body: string | Uint8Array,
        contentType: string | null = 'application/json',
        capability: 'result' | 'failure' = 'result',
        more: EventOverrides['headers'] = {},
      ) =>
        receiver.deliver({
          path: task.path(capability),
          headers: {
            'content-type': contentType ?? undefined,
            authorization: `Bearer ${task.tokens[capability]}`,
            ...more,
          },
          body,
        }),
  )
  /** The token still works: the right payload is taken. */
  .extend(
    'expectUnused',
    ({ deliver, store }) =>
      async (task: OpenTask, capability: 'result' | 'failure' = 'result') => {
        expect(await readUse(store, task.jtis[capability])).toBeUndefined();
        expect(await readTask(store, task.taskId)).toMatchObject({ status: 'pending', sequence: 1 });
        expect((await deliver(task, '{"text":"right"}', 'application/json', capability)).status).toBe(200);
      },
  );

describe('a result of 0 bytes', () => {
  test.for<[string | null]>([['application/json'], ['text/plain'], ['application/pdf'], [null]])(
    'gets 422 as %s, and the token still delivers the right one',
    async ([contentType], { deliver, expectUnused, key, store }) => {
      const task = await putTask(store, key, { processor: 'header-ocr' });
      const answer = await deliver(task, new Uint8Array(0), contentType);
      expect(answer).toBeRefusedWith('payload_invalid');
      expect(errorsOf(answer)).toEqual([
        { pointer: '', detail: 'must not be empty: a result of this processor has 1 byte at least' },
      ]);
      await expectUnused(task);
    },
  );

  test.for(['text/plain', 'application/json'])(
    'is accepted as %s if the processor has allowEmptyResult, without a check as JSON',
    async (contentType, { deliver, key, store }) => {
      const task = await putTask(store, key, { processor: 'blank-ocr' });
      expect((await deliver(task, '', contentType)).status).toBe(200);
      expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded', result: { size: 0 } });
    },
  );

  test('gets 422 with the token in the path too', async ({ expectUnused, key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'acme-ocr' });
    expect(await receiver.deliver({ path: `${task.path('result')}/${task.tokens.result}`, body: '' })).toBeRefusedWith(
      'payload_invalid',
    );
    await expectUnused(task);
  });
});

test.for(['text/plain', 'application/json'])(
  'accepts a failure of 0 bytes sent as %s',
  async (contentType, { deliver, key, store }) => {
    const task = await putTask(store, key, { processor: 'header-ocr' });
    expect((await deliver(task, '', contentType, 'failure')).status).toBe(200);
  },
);

const NOT_JSON: readonly (readonly [string, Uint8Array])[] = [
  ['text', bytes('Total 42.00')],
  ['a value that ends too early', bytes('{"text":')],
  ['two values', bytes('{} {}')],
  ['a comma too many', bytes('[1,]')],
  ['a quote of another kind', bytes("{'a':1}")],
  ['a name without quotes', bytes('{a:1}')],
  ['a comment', bytes('{} // done')],
  ['NaN', bytes('NaN')],
  ['a number with a leading zero', bytes('01')],
  ['a line feed within a string', bytes('"a\nb"')],
  ['blanks alone', bytes(' \r\n')],
  ['a byte order mark before the value', bytes(UTF8_BOM, '{}')],
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
  ['Latin-1', Buffer.from('{"town":"Zürich"}', 'latin1')],
  ['a surrogate in UTF-8', bytes('"', Uint8Array.of(0xed, 0xa0, 0x80), '"')],
  ['a longer form of a character', bytes('"', Uint8Array.of(0xc0, 0xaf), '"')],
  ['a megabyte of brackets that are never closed', bytes('['.repeat(1_048_576))],
];

describe('a payload with a JSON type that is not JSON', () => {
  test.for(NOT_JSON)(
    'H3 gets 422, and the token still delivers the right one: %s',
    async ([_name, body], { deliver, expectUnused, key, store }) => {
      const task = await putTask(store, key, { processor: 'header-ocr' });
      const answer = await deliver(task, body);
      expect(answer).toBeRefusedWith('payload_invalid');
      expect(errorsOf(answer)).toEqual([
        { pointer: '', detail: 'must be one JSON value in UTF-8, without a byte order mark' },
      ]);
      await expectUnused(task);
    },
  );

  test.for([
    'application/json; charset=latin1',
    'Application/JSON',
    'application/hal+json',
    'application/hal+json;a=b',
  ])('is refused as %s', async (contentType, { deliver, expectUnused, key, store }) => {
    const task = await putTask(store, key, { processor: 'hal-ocr' });
    expect(await deliver(task, 'not JSON', contentType)).toBeRefusedWith('payload_invalid');
    await expectUnused(task);
  });

  test('is refused as a failure too', async ({ deliver, expectUnused, key, store }) => {
    const task = await putTask(store, key, { processor: 'header-ocr' });
    expect(await deliver(task, 'page 3', 'application/json', 'failure')).toBeRefusedWith('payload_invalid');
    await expectUnused(task, 'failure');
  });

  test.for(['result', 'failure'] as const)(
    'is accepted as a %s if checkJson is false',
    async (capability, { deliver, key, store }) => {
      const task = await putTask(store, key, { processor: 'empty-ocr' });
      expect((await deliver(task, 'not JSON', 'application/json', capability)).status).toBe(200);
    },
  );

  test.for<[string | null]>([['text/plain'], ['application/pdf'], [null]])(
    'is accepted as %s, which is not a JSON type',
    async ([type], { deliver, key, store }) => {
      const task = await putTask(store, key, { processor: 'header-ocr' });
      expect((await deliver(task, 'not JSON', type)).status).toBe(200);
    },
  );
});

test.for([
  ['an object', '{"text":"x"}'],
  ['null', 'null'],
  ['a number with blanks around it', ' \r\n\t1 \n'],
  ['a member twice', '{"a":1,"a":2}'],
  ['half of a pair of surrogates, escaped', '"\\ud800"'],
  ['a number that no float holds', '1e400'],
  ['a member that objects inherit', '{"__proto__":{"a":1},"constructor":1}'],
  ['half a million arrays, one in another', '['.repeat(524_288) + ']'.repeat(524_288)],
  ['as many objects as fit, one in another', `${'{"a":'.repeat(170_000)}1${'}'.repeat(170_000)}`],
] as const)('accepts JSON: %s', async ([_name, body], { deliver, key, store }) => {
  const task = await putTask(store, key, { processor: 'header-ocr' });
  expect((await deliver(task, body)).status).toBe(200);
});

test('answers 422, not 503, to a payload that is nested too deeply for its schema', async ({ deliver, key, store }) => {
  const task = await putTask(store, key, { processor: 'tree-ocr' });
  const answer = await deliver(task, '['.repeat(500_000) + ']'.repeat(500_000));
  expect(answer).toBeRefusedWith('payload_invalid');
  expect(errorsOf(answer)).toEqual([{ pointer: '', detail: 'is nested too deeply for the schema' }]);
  expect((await deliver(task, '[[]]')).status).toBe(200);
});

test('compares the whole payload if the value of sameBy is nested too deeply', async ({ deliver, key, store }) => {
  const task = await putTask(store, key, { processor: 'stamped-ocr' });
  const deep = `{"invoice":${'['.repeat(200_000)}${']'.repeat(200_000)},"at":`;
  expect((await deliver(task, `${deep}1}`)).status).toBe(200);
  expect((await deliver(task, `${deep}1}`)).headers['Idempotency-Replayed']).toBe('true');
  expect(await deliver(task, `${deep}2}`)).toBeRefusedWith('token_replayed');
});

describe('415', () => {
  test('lists the content types of the processor at step 9, and the token still works', async ({
    deliver,
    expectUnused,
    key,
    store,
  }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    const answer = await deliver(task, 'x', 'text/plain');
    expect(answer).toBeRefusedWith('content_type_refused');
    expect(errorsOf(answer)).toEqual([
      { pointer: '', message: expect.stringMatching(/\S/), accepted: ['application/json'] },
    ]);
    await expectUnused(task);
  });

  test('lists nothing at step 1, because the processor is not known yet', async ({ deliver, key, store }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    const answer = await deliver(task, 'x', 'text/html');
    expect(answer).toBeRefusedWith('content_type_refused');
    expect(errorsOf(answer)).toBeUndefined();
  });
});
