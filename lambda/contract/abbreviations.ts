/** What a sent name stands for: one known name, several, or none. A full name always stands for itself. */
export const namesMeant = (sent: string, known: readonly string[]): readonly string[] =>
  known.includes(sent) ? [sent] : sent === '' ? [] : known.filter((name) => name.startsWith(sent));

/** The shortest prefix of each name that stands for it alone; the name itself where there is none. */
export const shortestNames = (known: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    known.map((name) => {
      const prefixes = Array.from(name, (_, index) => name.slice(0, index + 1));
      return [name, prefixes.find((prefix) => namesMeant(prefix, known).join() === name) ?? name];
    }),
  );
