import type { Place, ValueKind } from './command-tree.ts';

/** A text in single quotes, for a POSIX shell. */
export const quoteForShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const fullPath = (path: string): string => (path === '' ? 'postern' : `postern ${path}`);

/** Branches of a `case` over "place flag": what may follow each flag that takes a value. */
export const valueBranches = (places: readonly Place[], actionOf: (value: ValueKind) => string): string => {
  const patterns = new Map<string, string[]>();
  for (const { flags, path } of places) {
    for (const { flag, short, value } of flags) {
      if (value === undefined) continue;
      const action = actionOf(value);
      const names = short === undefined ? [flag] : [flag, `-${short}`];
      patterns.set(action, [...(patterns.get(action) ?? []), ...names.map((name) => `${fullPath(path)} ${name}`)]);
    }
  }
  return [...patterns]
    .map(([action, all]) => `    ${all.map(quoteForShell).join(' | ')})\n      ${action}; return ;;`)
    .join('\n');
};
