import type { AttackGroup } from './attack.ts';
import type { AttackResult, Drill } from './run-attacks.ts';

/** The members of the JSON of one attack. */
export const toJson = ({ attack, code, status, verdict }: AttackResult) => ({
  name: attack.name,
  expected: attack.expected,
  status,
  code,
  verdict,
});

/** The answer that decided: `401 token_replayed`. */
export const showAnswer = ({ code, status }: Pick<AttackResult, 'code' | 'status'>): string =>
  [status === 0 ? '' : String(status), code ?? ''].filter(Boolean).join(' ');

export const showExpected = ({ attack }: Pick<AttackResult, 'attack'>): string => attack.expected.join(' or ');

/** `3 attacks: 2 refused, 1 accepted, 0 unexpected.` */
export const summaryOf = (drill: Pick<Drill, 'results'>): string => {
  const { results } = drill;
  const count = (verdict: string): number => results.filter((result) => result.verdict === verdict).length;
  const numbers = `${results.length} attacks: ${count('refused')} refused, ${count('accepted')} accepted, ${count('unexpected')} unexpected.`;
  return isHeld(drill) ? `${numbers} Nobody got in.` : numbers;
};

/** True if every attack was refused as expected. */
export const isHeld = ({ results }: Pick<Drill, 'results'>): boolean =>
  results.length > 0 && results.every(({ verdict }) => verdict === 'refused');

/** Marks that a person finds at once in a long list. */
const MARKS = { refused: 'refused', accepted: 'ACCEPTED', unexpected: 'UNEXPECTED' } as const;

/** A table with one line for each attack, below the titles of their groups. */
export const showDrill = ({ results }: Pick<Drill, 'results'>, groups: readonly AttackGroup[]): string => {
  const cellsOf = (result: AttackResult): readonly string[] => [
    MARKS[result.verdict],
    result.attack.name,
    showExpected(result),
    showAnswer(result),
    result.attack.tries,
  ];
  const title = ['verdict', 'attack', 'expected', 'got', 'what it tries'];
  const widths = title.map((text, i) =>
    Math.max(text.length, ...results.map((result) => cellsOf(result)[i]?.length ?? 0)),
  );
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    row(title),
    ...groups.flatMap(({ attacks, title: heading }) => {
      const lines = results.filter(({ attack }) => attacks.includes(attack));
      if (lines.length === 0) return [];
      return [
        '',
        heading,
        ...lines.flatMap((result) => [
          row(cellsOf(result)),
          ...(result.remark === undefined ? [] : [`${' '.repeat((widths[0] ?? 0) + 2)}${result.remark}`]),
        ]),
      ];
    }),
  ].join('\n');
};
