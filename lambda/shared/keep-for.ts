/**
 * Returns a function that reads a value at most once in a time for each key, and otherwise returns what it has read. Pages that
 * look for changes every few seconds use it for values that cost many reads. A failure is not kept.
 * @param milliseconds time for which a value is kept
 * @param now milliseconds since 1970
 */
export const keepFor = <T>(
  milliseconds: number,
  now: () => number,
  read: (key: string) => Promise<T>,
): ((key: string) => Promise<T>) => {
  const kept = new Map<string, { readonly at: number; readonly value: Promise<T> }>();
  return (key) => {
    const at = now();
    for (const [name, entry] of kept) {
      const age = at - entry.at;
      if (age < 0 || age >= milliseconds) kept.delete(name);
    }
    const found = kept.get(key);
    if (found !== undefined) return found.value;
    const entry = { at, value: read(key) };
    kept.set(key, entry);
    entry.value.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    return entry.value;
  };
};
