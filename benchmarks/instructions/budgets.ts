/** Instructions, in thousands. */
export interface Counts {
  /** Loading the code and the first accepted callback. */
  readonly coldStart: number;
  /** Each further accepted callback. */
  readonly accepted: number;
  /** Each further callback with a forged token. */
  readonly forged: number;
  /** Each further callback whose payload does not match its schema. */
  readonly invalid: number;
  /** Loading the code of `create-task` and the first task opened. */
  readonly openingStart: number;
  /** Each further task opened. */
  readonly opened: number;
}

/**
 * Upper bounds. Before you raise one, look at what made the count grow. The counts do not depend on other work of the
 * machine. V8 compiles at one of a few moments, so the same code has one of a few counts: 1,429, 1,488 or 1,547 for a forged
 * token. Each budget is above the highest of them.
 */
export const INSTRUCTION_BUDGETS: Counts = {
  coldStart: 200_500,
  accepted: 3_540,
  forged: 1_565,
  invalid: 1_700,
  openingStart: 242_000,
  opened: 4_100,
};

/** Version of Node that the budgets apply to. Another version has other counts. */
export const BUDGETED_NODE = 'v24.21.0';

/** A budget more than 10 % above its count would not notice growth. */
const SLACK = 1.1;

/** Returns one line per count that does not match its budget. */
export const judgeCounts = (counts: Counts, budgets: Counts = INSTRUCTION_BUDGETS): readonly string[] =>
  (Object.keys(budgets) as (keyof Counts)[]).flatMap((name) => {
    const [count, budget] = [Math.round(counts[name]), budgets[name]];
    if (count > budget) return [`${name} takes ${count} thousand instructions; its budget is ${budget}.`];
    if (count * SLACK < budget) {
      return [
        `${name} takes ${count} thousand instructions; lower its budget of ${budget}, so that it notices growth.`,
      ];
    }
    return [];
  });
