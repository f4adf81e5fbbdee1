import { closeSync, openSync, writeSync } from 'node:fs';
import type { LineListener } from './function-process.ts';

export interface LogFiles {
  readonly onLine: LineListener;
  close(): void;
}

export interface LogFilesOptions {
  readonly logsFile: string;
  readonly metricsFile: string;
}

/**
 * Appends what functions write: every line to the log file, one JSON a line, and every embedded-metric line to the
 * metrics file too, as CloudWatch Logs would take it out.
 */
export const openLogFiles = ({ logsFile, metricsFile }: LogFilesOptions): LogFiles => {
  const logs = openSync(logsFile, 'a', 0o600);
  const metrics = openSync(metricsFile, 'a', 0o600);
  let open = true;
  return {
    onLine: (functionName, line) => {
      if (!open) return;
      const entry = parse(line);
      if (entry === undefined) {
        // Lines of the runtime, and other lines that are not JSON.
        writeSync(
          logs,
          `${JSON.stringify({ timestamp: new Date().toISOString(), function: functionName, message: line })}\n`,
        );
        return;
      }
      writeSync(logs, `${line}\n`);
      if ('_aws' in entry) writeSync(metrics, `${line}\n`);
    },
    close: () => {
      open = false;
      closeSync(logs);
      closeSync(metrics);
    },
  };
};

const parse = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};
