import type { Exit } from './exit-codes.ts';

/**
 * A command cannot go on. The message says what happened and why; the remedy says what to do. Neither holds a secret: the
 * command line masks callback URLs and tokens in both all the same.
 */
export class CommandError extends Error {
  readonly exit: Exit;
  readonly remedy: string | undefined;

  constructor(exit: Exit, message: string, remedy?: string) {
    super(message);
    this.name = 'CommandError';
    this.exit = exit;
    this.remedy = remedy;
  }
}
