import type { Context } from './context.ts';
import type { Exit } from './exit-codes.ts';

/** An option of a command. Its key in camel case gives the flag: `idempotencyKey` is `--idempotency-key`. */
export interface Option {
  readonly doc: string;
  /** What the help calls its value. An option without one is a switch. */
  readonly value?: string;
  /** One letter: `r` is `-r`. */
  readonly short?: string;
  readonly required?: true;
  readonly choices?: readonly string[];
  readonly default?: string;
}

/** A value of the command line that has no flag. */
export interface Argument {
  readonly doc: string;
  readonly isOptional?: true;
  readonly choices?: readonly string[];
}

export type Options = Readonly<Record<string, Option>>;
export type Arguments = Readonly<Record<string, Argument>>;

type OptionValue<O extends Option> = O extends { readonly value: string }
  ? O extends { readonly required: true } | { readonly default: string }
    ? string
    : string | undefined
  : boolean;

export type OptionValues<O extends Options> = { readonly [K in keyof O]: OptionValue<O[K]> };
export type ArgumentValues<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends { readonly isOptional: true } ? string | undefined : string;
};

/** One command of the table. Help, the page of the command line, completions and tests are made from it. */
export interface Command<O extends Options = Options, A extends Arguments = Arguments> {
  /** Words after `postern`: `task open`. */
  readonly name: string;
  /** One sentence for lists of commands. */
  readonly summary: string;
  /** More paragraphs for its own help. */
  readonly description?: string;
  /** In their order on the command line. The key is what the help calls it. */
  readonly arguments?: A;
  readonly options: O;
  /** Command lines that work as written, at least one. */
  readonly examples: readonly string[];
  /** Every exit code that it can have besides `ok`, `usage` and `interrupted`. */
  readonly exits: readonly Exit[];
  /** @returns the exit code, or nothing for `ok` */
  readonly run: (
    context: Context,
    values: { readonly options: OptionValues<O>; readonly arguments: ArgumentValues<A> },
  ) => Promise<Exit | undefined>;
}

/** A command as the table holds it, whatever its options are. */
export interface AnyCommand extends Omit<Command, 'run'> {
  // A method, because the parameters of methods are compared in both directions. A command is given the values of its own options.
  run(
    context: Context,
    values: {
      readonly options: Readonly<Record<string, string | boolean | undefined>>;
      readonly arguments: Readonly<Record<string, string | undefined>>;
    },
  ): Promise<Exit | undefined>;
}

/** Infers the types of the values from the options and arguments. */
export const defineCommand = <const O extends Options, const A extends Arguments>(command: Command<O, A>): AnyCommand =>
  command;
