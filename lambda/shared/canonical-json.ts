/**
 * Serializes a value to JSON with sorted members, so that equal values have equal texts.
 * @returns undefined for a value that JSON cannot represent
 */
export const canonicalJson = (value: unknown): string | undefined =>
  JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
