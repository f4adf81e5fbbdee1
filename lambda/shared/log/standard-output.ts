import { writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;

/** Node's stream of it, from the moment that the file descriptor does not take a line whole. */
let stream: NodeJS.WriteStream | undefined;

/**
 * Writes lines where Lambda takes them as they are: `console` would wrap them once more under JSON logging, and
 * CloudWatch then finds no metrics in them. A line is out when this returns, as Lambda may freeze the process; Node's
 * stream, which takes a cold start milliseconds to open, comes in only where a pipe that does not block is full.
 */
export const toStandardOutput = (line: string): void => {
  const bytes = Buffer.from(`${line}\n`);
  let written = 0;
  while (stream === undefined && written < bytes.length) {
    try {
      written += writeSync(STANDARD_OUTPUT, bytes, written);
    } catch {
      stream = process.stdout;
    }
  }
  stream?.write(bytes.subarray(written));
};
