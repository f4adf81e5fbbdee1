/** The nearest known names, if at most two letters differ (one in a short name) and one letter is the same. */
const nearNames = (name: string, known: readonly string[]): readonly string[] => {
  const distances = known.map((one) => distanceOf(name.toLowerCase(), one.toLowerCase()));
  const least = Math.min(...distances);
  return known.filter((one, i) => distances[i] === least && least <= (one.length < 5 ? 1 : 2) && least < one.length);
};

/** `Did you mean a or b? `, the beginning of a remedy; empty if no known name is near. */
export const suggestion = (name: string, known: readonly string[]): string => {
  const near = nearNames(name, known);
  return near.length === 0 ? '' : `Did you mean ${near.map((one) => `\`${one}\``).join(' or ')}? `;
};

/** Number of letters to add, remove, change or swap with their neighbour (the optimal string alignment distance). */
const distanceOf = (a: string, b: string): number => {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j));
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : changed;
      const row = rows[i];
      if (row !== undefined) row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped);
    }
  }
  return at(a.length, b.length);
};
