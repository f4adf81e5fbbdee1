/** A CDK app cannot be run. The message says what happened and why; the remedy says what to do. */
export class AppError extends Error {
  /** `usage`: the folder or its files are wrong, and nothing was run. `failed`: the app ran, and failed. */
  readonly exit: 'usage' | 'failed';
  readonly remedy: string;

  constructor(exit: AppError['exit'], message: string, remedy: string) {
    super(message);
    this.name = 'AppError';
    this.exit = exit;
    this.remedy = remedy;
  }
}
