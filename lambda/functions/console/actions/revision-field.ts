import type { Form } from '../../../shared/console/action.ts';
import { REVISION } from '../../../shared/operator/action-body.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';

/** Reads the revision that the page of a form was made from. */
export const readRevision = (form: Form): { readonly revision: number } | Refusal => {
  const revision = Number(form.get('revision') ?? Number.NaN);
  return REVISION.isValid(revision)
    ? { revision }
    : refuse('request_invalid', 'revision', { errors: [{ pointer: '/revision', detail: REVISION.expectation }] });
};
