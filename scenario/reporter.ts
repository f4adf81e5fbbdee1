import { setTimeout as delay } from 'node:timers/promises';

/** An expectation of the scenario that was not met. */
export class ScenarioError extends Error {
  override name = 'ScenarioError';
}

export interface Reporter {
  title(text: string): void;
  /** Begins a numbered step. */
  step(text: string): void;
  /** Prints what one layer does. */
  layer(name: string, text: string): void;
  /** Prints an outcome that was checked. */
  outcome(text: string): void;
  line(text: string): void;
}

const WIDTH = 92;
const INDENT = 5;
const NAME_WIDTH = 16;
const STYLES = { bold: 1, dim: 2, green: 32, cyan: 36 } as const;

/**
 * Prints the steps of a scenario for a terminal of 80 to 100 columns.
 * @param colour true if the output is a terminal
 */
export const createReporter = (write: (line: string) => void, colour: boolean): Reporter => {
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

/** Splits a text into lines of at most `width` characters. A longer word has a line for itself. */
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

/** @throws {ScenarioError} unless the expectation is met */
export function expectThat(met: boolean, expected: string, found: unknown): asserts met {
  if (!met) throw new ScenarioError(`Expected ${expected}; found ${JSON.stringify(found)}.`);
}

const EVENTUALLY_MS = 15_000;
const POLL_MS = 25;

/** Waits for an asynchronous outcome, such as an event or a metric. @throws {ScenarioError} if it does not come in time */
export const eventually = async <T>(
  expected: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  const deadline = Date.now() + EVENTUALLY_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new ScenarioError(`Expected ${expected} within ${EVENTUALLY_MS / 1000} s.`);
    await delay(POLL_MS);
  }
};

/** A secret that is safe to print: its first eight characters and an ellipsis. */
export const shorten = (secret: string): string => `${secret.slice(0, 8)}…`;
