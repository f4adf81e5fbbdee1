import { REOPEN_LIMIT } from '../../../lambda/contract/limits.ts';
import type { Rule } from './rule.ts';

/** Largest item of DynamoDB. */
const MAX_ITEM_BYTES = 409_600;
/** Bytes for the attributes of a task that are not counted here: metadata, history, reasons of reopenings, journal … */
const OTHER_ATTRIBUTES_BYTES = 32_768;
/** Bytes of an upload offer on the task: its key, digest and content type. */
const UPLOAD_OFFER_BYTES = 1_024;
/** Bytes of a delivery in quarantine, without its payload. */
const QUARANTINED_BYTES = 1_024;

export interface KeptOnTask {
  /** Largest payload that is kept on the task, in bytes. */
  readonly inlineLimit: number;
  readonly quarantineLimit: number;
  /** Upload offers of one issue of callbacks. A new issue removes those of the last. */
  readonly uploadUses: number;
}

/** Size in bytes that no task exceeds within these limits. */
export const largestTaskBytes = ({ inlineLimit, quarantineLimit, uploadUses }: KeptOnTask): number => {
  const quarantined = quarantineLimit + REOPEN_LIMIT;
  return (
    inlineLimit * (1 + quarantined) +
    QUARANTINED_BYTES * quarantined +
    UPLOAD_OFFER_BYTES * uploadUses +
    OTHER_ATTRIBUTES_BYTES
  );
};

/** A task that does not fit into an item could not store its result. */
export const taskFitsItem: Rule = ({ inlineLimit, processors = {}, quarantineLimit }, errors) => {
  if (inlineLimit === undefined || quarantineLimit === undefined) return;
  const uploadUses = Math.max(0, ...Object.values(processors).map((processor) => processor?.uploadUses ?? 0));
  const bytes = largestTaskBytes({ inlineLimit: inlineLimit.toBytes(), quarantineLimit, uploadUses });
  errors.expect(
    bytes <= MAX_ITEM_BYTES,
    'inlineLimit',
    inlineLimit,
    `a limit with which a task has at most ${MAX_ITEM_BYTES} bytes, the most that DynamoDB stores. With its payload, ` +
      `${quarantineLimit} late ones in quarantine, those of ${REOPEN_LIMIT} reopenings and ${uploadUses} upload offers it ` +
      `may have ${bytes} bytes`,
    'Lower `inlineLimit`, `quarantineLimit` or `uploadUses`.',
  );
};
