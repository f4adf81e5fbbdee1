import { MAX_PROBLEM_ERRORS } from '../../../contract/limits.ts';
import { jsonPointer } from '../../../shared/http/json-body.ts';
import { parseJson } from '../../../shared/json.ts';
import type { ProblemError } from '../../../shared/refusal.ts';

/** What a validator compiled by Ajv leaves behind (https://ajv.js.org/standalone.html). */
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

/** What is wrong with a body that is not JSON. */
export const NOT_JSON = 'must be one JSON value in UTF-8, without a byte order mark';

/** Compiled schemas by processor id. Loaded at the first delivery that has to satisfy one. */
export type Schemas = Readonly<Record<string, CompiledSchema>>;

/**
 * What is wrong with a payload that a schema describes, as JSON pointers into it; empty when nothing is.
 * The words are the schema's, never the payload's.
 */
export const schemaErrors = (payload: Uint8Array, schema: CompiledSchema): readonly ProblemError[] => {
  let value: unknown;
  try {
    value = parseJson(payload);
  } catch {
    return [{ pointer: '', detail: NOT_JSON }];
  }
  try {
    if (schema(value)) return [];
  } catch (error) {
    // A schema that refers to itself is checked by functions that call themselves, and the stack ends.
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
