import { writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;

/** Node's stream of standard output. Set once the file descriptor has not taken a whole line. */
let stream: NodeJS.WriteStream | undefined;

/**
 * Writes a line to standard output. `console` would wrap it once more under JSON logging, and CloudWatch then finds no
 * metrics in it. The write is synchronous, because Lambda may freeze the process right after. Node's stream would add
 * milliseconds to a cold start, so it is opened only if a non-blocking pipe is full.
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
