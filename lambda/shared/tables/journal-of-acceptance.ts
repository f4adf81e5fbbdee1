import { inSeconds, type JournalEntry, type TaskItem } from '../../contract/task.ts';
import { type DispatchedTask, showDispatch } from './dispatch-view.ts';

/**
 * Returns the entry that keeps when the processor accepted the work, for an update that replaces the dispatch of a task; undefined
 * if the processor did not accept it, or the journal has the entry. The task itself has only its last acceptance.
 * @param now milliseconds since 1970
 */
export const acceptanceEntry = (
  task: DispatchedTask & Pick<TaskItem, 'journal'>,
  now: number,
): JournalEntry | undefined => {
  const at = showDispatch(task, inSeconds(now))?.acceptedAt;
  const isKept = task.journal?.some((entry) => entry.kind === 'dispatched' && entry.at === at);
  return at === undefined || isKept ? undefined : { at, kind: 'dispatched' };
};
