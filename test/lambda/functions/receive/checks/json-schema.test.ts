import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { type CompiledSchema, schemaErrors } from '../../../../../lambda/functions/receive/checks/json-schema.ts';

const compile = (schema: object, allErrors = false) =>
  new Ajv2020({ allErrors }).compile(schema) as unknown as CompiledSchema;

describe('H3 the errors of a payload against its schema', () => {
  const schema = {
    type: 'object',
    properties: { list: { type: 'array', items: { type: 'object', required: ['a/b'] } }, text: { type: 'string' } },
    unevaluatedProperties: false,
  };

  test.each([
    ['nothing for a valid payload', { list: [{ 'a/b': 1 }] }, []],
    ['a missing member at its place', { list: [{}] }, [{ pointer: '/list/0/a~1b', detail: 'is missing' }]],
    ['a wrong value', { text: 1 }, [{ pointer: '/text', detail: 'must be string' }]],
    ['an unknown member', { other: 1 }, [{ pointer: '/other', detail: 'must NOT have unevaluated properties' }]],
  ])('are %s', (_name, value, errors) => {
    expect(schemaErrors(value, compile(schema))).toEqual(errors);
  });

  test('are 20 at most', () => {
    const names = Array.from({ length: 21 }, (_, i) => `member-${i}`);
    const errors = schemaErrors({}, compile({ type: 'object', required: names }, true));
    expect(errors).toHaveLength(20);
    expect(errors[0]).toEqual({ pointer: '/member-0', detail: 'is missing' });
  });

  test('have a detail of their own if the validator has none', () => {
    const silent = new Ajv2020({ messages: false }).compile({ type: 'string' }) as unknown as CompiledSchema;
    expect(schemaErrors(1, silent)).toEqual([{ pointer: '', detail: 'does not fit the schema' }]);
  });

  test('are one error if the payload is nested more deeply than the schema can follow', () => {
    const recursive = compile({ $id: 'list', type: 'array', items: { $ref: 'list' } });
    let nested: unknown = [];
    for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
    expect(schemaErrors(nested, recursive)).toEqual([{ pointer: '', detail: 'is nested too deeply for the schema' }]);
  });

  test('do not hide a fault of the validator', () => {
    const broken: CompiledSchema = () => {
      throw new TypeError('broken');
    };
    expect(() => schemaErrors(1, broken)).toThrow('broken');
  });
});
