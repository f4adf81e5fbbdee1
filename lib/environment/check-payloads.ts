import { Size } from 'aws-cdk-lib';
import { DEFAULT_USES, INLINE_LIMIT_BYTES, QUARANTINE_LIMIT } from '../../lambda/contract/limits.ts';
import type { EnvironmentInput } from '../environment.ts';
import type { Problems } from './problem.ts';

/** What DynamoDB takes for one item, and what of it is left to everything of a task but payloads and upload offers. */
const MAX_ITEM_BYTES = 409_600;
const OTHER_ATTRIBUTES_BYTES = 32_768;
/** An offer of an upload as the task keeps it: its key, digest and content type. */
const UPLOAD_OFFER_BYTES = 1_024;

/** Checks what is kept of payloads, and that a task with all of it fits: one that does not could not take its result. */
export const checkPayloads = (problems: Problems, input: EnvironmentInput): void => {
  const inline = bytesOf(input.inlineLimit ?? Size.bytes(INLINE_LIMIT_BYTES.default));
  const { quarantineLimit = QUARANTINE_LIMIT.default } = input;
  const inlineBounds = { min: 0, max: INLINE_LIMIT_BYTES.max };
  problems.integer('inlineLimit', inline, inlineBounds, 'bytes', 'Give a Size; a larger payload goes to the bucket.');
  const bounds = { min: 0, max: QUARANTINE_LIMIT.max };
  problems.integer('quarantineLimit', quarantineLimit, bounds, 'deliveries', 'Give a number; 0 keeps none.');

  const processors = Object.values(input.processors ?? {});
  const uploads = Math.max(0, ...processors.map(({ uploadUses }) => uploadUses ?? DEFAULT_USES.upload));
  const bytes = Number(inline) * (1 + quarantineLimit) + uploads * UPLOAD_OFFER_BYTES + OTHER_ATTRIBUTES_BYTES;
  problems.expect(
    !(bytes > MAX_ITEM_BYTES),
    'inlineLimit',
    inline,
    `a task of ${MAX_ITEM_BYTES} bytes at most with its payload, those in quarantine and ${uploads} upload offers; ` +
      `it may reach ${bytes}`,
    'Lower `inlineLimit`, `quarantineLimit` or `uploadUses`.',
  );
};

/** A size in bytes, or in words what else it is: a bare number has no unit. */
const bytesOf = (size: unknown): unknown => {
  if (!(size instanceof Size)) return `${size}, which is no Size`;
  return size.isUnresolved() ? size : size.toBytes();
};
