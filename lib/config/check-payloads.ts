import { Size } from 'aws-cdk-lib';
import { DEFAULT_USES, INLINE_LIMIT_BYTES, QUARANTINE_LIMIT, REOPEN_LIMIT } from '../../lambda/contract/limits.ts';
import type { EnvironmentInput } from './environment.ts';
import { objectsOf, type Problems } from './errors.ts';

/** What DynamoDB takes for one item. */
export const MAX_ITEM_BYTES = 409_600;
/** What of it is left to everything of a task that is not reckoned here: metadata, history, reasons of reopenings … */
const OTHER_ATTRIBUTES_BYTES = 32_768;
/** An offer of an upload as the task keeps it: its key, digest and content type. */
const UPLOAD_OFFER_BYTES = 1_024;
/** The same of a delivery in quarantine, its bytes apart. */
const QUARANTINED_BYTES = 1_024;

export interface KeptOnTask {
  /** Largest payload that is kept on the task, in bytes. */
  readonly inlineLimit: number;
  readonly quarantineLimit: number;
  /** Upload offers of one issue of callbacks. A new issue removes those of the last. */
  readonly uploadUses: number;
}

/** The size that no task exceeds, in bytes: whatever its sender and its processor do, within these limits. */
export const largestTaskBytes = ({ inlineLimit, quarantineLimit, uploadUses }: KeptOnTask): number => {
  const quarantined = quarantineLimit + REOPEN_LIMIT;
  return (
    inlineLimit * (1 + quarantined) +
    QUARANTINED_BYTES * quarantined +
    UPLOAD_OFFER_BYTES * uploadUses +
    OTHER_ATTRIBUTES_BYTES
  );
};

/** Checks what is kept of payloads, and that a task with all of it fits: one that does not could not take its result. */
export const checkPayloads = (problems: Problems, input: EnvironmentInput): void => {
  const { inlineLimit = Size.bytes(INLINE_LIMIT_BYTES.default), quarantineLimit = QUARANTINE_LIMIT.default } = input;
  const inline = bytesOf(inlineLimit);
  problems.expect(
    inline >= 0 && inline <= INLINE_LIMIT_BYTES.max,
    'inlineLimit',
    inlineLimit,
    `a Size from 0 to ${INLINE_LIMIT_BYTES.max} bytes`,
    'Write for instance Size.kibibytes(4); a larger payload goes to the bucket.',
  );
  const bounds = { min: 0, max: QUARANTINE_LIMIT.max };
  problems.integer(
    'quarantineLimit',
    quarantineLimit,
    bounds,
    'deliveries',
    'Give how many late deliveries of a task are kept; 0 keeps none.',
  );

  const uploadUses = Math.max(
    0,
    ...objectsOf(input.processors).map(([, { uploadUses }]) => uploadUses ?? DEFAULT_USES.upload),
  );
  const bytes = largestTaskBytes({ inlineLimit: inline, quarantineLimit, uploadUses });
  problems.expect(
    inline > INLINE_LIMIT_BYTES.max || !(bytes > MAX_ITEM_BYTES),
    'inlineLimit',
    inlineLimit,
    `a limit with which a task has at most ${MAX_ITEM_BYTES} bytes, the most that DynamoDB stores. With its payload, ` +
      `${quarantineLimit} late ones in quarantine, those of ${REOPEN_LIMIT} reopenings and ${uploadUses} upload offers it ` +
      `may have ${bytes} bytes`,
    'Lower `inlineLimit`, `quarantineLimit` or `uploadUses`.',
  );
};

/** A size in bytes; a number without a unit is no size. */
const bytesOf = (size: unknown): number => (size instanceof Size && !size.isUnresolved() ? size.toBytes() : Number.NaN);
