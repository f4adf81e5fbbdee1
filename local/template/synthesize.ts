import { rmSync } from 'node:fs';
import type { LocalSettings } from '../../lib/config/local-settings.ts';
import type { DescribedEnvironment } from './assembly.ts';

export interface SynthesisOptions {
  /** Folder for the cloud assembly. What it has is removed. */
  readonly outputDirectory: string;
  /** Ends the synthesis. */
  readonly signal: AbortSignal;
}

/** Settings of an environment, and what only `local` knows. */
export interface TemplateSettings extends Omit<LocalSettings, 'environment'> {
  /** True if `local` has the processors of the seed data too. */
  readonly isSeeded: boolean;
}

/**
 * Makes the templates of the environment that runs.
 * @throws {Error} with the errors of the app
 */
export type Synthesize = (settings: TemplateSettings, options: SynthesisOptions) => Promise<DescribedEnvironment>;

export const emptyFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** Message of the error that ended Node, without source line and stack; the whole output if it contains no such error. */
export const errorMessageOf = (said: string): string => {
  const report = /^ *\^+\n\n+(?:[A-Za-z]+: )?([\s\S]*?)\n {4}at /m.exec(said);
  return (report?.[1] ?? said).trim();
};
