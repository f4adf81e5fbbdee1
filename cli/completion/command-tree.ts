import type { AnyCommand, Option } from '../command.ts';
import { flagOf, GLOBAL_OPTIONS } from '../program.ts';

/** A word that may come next, with its explanation. */
export interface Suggestion {
  readonly word: string;
  readonly doc: string;
}

/** Kind of the value that follows a flag. */
export type ValueKind =
  | { readonly kind: 'file' | 'text' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

/** An option of a command for a shell. */
export interface FlagOfCommand {
  readonly flag: string;
  /** One letter. */
  readonly short?: string;
  readonly doc: string;
  /** Absent: a switch. */
  readonly value?: ValueKind;
}

/** A place of the command line: after `postern`, after a group, or after a command. */
export interface Place {
  /** Words so far, without `postern`: `task open`. */
  readonly path: string;
  /** Words that may come next: commands below a group, choices of an argument. */
  readonly words: readonly Suggestion[];
  readonly flags: readonly FlagOfCommand[];
  /** True if a value without a flag may be a file. */
  readonly takesFiles: boolean;
}

/** Every place of the command line, from its table. */
export const placesOf = (
  commands: readonly AnyCommand[],
  groups: Readonly<Record<string, string>>,
): readonly Place[] => {
  const children = new Map<string, Map<string, string>>();
  for (const { name, summary } of commands) {
    const parts = name.split(' ');
    for (const [i, word] of parts.entries()) {
      const above = parts.slice(0, i).join(' ');
      const doc = i === parts.length - 1 ? summary : (groups[parts.slice(0, i + 1).join(' ')] ?? '');
      children.set(above, (children.get(above) ?? new Map()).set(word, doc));
    }
  }
  const above = [...children].map(([path, words]) => ({
    path,
    words: [...words].map(([word, doc]) => ({ word, doc })),
    flags: [HELP],
    takesFiles: false,
  }));
  return [...above, ...commands.map(placeOf)];
};

const HELP: FlagOfCommand = { flag: '--help', short: 'h', doc: 'shows the help' };

const placeOf = ({ arguments: table = {}, name, options }: AnyCommand): Place => {
  const values = Object.entries(table);
  return {
    path: name,
    words: values.flatMap(([, { choices = [], doc }]) => choices.map((word) => ({ word, doc }))),
    flags: [...Object.entries({ ...options, ...GLOBAL_OPTIONS }).map(([key, option]) => flagFor(key, option)), HELP],
    takesFiles: values.some(([key, { doc }]) => isFile(key) || doc.includes('@')),
  };
};

const flagFor = (key: string, { choices, doc, short, value }: Option): FlagOfCommand => ({
  flag: flagOf(key),
  doc,
  ...(short !== undefined && { short }),
  ...(value !== undefined && { value: valueKind(value, choices) }),
});

const valueKind = (value: string, choices: readonly string[] | undefined): ValueKind => {
  if (choices !== undefined) return { kind: 'choice', choices };
  return { kind: isFile(value) ? 'file' : 'text' };
};

const isFile = (name: string): boolean => /^(file|dir|folder)$/i.test(name);
