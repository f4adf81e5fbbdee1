import type { OutcomeCode } from './outcomes.ts';

/** The content type of the whole body is not accepted. */
export interface RefusedContentType {
  readonly pointer: '';
  readonly message: string;
  /** Content types that are accepted. */
  readonly accepted: readonly string[];
}

/** One error of a request and its place: a JSON pointer into the body, or the name of a query parameter or header. */
export type ProblemError =
  | ({ readonly detail: string } & (
      | { readonly pointer: string }
      | { readonly parameter: string }
      | { readonly header: string }
    ))
  | RefusedContentType;

/** The body of every refusal: problem details (RFC 9457). */
export interface Problem {
  /** URL of the page that explains the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: OutcomeCode;
  /** Include this id when you ask for support. */
  readonly requestId: string;
  /** What to correct, as text for people. It may change at any time. */
  readonly detail?: string;
  readonly errors?: readonly ProblemError[];
  /** With `task_changed`: the current revision of the task. */
  readonly revision?: number;
}
