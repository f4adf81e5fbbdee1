import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** Returns the text of a source file as the formatter writes it. @param path of the file, from the root */
export const formatted = (path: string, text: string): string =>
  execFileSync(process.execPath, [BIOME, 'check', '--write', `--stdin-file-path=${path}`], {
    input: text,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });

/** A doc comment of these lines. */
export const docComment = (lines: readonly string[]): string =>
  lines.length === 1 && (lines[0] ?? '').length < 110
    ? `/** ${lines[0]} */`
    : ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'].join('\n');
