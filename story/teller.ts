import { setTimeout as delay } from 'node:timers/promises';

/** An expectation of the story that was not met. */
export class StoryError extends Error {
  override name = 'StoryError';
}

export interface Teller {
  title(text: string): void;
  /** Begins a numbered step. */
  step(text: string): void;
  /** What one layer does. */
  layer(name: string, text: string): void;
  /** What came of it, and was checked. */
  outcome(text: string): void;
  line(text: string): void;
}

const WIDTH = 92;
const INDENT = 5;
const NAME_WIDTH = 16;
const STYLES = { bold: 1, dim: 2, green: 32, cyan: 36 } as const;

/**
 * Tells a story on a terminal of 80 to 100 columns.
 * @param colour only where somebody looks at it
 */
export const createTeller = (write: (line: string) => void, colour: boolean): Teller => {
  const style = (name: keyof typeof STYLES, text: string): string =>
    colour ? `\u001b[${STYLES[name]}m${text}\u001b[0m` : text;
  let step = 0;
  const indented = (head: string, headWidth: number, text: string, paint: (text: string) => string): void => {
    const margin = INDENT + headWidth;
    for (const [index, line] of wrap(text, WIDTH - margin).entries()) {
      write(`${' '.repeat(INDENT)}${index === 0 ? head : ' '.repeat(headWidth)}${paint(line)}`);
    }
  };
  return {
    title: (text) => write(`\n${style('bold', text)}\n${'─'.repeat(text.length)}`),
    step: (text) => {
      step += 1;
      write(`\n${style('bold', `${String(step).padStart(2)}.  ${text}`)}`);
    },
    layer: (name, text) => indented(style('cyan', name.padEnd(NAME_WIDTH)), NAME_WIDTH, text, (line) => line),
    outcome: (text) => indented(style('green', '✓ '), 2, text, (line) => style('green', line)),
    line: (text) => write(text === '' ? '' : ` ${text}`),
  };
};

/** Lines of at most `width` characters; a word that is longer stands alone. */
export const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
};

/** @throws {StoryError} if a step did not go as told. */
export function expectThat(met: boolean, expected: string, found: unknown): asserts met {
  if (!met) throw new StoryError(`Expected ${expected}; found ${JSON.stringify(found)}.`);
}

const EVENTUALLY_MS = 15_000;
const POLL_MS = 25;

/** Waits for what follows by itself, from a stream or a metric. @throws {StoryError} if it does not come. */
export const eventually = async <T>(
  expected: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  const deadline = Date.now() + EVENTUALLY_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new StoryError(`Expected ${expected} within ${EVENTUALLY_MS / 1000} s.`);
    await delay(POLL_MS);
  }
};

/** A secret as it may be shown: its beginning, and that there is more. */
export const shorten = (secret: string): string => `${secret.slice(0, 8)}…`;
