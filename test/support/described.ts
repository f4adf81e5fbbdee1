import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { ROUTES, type RouteName } from '../../lambda/contract/routes.ts';
import type { OpenApiDocument } from '../../lambda/functions/metadata/openapi/model.ts';
import { responseOf } from '../../lambda/functions/metadata/openapi/shared-responses.ts';
import type { Delivered } from './delivered.ts';

/** Holds what functions really take and answer against their description. */
export interface Described {
  /** The answer is one that the description has for this route: status, headers, content type, body. */
  answer(route: RouteName, answer: Delivered): void;
  /** True if the API description accepts this body for this route. */
  takes(route: RouteName, body: unknown): boolean;
  /** Routes and statuses that were checked against it: `getTask 200`. */
  readonly seen: ReadonlySet<string>;
}

const BASE = 'https://description.test/openapi.json';

/** Formats of the description: times have milliseconds. */
const FORMATS = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  uri: (text: string) => URL.canParse(text),
} as const;

export const describedBy = (document: OpenApiDocument): Described => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: FORMATS, validateSchema: false });
  ajv.addSchema(closed(document), BASE);
  const seen = new Set<string>();

  const validatorAt = (...steps: readonly string[]): ValidateFunction => {
    const pointer = steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    const validate = ajv.getSchema(`${BASE}#${encodeURI(pointer)}`);
    if (validate === undefined) throw new Error(`The description has nothing at ${pointer}.`);
    return validate;
  };
  const placeOf = (route: RouteName) => ['paths', ROUTES[route].path, ROUTES[route].method.toLowerCase()] as const;
  const operationOf = (route: RouteName) => {
    const operation = document.paths[ROUTES[route].path]?.[ROUTES[route].method.toLowerCase()];
    if (operation === undefined) throw new Error(`${route} is not described.`);
    return operation;
  };

  return {
    seen,
    answer: (route, answer) => {
      const status = String(answer.status);
      const operation = operationOf(route);
      const code = (answer.json as { readonly code?: string } | undefined)?.code ?? '';
      expect(operation.responses, `${route} is not described to answer ${status} ${code}`).toHaveProperty([status]);
      const described = responseOf(document, operation, status);
      seen.add(`${route} ${status}`);
      for (const [name, header] of Object.entries(described.headers ?? {})) {
        const facts = '$ref' in header ? document.components.headers[header.$ref.split('/').at(-1) ?? ''] : header;
        if (facts?.required) expect(answer.headers, `${route} ${status}`).toHaveProperty([name]);
      }
      const [type = ''] = (answer.headers['Content-Type'] ?? '').split(';');
      const content = described.content ?? {};
      if (Object.keys(content).length === 0) {
        expect(answer.body, `${route} ${status}`).toHaveLength(0);
        return;
      }
      // Stands for bytes of any content type.
      const range = Object.hasOwn(content, type) ? type : 'application/octet-stream';
      expect(Object.keys(content), `${route} ${status}`).toContain(range);
      if (content[range]?.schema === undefined || range === 'application/octet-stream') return;
      const reference = operation.responses[status];
      const place =
        reference !== undefined && '$ref' in reference
          ? reference.$ref.split('/').slice(1)
          : [...placeOf(route), 'responses', status];
      const validate = validatorAt(...place, 'content', range, 'schema');
      const body = range.startsWith('text/') ? answer.body.toString() : answer.json;
      expect(validate(body) ? [] : validate.errors, `${route} ${status} ${answer.body}`).toEqual([]);
    },
    takes: (route, body) =>
      validatorAt(...placeOf(route), 'requestBody', 'content', 'application/json', 'schema')(body),
  };
};

/**
 * The same description, its objects closed: clients may expect members to come, but what comes today and is not
 * described is a mistake.
 */
const closed = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(closed) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, closed(member)]),
  );
  const isObjectSchema = copy.type === 'object' && copy.properties !== undefined;
  return (
    isObjectSchema && copy.additionalProperties === undefined ? { ...copy, additionalProperties: false } : copy
  ) as T;
};
