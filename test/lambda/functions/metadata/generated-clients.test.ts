import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ROUTES, type Route, type RouteName } from '../../../../lambda/contract/routes.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import type { Content, Operation, Response } from '../../../../lambda/functions/metadata/openapi/model.ts';
import { responseOf as findResponse } from '../../../../lambda/functions/metadata/openapi/shared-responses.ts';
import { eventErrors } from '../../../support/event-schemas.ts';
import { ORIGIN } from '../../../support/tokens.ts';

/** As it is sent: members that are undefined are absent. */
const DOCUMENT: ReturnType<typeof describeApi> = JSON.parse(
  JSON.stringify(describeApi({ origin: ORIGIN, abbreviations: false })),
);

const OPERATIONS = Object.values(DOCUMENT.paths).flatMap((methods) => Object.values(methods));

const responseOf = (operation: Operation, status: string): Response => findResponse(DOCUMENT, operation, status);

const typesOf = (operation: Operation, status: string) => Object.keys(responseOf(operation, status).content ?? {});

interface Body {
  readonly place: string;
  readonly type: string;
  readonly schema?: unknown;
  readonly example?: unknown;
}

const bodiesOf = (place: string, content: Content = {}): readonly Body[] =>
  Object.entries(content).map(([type, facts]) => ({ place: `${place} ${type}`, type, ...facts }));

/** Every body of a request or an answer. */
const BODIES = OPERATIONS.flatMap((operation) => [
  ...bodiesOf(`${operation.operationId} request`, operation.requestBody?.content),
  ...Object.keys(operation.responses).flatMap((status) =>
    bodiesOf(`${operation.operationId} ${status}`, responseOf(operation, status).content),
  ),
]);

const PARAMETERS = OPERATIONS.flatMap(({ operationId, parameters = [] }) =>
  parameters.map((parameter) => ({ place: `${operationId} ${parameter.in} ${parameter.name}`, ...parameter })),
);

type Schema = Readonly<Record<string, unknown>>;

/** Every schema of the document with its place. It reads no example, because an example may have any member. */
const schemasIn = (value: unknown, place = '#'): readonly (readonly [place: string, schema: Schema])[] => {
  if (typeof value !== 'object' || value === null) return [];
  const members = Object.entries(value).filter(([name]) => name !== 'example' && name !== 'examples');
  return [
    ...(Array.isArray(value) || place.endsWith('/properties') ? [] : [[place, value as Schema] as const]),
    ...members.flatMap(([name, member]) => schemasIn(member, `${place}/${name}`)),
  ];
};

const SCHEMAS = schemasIn(DOCUMENT);

const placesOf = (matches: (schema: Schema) => boolean): readonly string[] =>
  SCHEMAS.filter(([, schema]) => matches(schema)).map(([place]) => place);

const AJV = new Ajv2020({ strict: false, formats: { 'date-time': true, uri: true, binary: true } });
AJV.addSchema(DOCUMENT, 'description');

/** Errors of an example. References of a schema are relative to the document. */
const errorsOf = (schema: unknown, example: unknown): unknown => {
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"description#/'));
  const validate = AJV.compile(absolute);
  return validate(example) ? [] : validate.errors;
};

describe('examples', () => {
  test('stand beside the schema of every body of every operation, and satisfy it', () => {
    expect(BODIES.length).toBeGreaterThan(OPERATIONS.length * 5);
    for (const { example, place, schema } of BODIES) {
      expect(schema, place).toBeDefined();
      expect(example, place).toBeDefined();
      expect(errorsOf(schema, example), place).toEqual([]);
    }
  });

  test('stand beside every parameter, and satisfy its schema', () => {
    for (const { example, place, schema } of PARAMETERS) {
      expect(example, place).toBeDefined();
      expect(errorsOf(schema, example), place).toEqual([]);
    }
  });

  test('exist for every operation', () => {
    for (const { operationId } of OPERATIONS) {
      const places = [...BODIES, ...PARAMETERS].map(({ place }) => place);
      const success = new RegExp(`^${operationId} (request|[23]\\d\\d|path|query|header) `);
      expect(
        places.some((place) => success.test(place)),
        operationId,
      ).toBe(true);
    }
  });

  test('exist for every schema, and satisfy it', () => {
    for (const [name, schema] of Object.entries(DOCUMENT.components.schemas)) {
      if (name.endsWith('Event')) continue;
      const { examples = [] } = schema as { readonly examples?: readonly unknown[] };
      expect(examples.length, name).toBeGreaterThan(0);
      for (const example of examples) expect(errorsOf(schema, example), name).toEqual([]);
    }
  });

  test('of a task whose work Postern sends have its input, no callbacks, and its dispatch', () => {
    const secondOf = (name: string) => (DOCUMENT.components.schemas[name] as { examples?: unknown[] }).examples?.[1];
    expect(secondOf('OpenTask')).toMatchObject({ input: expect.anything() });
    expect(secondOf('OpenedTask')).toMatchObject({ dispatch: { state: 'queued' } });
    expect(secondOf('OpenedTask')).toHaveProperty('callbacks', {});
    expect(secondOf('Task')).toMatchObject({ dispatch: { state: 'accepted' } });
    const dispatched = BODIES.filter(({ place }) => /^(dispatchTask|operatorDispatchTask) 20\d /.test(place));
    expect(dispatched).toHaveLength(2);
    for (const { example } of dispatched) expect(example).toMatchObject({ dispatch: { state: 'queued' } });
  });

  test('exist for every event, and satisfy its schema', () => {
    expect(Object.keys(DOCUMENT.webhooks)).toHaveLength(15);
    for (const [name, { post }] of Object.entries(DOCUMENT.webhooks)) {
      const { example, schema } = post.requestBody.content['application/json'] ?? {};
      expect(schema, name).toEqual({ $ref: `#/components/schemas/${name}Event` });
      expect(DOCUMENT.components.schemas[`${name}Event`], name).toMatchObject({ type: 'object' });
      expect(eventErrors(example), name).toEqual([]);
    }
  });

  test('of an answer show the status that the operation leads to', () => {
    const statusIn = (operationId: string) => {
      const operation = OPERATIONS.find((each) => each.operationId === operationId);
      return operation && responseOf(operation, '200').content?.['application/json']?.example;
    };
    for (const [operationId, status] of [
      ['deliverResult', 'succeeded'],
      ['deliverFailureByPath', 'failed'],
      ['reportProgress', 'pending'],
      ['cancelTask', 'cancelled'],
      ['operatorCancelTask', 'cancelled'],
      ['operatorReopenTask', 'pending'],
    ] as const)
      expect(statusIn(operationId), operationId).toMatchObject({ status });
  });
});

describe('schemas', () => {
  test('let a sender give any metadata, and return any metadata', () => {
    const metadata = SCHEMAS.filter(([place]) => place.endsWith('/properties/metadata'));
    // OpenTask, Task, OperatorTask, and every event of a task.
    expect(metadata).toHaveLength(3 + 14);
    for (const [place, schema] of metadata)
      expect(schema, place).toMatchObject({ type: 'object', additionalProperties: true });
  });

  test('require no property that has a default', () => {
    // openapi-typescript takes a property with a default for one that is always there, so no property has one.
    const properties = SCHEMAS.filter(([place]) => /\/properties\/[^/]+$/.test(place));
    expect(properties.filter(([, schema]) => 'default' in schema).map(([place]) => place)).toEqual([]);
    const optional = PARAMETERS.filter(({ schema }) => 'default' in schema);
    expect(optional.length).toBeGreaterThan(0);
    expect(optional.filter(({ required }) => required).map(({ place }) => place)).toEqual([]);
  });

  test('require only properties that they describe', () => {
    const required = placesOf(
      ({ properties, required: names }) =>
        Array.isArray(names) &&
        properties !== undefined &&
        !names.every((name) => Object.hasOwn(Object(properties), name)),
    );
    expect(required).toEqual([]);
  });

  test('have a type beside every list of values and every constant', () => {
    const typeless = ({ const: value, enum: values, type }: Schema) =>
      (Array.isArray(values) || value !== undefined) && typeof type !== 'string';
    expect(placesOf(typeless)).toEqual([]);
  });
});

describe('bodies of any content type', () => {
  test('are binary strings, as a request and as an answer', () => {
    const raw = BODIES.filter(({ type }) => type === 'application/octet-stream');
    expect(raw.map(({ place }) => place.replace(' application/octet-stream', ''))).toEqual([
      'getTaskResult 200',
      'getTaskFailure 200',
      'deliverResult request',
      'deliverResultByPath request',
      'deliverFailure request',
      'deliverFailureByPath request',
      'callbackByCode request',
    ]);
    for (const { place, schema } of raw) expect(schema, place).toEqual({ type: 'string', format: 'binary' });
  });

  test('have no second description, which generators would join to an unknown type', () => {
    for (const { operationId, requestBody } of OPERATIONS) {
      const types = Object.keys(requestBody?.content ?? {});
      if (types.includes('application/octet-stream')) expect(types, operationId).toHaveLength(1);
    }
  });

  test('are not described by a range of media types, which generators do not know', () => {
    expect(BODIES.filter(({ type }) => type.includes('*')).map(({ place }) => place)).toEqual([]);
  });
});

describe('answers of the load balancer and the firewall', () => {
  const ofRoute = (operation: Operation): Route => ROUTES[operation.operationId as RouteName];

  test.each(['429', '502', '503', '504'])('with %s are described for every operation', (status) => {
    const type = status === '429' ? 'application/json' : 'text/html';
    for (const operation of OPERATIONS) expect(typesOf(operation, status), operation.operationId).toContain(type);
  });

  test('say after 429 and 503 how long to wait', () => {
    expect(DOCUMENT.components.responses.TooManyRequests?.headers).toHaveProperty('Retry-After');
    for (const operation of OPERATIONS) {
      const { content = {}, headers } = responseOf(operation, '503');
      if ('application/problem+json' in content) expect(headers, operation.operationId).toHaveProperty('Retry-After');
    }
  });

  test('with 404 are described for every operation, because another path or host has no route', () => {
    for (const operation of OPERATIONS) {
      const expected = ['text/html', 'text/plain'];
      expect(typesOf(operation, '404'), operation.operationId).toEqual(expect.arrayContaining(expected));
    }
  });

  test('with 401 are described for every operation with an access token, and for no other', () => {
    for (const operation of OPERATIONS) {
      const { kind } = ofRoute(operation).access;
      const byLoadBalancer = kind === 'sender' || kind === 'operator-api';
      const types = '401' in operation.responses ? typesOf(operation, '401') : [];
      expect(types.includes('text/html'), operation.operationId).toBe(byLoadBalancer);
      if (byLoadBalancer) expect(types, operation.operationId).toContain('application/problem+json');
    }
  });

  test('with 403 are described for every operation that the firewall may block', () => {
    for (const operation of OPERATIONS) {
      const { kind } = ofRoute(operation).access;
      if (!['sender', 'operator-api', 'callback', 'code'].includes(kind)) continue;
      expect(typesOf(operation, '403'), operation.operationId).toEqual(
        expect.arrayContaining(['application/json', 'text/html']),
      );
    }
  });

  test('with 413 are described for every operation with a body', () => {
    for (const operation of OPERATIONS) {
      const hasLimit = ofRoute(operation).bodyLimit !== undefined;
      const types = '413' in operation.responses ? typesOf(operation, '413') : [];
      expect(types.includes('text/html'), operation.operationId).toBe(hasLimit);
      if (operation.requestBody !== undefined) expect(hasLimit, operation.operationId).toBe(true);
    }
  });

  test('are HTML or text without a code, so that no client reads them as problem details', () => {
    for (const { schema, type, place } of BODIES)
      if (type.startsWith('text/')) expect(schema, place).toEqual({ type: 'string' });
  });
});
