/** What is counted: how many instructions of the processor it takes, in thousands. */
export interface Counts {
  /** Loading the code and the first accepted callback. */
  readonly coldStart: number;
  /** One more callback that is accepted. */
  readonly accepted: number;
  /** One more with a forged token. */
  readonly forged: number;
  /** One more whose payload its schema refuses. */
  readonly invalid: number;
}

/**
 * The most that each may take. Raise one only after you have looked at what came in. The counts do not depend on what else the
 * machine does. V8 compiles at one of a few moments, so that the same code has one of a few counts: 1,429, 1,488 or 1,547 for a
 * forged token. Each budget is above the highest of them.
 */
export const INSTRUCTION_BUDGETS: Counts = { coldStart: 202_000, accepted: 3_620, forged: 1_565, invalid: 1_700 };

/** Another version has other counts. */
export const BUDGETED_NODE = 'v24.21.0';

/** A budget further above its count holds little. */
const SLACK = 1.1;

/** What is wrong with counts, a line each. */
export const judgeCounts = (counts: Counts, budgets: Counts = INSTRUCTION_BUDGETS): readonly string[] =>
  (Object.keys(budgets) as (keyof Counts)[]).flatMap((name) => {
    const [count, budget] = [Math.round(counts[name]), budgets[name]];
    if (count > budget) return [`${name} takes ${count} thousand instructions; its budget is ${budget}.`];
    if (count * SLACK < budget) {
      return [`${name} takes ${count} thousand instructions; lower its budget of ${budget}, so that it stays so.`];
    }
    return [];
  });
