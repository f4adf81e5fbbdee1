import type { Exit } from '../exit-codes.ts';

/** Data of a command about an environment, in both forms. */
export interface EnvAnswer {
  readonly exit: Exit;
  readonly data: unknown;
  readonly text: string;
}
