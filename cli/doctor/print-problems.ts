import { type Io, oneLine } from '../io.ts';
import { redact } from '../redact.ts';
import type { Problem } from './problem.ts';

/** Prints one line for each problem with its remedy. Servers wrote parts of it, so nothing in it moves the cursor. */
export const printProblems = async (io: Io, problems: readonly Problem[]): Promise<void> => {
  const clean = problems.map(({ check, message, remedy }) => ({
    check,
    message: redact(oneLine(message)),
    remedy: redact(oneLine(remedy)),
  }));
  if (io.format === 'text') {
    for (const { check, message, remedy } of clean) io.write(`${check}: ${message} ${remedy}\n`);
    // For a person. A script reads stdout, which stays empty, or the exit code.
    if (clean.length === 0) io.note('No problem was found.');
    return;
  }
  await io.printList({ name: 'problems', items: clean, columns: [], none: '' });
};
