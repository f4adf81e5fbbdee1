import { PAGE_SIZE } from '../../../contract/limits.ts';
import type { OutcomeCode } from '../../../contract/outcomes.ts';
import { EXAMPLES } from './examples.ts';
import type { Content, Parameter, RequestBody, Response } from './model.ts';
import { refTo, type SchemaName } from './schemas.ts';

/** Details of a route that the table of routes does not have: request, responses and refusals. */
export interface OperationDetails {
  readonly description?: string;
  /** Parameters in addition to those in the path. */
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  /** Responses by status. */
  readonly answers: Readonly<Record<string, Response>>;
  /** Refusals in addition to those that follow from the access of the route. */
  readonly refusals: readonly OutcomeCode[];
  /** Further refusals, about a value in the path. */
  readonly refusedInPath?: readonly OutcomeCode[];
}

/** A body with its example. @param example if that of the schema does not fit the operation */
export const json = (name: SchemaName, example: unknown = EXAMPLES[name]): Content => ({
  'application/json': { schema: refTo(name), example },
});

/** A body that is text. */
export const text = (type: `text/${string}`, example: string): Content => ({
  [type]: { schema: { type: 'string' }, example },
});

export const body = (name: SchemaName, required: boolean, description?: string): RequestBody => ({
  required,
  ...(description !== undefined && { description }),
  content: json(name),
});

export const query = (name: string, description: string, schema: Parameter['schema']): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});

export const PAGE_LIMIT = query('limit', 'Largest number of items in a page.', {
  type: 'integer',
  minimum: PAGE_SIZE.min,
  maximum: PAGE_SIZE.max,
  default: PAGE_SIZE.default,
});

/** Refusals of every route with a body. */
export const OF_BODY = ['payload_too_large', 'content_type_refused'] as const;
