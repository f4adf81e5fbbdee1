/** A table in Markdown. @param words columns, from 0, that hold words: the others are numbers, and stand to the right */
export const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[] = [0],
): string =>
  [head, head.map((_, column) => (words.includes(column) ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
