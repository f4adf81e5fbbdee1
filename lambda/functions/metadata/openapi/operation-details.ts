import type { OutcomeCode } from '../../../contract/outcomes.ts';
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

export const json = (name: SchemaName): Content => ({ 'application/json': { schema: refTo(name) } });
export const body = (name: SchemaName, required: boolean, description?: string): RequestBody => ({
  required,
  ...(description !== undefined && { description }),
  content: json(name),
});

/** Refusals of every route with a body. */
export const OF_BODY = ['payload_too_large', 'content_type_refused'] as const;
