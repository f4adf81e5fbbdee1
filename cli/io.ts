import { addAbortSignal, type Readable, type Writable } from 'node:stream';
import { CommandError } from './command-error.ts';
import { redact } from './redact.ts';
import type { OutputFormat } from './settings/settings.ts';

/** The streams of a process. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** One column of a table in text. */
export interface Column<T> {
  readonly title: string;
  readonly value: (item: T) => string | number | undefined;
}

export interface ListOptions<T> {
  /** Member of the JSON with the items: `tasks`. */
  readonly name: string;
  readonly items: Iterable<T> | AsyncIterable<T>;
  readonly columns: readonly Column<T>[];
  /** Text if there are no items. It goes to stderr, so that scripts read nothing. */
  readonly none: string;
  /** Cursor of the items that follow, once all are read. Undefined: the list is complete. */
  readonly nextCursor?: () => string | undefined;
}

/** What a command prints and asks. Data goes to stdout in the format of `-o`, everything else to stderr. */
export interface Io {
  readonly format: OutputFormat;
  /** Whether a person reads stdout. */
  readonly isTerminal: boolean;
  /** Prints the data of a command. JSON has it as it is; `text` gives the lines for people. */
  readonly print: (data: unknown, text: () => string) => void;
  /** Prints a list: a table, one JSON object, or one item a line. If the list goes on, a note says so. */
  readonly printList: <T>(list: ListOptions<T>) => Promise<void>;
  /** Prints a text that has no other form: a script, the bytes of a result. */
  readonly write: (bytes: string | Uint8Array) => void;
  /** Tells a person something that is not data. */
  readonly note: (text: string) => void;
  /** Shows an address that a person opens. It is not masked: its caller knows that it has no secret. */
  readonly showAddress: (url: string) => void;
  /**
   * Shows the state of long work in one line, on a terminal only.
   * @param text empty to clear the line
   */
  readonly showProgress: (text: string) => void;
  /**
   * Asks a person for one line. Call it only where `mayAsk` is true.
   * @throws {CommandError} `interrupted` at the end of the input
   */
  readonly ask: (question: string) => Promise<string>;
  readonly readStdin: () => Promise<Uint8Array>;
}

export const createIo = (
  streams: Streams,
  format: OutputFormat,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal = new AbortController().signal,
): Io => {
  const isLive = streams.stderr.isTTY === true && env.TERM !== 'dumb';
  let isShowing = false;
  const clear = (): void => {
    if (!isShowing) return;
    streams.stderr.write('\r\u001b[K');
    isShowing = false;
  };
  const write = (bytes: string | Uint8Array): void => {
    clear();
    streams.stdout.write(bytes);
  };
  return {
    format,
    isTerminal: streams.stdout.isTTY === true,
    write,
    print: (data, text) => write(`${format === 'text' ? text() : toJson(data, format)}\n`),
    printList: async ({ columns, items, name, nextCursor, none }) => {
      const all = [];
      for await (const item of items) {
        if (format === 'jsonl') write(`${toJson(item, format)}\n`);
        else all.push(item);
      }
      const cursor = nextCursor?.();
      if (format === 'json') write(`${toJson({ [name]: all, ...(cursor !== undefined && { cursor }) }, format)}\n`);
      if (format === 'text' && all.length > 0) write(`${toTable(columns, all)}\n`);
      if (format === 'text' && all.length === 0) streams.stderr.write(`${none}\n`);
      if (cursor !== undefined) streams.stderr.write('There are more. Use --limit or a filter.\n');
    },
    note: (text) => {
      clear();
      streams.stderr.write(`${redact(text)}\n`);
    },
    showAddress: (url) => {
      clear();
      streams.stderr.write(`${oneLine(url)}\n`);
    },
    showProgress: (text) => {
      if (!isLive) return;
      clear();
      if (text === '') return;
      streams.stderr.write(redact(text));
      isShowing = true;
    },
    ask: async (question) => {
      clear();
      const { createInterface } = await import('node:readline');
      const lines = createInterface({ input: streams.stdin, output: streams.stderr });
      try {
        return await new Promise<string>((resolve, reject) => {
          lines.once('close', () => reject(new CommandError('interrupted', 'No answer came.')));
          // A callback, because a promise would resolve after the end of the input has rejected this one.
          lines.question(`${question} `, resolve);
        });
      } finally {
        lines.close();
      }
    },
    readStdin: async () => {
      const parts: Buffer[] = [];
      // Ctrl-C ends the input, which would keep the process alive.
      for await (const part of addAbortSignal(signal, streams.stdin)) parts.push(Buffer.from(part));
      return Buffer.concat(parts);
    },
  };
};

// JSON escapes the controls below U+0020 only.
const UNESCAPED_CONTROL = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g;

const toJson = (data: unknown, format: OutputFormat): string => {
  const json = format === 'json' ? JSON.stringify(data, undefined, 2) : JSON.stringify(data);
  return json.replaceAll(UNESCAPED_CONTROL, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
};

const GAP = '  ';

/** Rows of a table, with its titles. Columns that nobody fills are left out. */
export const toTable = <T>(columns: readonly Column<T>[], items: readonly T[]): string => {
  const cells = columns.map(({ title, value }) => [title, ...items.map((item) => oneLine(String(value(item) ?? '')))]);
  const filled = cells.filter(([, ...values]) => values.some((cell) => cell !== ''));
  const widths = filled.map((column) => Math.max(...column.map((cell) => cell.length)));
  const rows = [...Array(items.length + 1).keys()].map((row) =>
    filled
      .map((column, i) => (column[row] ?? '').padEnd(widths[i] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return rows.join('\n');
};

// Text of a processor or a sender must not move the cursor of an operator's terminal, or change the order of what it shows
// (the controls of https://www.unicode.org/reports/tr9/).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** One line without control characters. */
export const oneLine = (text: string): string => text.replaceAll(CONTROL, ' ');

/** Lines without control characters, for a terminal. Tabs and line ends stay; each other one becomes a replacement character. */
export const safeLines = (text: string): string =>
  text.replaceAll(CONTROL, (run) =>
    [...run.replaceAll('\r\n', '\n')].map((one) => ('\t\n'.includes(one) ? one : '�')).join(''),
  );
