import { MAX_PROBLEM_ERRORS } from '../../../contract/limits.ts';
import type { ProblemError } from '../../../contract/problem.ts';
import { jsonPointer } from '../../../shared/http/json-body.ts';

/** A validator that Ajv compiled (https://ajv.js.org/standalone.html). */
export interface CompiledSchema {
  (value: unknown): boolean;
  errors?:
    | readonly {
        readonly instancePath: string;
        readonly keyword: string;
        readonly message?: string;
        readonly params: Readonly<Record<string, unknown>>;
      }[]
    | null;
}

/** Compiled schemas by processor id. */
export type Schemas = Readonly<Record<string, CompiledSchema>>;

/**
 * Returns the errors of a payload against its schema, as JSON pointers into the payload. Details quote the schema, never the
 * payload.
 */
export const schemaErrors = (value: unknown, schema: CompiledSchema): readonly ProblemError[] => {
  try {
    if (schema(value)) return [];
  } catch (error) {
    // The functions of a recursive schema call themselves, and a deeply nested value exhausts the stack.
    if (error instanceof RangeError) return [{ pointer: '', detail: 'is nested too deeply for the schema' }];
    throw error;
  }
  return (schema.errors ?? []).slice(0, MAX_PROBLEM_ERRORS).map(({ instancePath, keyword, message, params }) => {
    const member = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
    return {
      pointer: typeof member === 'string' ? `${instancePath}${jsonPointer([member])}` : instancePath,
      detail: keyword === 'required' ? 'is missing' : (message ?? 'does not fit the schema'),
    };
  });
};
