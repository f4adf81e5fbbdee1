/**
 * JSON with the members of objects in order, so that equal values read alike.
 * @returns undefined for what JSON has no text for
 */
export const canonicalJson = (value: unknown): string | undefined =>
  JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
