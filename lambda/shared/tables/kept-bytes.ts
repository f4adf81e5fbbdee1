import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { KEPT_BYTES_PREFIX, keptBytes } from '../../contract/tables.ts';
import type { ReopenedEntry } from '../../contract/task.ts';

/** A part of an update expression, with its placeholders. It is empty if there is nothing to do. */
interface UpdatePart {
  readonly assignments: readonly string[];
  readonly removals: readonly string[];
  readonly names: Readonly<Record<string, string>>;
}

const NOTHING: UpdatePart = { assignments: [], removals: [], names: {} };

/** Returns the update of a reopening that moves the bytes of the task's delivery to the quarantine. No function reads them. */
export const keepBytes = ({ id, payloadKey }: Pick<ReopenedEntry, 'id' | 'payloadKey'>): UpdatePart =>
  payloadKey === undefined
    ? { ...NOTHING, assignments: ['#bytes = payload'], names: { '#bytes': keptBytes(id) } }
    : NOTHING;

/**
 * Returns the assignment that makes the bytes of a delivery in quarantine those of the task.
 * @param path of the entry
 */
export const acceptBytes = (entry: ReopenedEntry, path: string): string => {
  if (entry.payloadKey !== undefined) return `payloadKey = ${path}.payloadKey`;
  // An entry from before its bytes had an attribute has them itself.
  return entry.payload === undefined ? 'payload = #bytes' : `payload = ${path}.payload`;
};

/** Returns the update that removes the bytes of a delivery in quarantine. Bytes in the entry or in the bucket need none. */
export const removeBytes = ({ id, payload, payloadKey }: ReopenedEntry): UpdatePart =>
  payload === undefined && payloadKey === undefined
    ? { ...NOTHING, removals: ['#bytes'], names: { '#bytes': keptBytes(id) } }
    : NOTHING;

const WITHOUT_EVENT: ReadonlySet<string> = new Set([
  'payload',
  'quarantine',
  'reopened',
  'resumeToken',
  'settled',
  'uploads',
]);

/**
 * Returns a task without the token of its workflow, and without the attributes that may have hundreds of kilobytes. No event has them.
 * They are the only attributes with binary values and sets.
 */
export const withoutBytes = (
  image: Readonly<Record<string, AttributeValue>>,
): Readonly<Record<string, AttributeValue>> =>
  Object.fromEntries(
    Object.entries(image).filter(([name]) => !(WITHOUT_EVENT.has(name) || name.startsWith(KEPT_BYTES_PREFIX))),
  );
