import type { ProblemError } from '../../../contract/problem.ts';
import { jsonPointer } from '../../../shared/http/json-body.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import type { JsonBody } from '../authenticated-callback.ts';

export const invalidPayload = (errors: readonly ProblemError[]): Refusal =>
  refuse('payload_invalid', `${errors.length} errors`, { errors });

/** Refuses a body that is not JSON. */
export const NOT_JSON: Refusal = invalidPayload([
  { pointer: '', detail: 'must be one JSON value in UTF-8, without a byte order mark' },
]);

/** A member of a form: its check, and the expectation in words. */
export interface FormMember {
  readonly optional?: true;
  readonly expectation: string;
  holds(value: unknown): boolean;
}

/**
 * Reads a JSON object that has these members and no others.
 * @param body `null` if the body is not JSON
 * @returns the object, or JSON pointers to its errors
 */
export const readForm = <T extends object>(
  body: JsonBody | null,
  members: Readonly<Record<keyof T, FormMember>>,
): T | Refusal => {
  if (body === null) return NOT_JSON;
  const { value } = body;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalidPayload([{ pointer: '', detail: 'must be a JSON object' }]);
  }
  const form: Readonly<Record<string, unknown>> = { ...value };
  const errors = [
    ...Object.entries<FormMember>(members).flatMap(([name, { expectation, holds, optional }]) =>
      (optional && !Object.hasOwn(form, name)) || holds(form[name])
        ? []
        : [{ pointer: jsonPointer([name]), detail: expectation }],
    ),
    ...Object.keys(form)
      .filter((name) => !Object.hasOwn(members, name))
      .map((name) => ({ pointer: jsonPointer([name]), detail: 'is not a property of this form: take it out' })),
  ];
  return errors.length > 0 ? invalidPayload(errors) : (form as T);
};
