import { WAIT_IS_OVER } from '../../contract/resume.ts';

/**
 * What an error of a workflow's service means.
 *
 * - `final`: no attempt will succeed.
 * - `closed`: the wait of the workflow is over. It has timed out, or an earlier call has delivered the outcome.
 * - `invalidOutput`: the service does not take this output, although it is JSON.
 * - `notApplied`: this call had no effect. A later one may succeed.
 * - `unknown`: the call may have had its effect.
 */
export type CallErrorKind = 'final' | 'closed' | 'invalidOutput' | 'notApplied' | 'unknown';

/**
 * Errors of the calls, from the models of both services, and those errors of all services that need a decision. Throttling, a
 * missing permission and other errors of the caller have status 4xx, and are not applied.
 *
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
 */
const KINDS: ReadonlyMap<string, CallErrorKind> = new Map<string, CallErrorKind>([
  ...WAIT_IS_OVER.map((name) => [name, 'closed'] as const),
  // Step Functions
  ['InvalidOutput', 'invalidOutput'],
  ['InvalidToken', 'final'],
  ['TaskDoesNotExist', 'final'],
  ['KmsAccessDeniedException', 'final'],
  ['KmsInvalidStateException', 'final'],
  ['KmsThrottlingException', 'notApplied'],
  // Lambda. Its errors of KMS have status 502.
  ['InvalidParameterValueException', 'final'],
  ['ResourceNotFoundException', 'final'],
  ['KMSAccessDeniedException', 'final'],
  ['KMSDisabledException', 'final'],
  ['KMSInvalidStateException', 'final'],
  ['KMSNotFoundException', 'final'],
  ['ServiceException', 'unknown'],
  ['TooManyRequestsException', 'notApplied'],
  // All services: the request itself is wrong, and is the same at the next attempt.
  ['SerializationException', 'final'],
  ['ValidationException', 'final'],
]);

/** Returns what an error of a call means. An error without a response, such as a timeout, is `unknown`. */
export const kindOfCallError = (error: unknown): CallErrorKind => {
  if (!(error instanceof Error)) return 'unknown';
  const known = KINDS.get(error.name);
  if (known !== undefined) return known;
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500 ? 'notApplied' : 'unknown';
};
