import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { readInput } from '../files.ts';

/** One callback as opening a task answers it. */
export interface CallbackAddress {
  readonly url: string;
  /** Absent if it is part of the URL. */
  readonly token?: string;
}

/** Something that a command line names: all callbacks of a task, one callback, or a token. */
export type CallbackSource =
  | { readonly kind: 'callbacks'; readonly callbacks: Readonly<Record<string, CallbackAddress>> }
  | { readonly kind: 'callback'; readonly callback: CallbackAddress }
  | { readonly kind: 'token'; readonly token: string };

/** Text of the help for an argument that `readSource` reads. */
export const SOURCE_DOC =
  'a callback URL, @FILE, or - for stdin. The file has one URL, what "task open --out" wrote, or JSON ' +
  '{"url": "…", "token": "…"} for a URL with a token beside it';

/** For the help of each command that has such an argument. */
export const SOURCE_NOTE =
  'A URL or token on the command line is visible in the list of processes and in the history of the shell. ' +
  'Give @FILE or - to keep it out of both.';

/** True if an argument names stdin. */
export const isStdin = (argument: string): boolean => argument === '-' || argument === '@-';

/**
 * Reads what an argument names.
 * @throws {CommandError} `usage`, without the text itself, which may be a secret
 */
export const readSource = async (context: Context, argument: string): Promise<CallbackSource> => {
  const text = (await readText(context, argument)).trim();
  if (text.startsWith('{')) return readJson(text);
  if (/^https?:.*\s/is.test(text)) {
    const count = /[\r\n]/.test(text) ? 'several lines' : 'several words';
    throw new CommandError('usage', `${nameOf(argument)} has ${count}; expected one URL.`, FORMS);
  }
  if (!/^https?:\/\//i.test(text)) return readToken(text, argument);
  if (!URL.canParse(text)) throw new CommandError('usage', 'The callback URL is not a URL.', EXPECTED);
  return { kind: 'callback', callback: { url: text } };
};

const EXPECTED = 'Give a callback URL, @FILE with what "postern task open --out FILE" wrote, or - for stdin.';

/** Forms of the text, for a URL that came with something else: most often its token. */
const FORMS =
  'Give one URL, what "postern task open --out FILE" wrote, or JSON {"url": "…", "token": "…"} for a URL with a token beside it.';

/** A place that may be shown: a text on the command line is the secret itself. */
const nameOf = (argument: string): string => {
  if (isStdin(argument)) return 'stdin';
  return argument.startsWith('@') ? argument.slice(1) : 'The argument';
};

const readText = async (context: Context, argument: string): Promise<string> =>
  isStdin(argument) || argument.startsWith('@')
    ? new TextDecoder().decode(await readInput(context, 'The callback', argument))
    : argument;

const readToken = (text: string, argument: string): CallbackSource => {
  if (text === '') throw new CommandError('usage', `${argument || 'The argument'} is empty.`, EXPECTED);
  if (/[\s/]/.test(text)) {
    throw new CommandError(
      'usage',
      'The argument is neither a URL nor a token.',
      `${EXPECTED} A file has an @ before it.`,
    );
  }
  return { kind: 'token', token: text };
};

/** Reads an answer of opening, its member `callbacks`, or one callback of it. */
const readJson = (text: string): CallbackSource => {
  const answer = parse(text);
  if (isAddress(answer)) return { kind: 'callback', callback: answer };
  const callbacks = Object.fromEntries(
    Object.entries(answer.callbacks ?? answer).filter(([, value]) => isAddress(value)),
  );
  if (Object.keys(callbacks).length > 0) return { kind: 'callbacks', callbacks };
  throw new CommandError(
    'usage',
    'The JSON has no callback with a URL.',
    'Give the whole answer of "postern task open --out FILE". A closed task has no callbacks.',
  );
};

const isAddress = (value: unknown): value is CallbackAddress =>
  typeof (value as Partial<CallbackAddress> | null)?.url === 'string' && URL.canParse((value as CallbackAddress).url);

const parse = (text: string): Readonly<Record<string, unknown>> & { readonly callbacks?: object } => {
  try {
    return JSON.parse(text);
  } catch {
    // Without the message of the parser, which quotes the text.
    throw new CommandError('usage', 'The file is not JSON.', EXPECTED);
  }
};

/**
 * Returns one callback, or a token alone.
 * @param capability undefined: the only one, or that for the result
 * @throws {CommandError} `usage`, if the task has no such callback
 */
export const chooseCallback = (source: CallbackSource, capability: string | undefined): Partial<CallbackAddress> => {
  if (source.kind === 'token') return { token: source.token };
  if (source.kind === 'callback') return source.callback;
  const { callbacks } = source;
  const names = Object.keys(callbacks);
  const name = capability ?? (names.length === 1 ? names[0] : 'result') ?? 'result';
  const callback = Object.hasOwn(callbacks, name) ? callbacks[name] : undefined;
  if (callback !== undefined) return callback;
  throw new CommandError('usage', `There is no callback "${name}"; expected one of ${names.join(', ')}.`);
};
