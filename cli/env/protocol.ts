import type { Exit } from '../exit-codes.ts';

/** A request of the command line to the program that reads environments. */
export type EnvRequest =
  | { readonly action: 'check' | 'show'; readonly environment: string }
  | { readonly action: 'cost'; readonly environment: string; readonly callbacks: number; readonly compare: boolean }
  | {
      readonly action: 'diff';
      readonly environment: string;
      /** Folder with the deployed templates. */
      readonly against?: string;
      /** Names of indexes, separated by commas. */
      readonly indexes?: string;
    };

/** Data of the command in both forms, or an error. */
export type EnvAnswer =
  | { readonly exit: Exit; readonly data: unknown; readonly text: string }
  | { readonly exit: Exit; readonly message: string; readonly remedy?: string };
