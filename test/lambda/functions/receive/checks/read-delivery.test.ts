import { describe, expect, test } from 'vitest';
import type { Capability } from '../../../../../lambda/contract/capabilities.ts';
import type { Processor } from '../../../../../lambda/contract/registry.ts';
import type { Schemas } from '../../../../../lambda/functions/receive/checks/json-schema.ts';
import { readDelivery } from '../../../../../lambda/functions/receive/checks/read-delivery.ts';
import { sha256 } from '../../../../../lambda/functions/receive/delivery.ts';
import { anAuthenticatedCallback } from '../../../../support/authenticated-callback.ts';
import { aProcessor, TEXT_SCHEMA } from '../../../../support/registry.ts';
import { NOW } from '../../../../support/tokens.ts';

const AT = new Date(NOW * 1000).toISOString();

interface Delivered {
  readonly processor?: Partial<Processor>;
  readonly type?: string;
  readonly schemas?: () => Schemas;
}

const deliver = (
  capability: Capability,
  body: string | Uint8Array,
  { processor, schemas = () => ({}), type = 'application/json' }: Delivered = {},
) =>
  readDelivery(
    anAuthenticatedCallback({
      capability,
      processor: aProcessor({ id: 'acme-ocr', ...processor }),
      event: { body, headers: { 'content-type': type } },
    }),
    schemas,
  );

const invalid = (pointer: string, detail: string) => ({
  kind: 'refusal',
  code: 'payload_invalid',
  reason: '1 errors',
  errors: [{ pointer, detail }],
});

const NOT_JSON = invalid('', 'must be one JSON value in UTF-8, without a byte order mark');

describe('the payload of a result or failure', () => {
  test('has its bytes, content type as sent, size, digest and time', () => {
    expect(deliver('failure', '"é"', { type: 'Application/JSON; charset=utf-8' })).toEqual({
      kind: 'close',
      capability: 'failure',
      payload: {
        contentType: 'Application/JSON; charset=utf-8',
        size: 4,
        sha256: sha256(Buffer.from('"é"')),
        receivedAt: AT,
      },
      bytes: expect.objectContaining({ length: 4 }),
    });
  });
});

describe('H3 the content of a result or failure', () => {
  test('has a content type of its processor', () => {
    expect(deliver('result', 'x', { processor: { contentTypes: ['a/b', 'c/d'] }, type: 'text/plain' })).toEqual({
      kind: 'refusal',
      code: 'content_type_refused',
      reason: 'not a content type of this processor',
      errors: [{ pointer: '', message: 'is not a content type of this processor', accepted: ['a/b', 'c/d'] }],
    });
  });

  test.each<[string, Capability, string, Delivered, boolean]>([
    ['a result is not empty', 'result', '', { type: 'text/plain' }, false],
    ['a result of a processor that may is empty', 'result', '', { processor: { allowEmptyResult: true } }, true],
    ['a failure may be empty', 'failure', '', { type: 'application/json' }, true],
    ['JSON is JSON', 'result', '{', {}, false],
    ['a failure in JSON is JSON', 'failure', '{', {}, false],
    ['JSON of a processor without the check is anything', 'result', '{', { processor: { checkJson: false } }, true],
    ['another type is anything', 'result', '{', { type: 'text/plain' }, true],
    [
      'a type with the suffix +json is JSON',
      'result',
      '{',
      { type: 'application/hal+json', processor: { contentTypes: ['application/hal+json'] } },
      false,
    ],
  ])('%s', (_name, capability, body, more, isAccepted) => {
    const refusal =
      body === '' ? invalid('', 'must not be empty: a result of this processor has 1 byte at least') : NOT_JSON;
    expect(deliver(capability, body, more)).toEqual(isAccepted ? expect.objectContaining({ kind: 'close' }) : refusal);
  });

  const processor = { schema: TEXT_SCHEMA, checkJson: false } as const;
  const valid = Object.assign(() => true, { errors: null });
  const schemas = () => ({ 'acme-ocr': valid });

  test('of a processor with a schema is JSON, whatever its content type', () => {
    expect(deliver('result', '{', { processor, schemas, type: 'text/plain' })).toEqual(NOT_JSON);
    expect(deliver('result', '{}', { processor, schemas, type: 'text/plain' })).toMatchObject({ kind: 'close' });
  });

  test('fits the schema, if it is a result', () => {
    const errors = [{ instancePath: '/text', keyword: 'type', message: 'must be string', params: {} }];
    const refuses = () => ({ 'acme-ocr': Object.assign(() => false, { errors }) });
    expect(deliver('result', '{}', { processor, schemas: refuses })).toEqual(invalid('/text', 'must be string'));
    expect(deliver('failure', '{}', { processor, schemas: refuses })).toMatchObject({ kind: 'close' });
  });

  test('is not judged without the schema', () => {
    expect(deliver('result', '{}', { processor })).toEqual({
      kind: 'refusal',
      code: 'unavailable',
      reason: 'the schema of this processor is not in the bundle',
    });
  });
});

describe('H3 a progress report', () => {
  test('has the time of its receipt, and the members that it sends', () => {
    expect(deliver('progress', '{}')).toEqual({ kind: 'progress', progress: { at: AT } });
    expect(deliver('progress', '{"percent":41.5,"note":"page 3"}')).toEqual({
      kind: 'progress',
      progress: { at: AT, percent: 41.5, note: 'page 3' },
    });
  });

  test.each(['0', '1e-100', '100'])('may be at %s percent', (percent) => {
    expect(deliver('progress', `{"percent":${percent}}`)).toMatchObject({ progress: { percent: Number(percent) } });
  });

  test.each(['-1', '1e-101', '100.1', '"5"', 'null'])('may not be at %s percent', (percent) => {
    expect(deliver('progress', `{"percent":${percent}}`)).toEqual(
      invalid('/percent', 'must be a number from 0 to 100'),
    );
  });

  test.each([
    ['no character', ''],
    ['256 characters', 'x'.repeat(256)],
    ['256 characters of two UTF-16 units', '😀'.repeat(256)],
  ])('may have a note of %s', (_name, note) => {
    expect(deliver('progress', JSON.stringify({ note }))).toMatchObject({ progress: { note } });
  });

  test.each([
    ['257 characters', 'x'.repeat(257)],
    ['half a surrogate pair', '\ud83d'],
    ['a number', 1],
    ['null', null],
    ['a list', ['x']],
  ])('may not have a note of %s', (_name, note) => {
    expect(deliver('progress', JSON.stringify({ note }))).toEqual(
      invalid('/note', 'must be a string of at most 256 characters'),
    );
  });
});

describe('H3 the offer of an upload', () => {
  const OFFER = { contentType: 'application/pdf', size: 1, sha256: '0'.repeat(64) };
  const offer = (change: object = {}) => deliver('upload', JSON.stringify({ ...OFFER, ...change }));

  test('is kept with its token and the key of its object', () => {
    expect(offer()).toEqual({
      kind: 'offer',
      offer: {
        ...OFFER,
        jti: expect.stringMatching(/^[\w-]{22}$/),
        key: expect.stringMatching(/^uploads\/task-1\/[\w-]{22}\/[0-9a-f]{64}$/),
      },
    });
  });

  test.each([
    { contentType: 'APPLICATION/PDF; version="1.7"' },
    { size: 5_368_709_120 },
    { sha256: 'abcdef0123456789'.repeat(4) },
  ])('may have %j', (change) => {
    expect(offer(change)).toMatchObject({ offer: change });
  });

  const TYPES = 'must be one of application/json, text/plain, application/pdf, application/octet-stream';
  const SIZE = 'must be a whole number of bytes from 1 to 5368709120';
  const DIGEST = 'must be 64 lower-case hex digits';
  test.each([
    ['contentType', 'image/png', TYPES],
    ['contentType', 'pdf', TYPES],
    ['contentType', '', TYPES],
    ['contentType', ' application/pdf', TYPES],
    ['contentType', 'application/pdf ', TYPES],
    ['contentType', 'application/pdf;\ta', TYPES],
    ['contentType', ['application/pdf'], TYPES],
    ['contentType', undefined, TYPES],
    ['size', 0, SIZE],
    ['size', 1.5, SIZE],
    ['size', '1', SIZE],
    ['size', 5_368_709_121, SIZE],
    ['size', undefined, SIZE],
    ['sha256', '0'.repeat(63), DIGEST],
    ['sha256', '0'.repeat(65), DIGEST],
    ['sha256', 'A'.repeat(64), DIGEST],
    ['sha256', ['0'.repeat(64)], DIGEST],
    ['sha256', undefined, DIGEST],
  ])('may not have the %s %j', (name, value, detail) => {
    expect(offer({ [name]: value })).toEqual(invalid(`/${name}`, detail));
  });
});
