import { dirname, relative, resolve } from 'node:path';
import { ROOT } from './packages.ts';

interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

/**
 * Returns a source map that names its sources by their paths from the root of the repository, wherever the checkout is.
 * @param file path of the map, which the sources are relative to
 * @param linesBefore lines that were put before the code
 */
export const fromRoot = (map: string, file: string, linesBefore = 0): string => {
  const { mappings, sources, ...others } = JSON.parse(map) as SourceMap;
  return `${JSON.stringify({
    ...others,
    sources: sources.map((source) => relative(ROOT, resolve(dirname(file), source)).replaceAll('\\', '/')),
    // One line of code for each semicolon.
    mappings: ';'.repeat(linesBefore) + mappings,
  })}\n`;
};
