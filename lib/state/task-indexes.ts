import type { Construct } from 'constructs';
import { TASK_INDEXES, type TaskIndex } from '../../lambda/contract/tables.ts';
import type { TaskLayout } from '../../lambda/contract/task.ts';
import { InvalidContext } from '../config/errors.ts';
import { INDEXES_CONTEXT } from '../context-keys.ts';
import { FORMER_TASK_INDEXES } from './former-task-indexes.ts';

const SEPARATOR = ',';

/** Indexes of the tasks table in the end state. */
export const END_INDEXES: readonly TaskIndex[] = TASK_INDEXES;

const KNOWN = [...FORMER_TASK_INDEXES, ...TASK_INDEXES];

/**
 * Returns the indexes of the tasks table.
 * @throws {InvalidContext} if the context value is not a list of names of indexes, each once
 */
export const taskIndexes = (scope: Construct): readonly TaskIndex[] => {
  const value: unknown = scope.node.tryGetContext(INDEXES_CONTEXT);
  return value === undefined ? END_INDEXES : indexesNamed(String(value));
};

/** Returns the way in which functions write tasks: the former way during the steps of an upgrade. */
export const taskLayout = (scope: Construct): TaskLayout =>
  scope.node.tryGetContext(INDEXES_CONTEXT) === undefined ? 'current' : 'former';

/**
 * Returns the indexes with these names, separated by commas, in their order.
 * @throws {InvalidContext} if a name is unknown, or is there twice
 */
export const indexesNamed = (text: string): readonly TaskIndex[] => {
  const names = text.split(SEPARATOR);
  const indexes = names.flatMap((name) => KNOWN.find((index) => index.name === name) ?? []);
  if (indexes.length < names.length || new Set(names).size < names.length) {
    throw new InvalidContext(
      `The context value ${INDEXES_CONTEXT} is ${JSON.stringify(text)}; expected some of ` +
        `${KNOWN.map(({ name }) => name).join(', ')}, each once, separated by commas. docs/operate/upgrading.md has the ` +
        'steps. Without the value the table has the indexes of the end state.',
    );
  }
  return indexes;
};
