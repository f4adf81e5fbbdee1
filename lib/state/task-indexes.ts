import type { Construct } from 'constructs';
import { FORMER_TASK_INDEXES, TASK_INDEXES, type TaskIndex } from '../../lambda/contract/tables.ts';
import { InvalidContext } from '../config/errors.ts';

/**
 * Context value with the number of a step: `-c postern:indexes=3`. Without it a table has the indexes of the end state. A new
 * environment gets them at once. An update of a table creates or deletes at most one index, so an older environment is
 * deployed step by step. `docs/operate/upgrading.md` has the commands.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
 */
export const INDEXES_CONTEXT = 'postern:indexes';

/** Indexes of the tasks table in the end state. */
export const END_INDEXES: readonly TaskIndex[] = TASK_INDEXES;

/** The last step that has an index more than the end state. */
export const LAST_INDEX_STEP = TASK_INDEXES.length + FORMER_TASK_INDEXES.length - 1;

/**
 * Indexes after a step. Steps up to the number of new indexes create one each, in the order of `TASK_INDEXES`. The steps after
 * it delete one former index each.
 */
export const indexesOfStep = (step: number): readonly TaskIndex[] => [
  ...FORMER_TASK_INDEXES.slice(Math.max(0, step - TASK_INDEXES.length)),
  ...TASK_INDEXES.slice(0, step),
];

/**
 * Returns the indexes of the tasks table.
 * @throws {InvalidContext} if the context value is not the number of a step
 */
export const taskIndexes = (scope: Construct): readonly TaskIndex[] => {
  const value: unknown = scope.node.tryGetContext(INDEXES_CONTEXT);
  if (value === undefined) return END_INDEXES;
  const step = Number(value);
  if (!Number.isInteger(step) || step < 1 || step > LAST_INDEX_STEP) {
    throw new InvalidContext(
      `The context value ${INDEXES_CONTEXT} is ${JSON.stringify(value)}; expected a whole number from 1 to ${LAST_INDEX_STEP}. ` +
        'docs/operate/upgrading.md has the steps. Without the value the table has the indexes of the end state.',
    );
  }
  return indexesOfStep(step);
};
