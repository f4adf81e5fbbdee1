/** Returns the known names that a sent name abbreviates. A full name always stands for itself alone. */
export const expandName = (sent: string, known: readonly string[]): readonly string[] =>
  known.includes(sent) ? [sent] : sent === '' ? [] : known.filter((name) => name.startsWith(sent));

/** Returns the shortest prefix that stands for each name alone, or the name itself if there is no such prefix. */
export const shortestNames = (known: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    known.map((name) => {
      const prefixes = Array.from(name, (_, index) => name.slice(0, index + 1));
      return [name, prefixes.find((prefix) => expandName(prefix, known).join() === name) ?? name];
    }),
  );
