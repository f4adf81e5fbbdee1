/** A mistake in the command line or in an environment. The message says what to change, so the stack is not shown. */
export class UsageError extends Error {}
