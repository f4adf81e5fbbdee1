import { hash } from 'node:crypto';
import type { ClosingCapability } from '../../contract/capabilities.ts';
import type { Payload, Progress, UploadOffer } from '../../contract/task.ts';

/** The content of a callback that has passed every check. */
export type Delivery = ClosingDelivery | ProgressDelivery | OfferDelivery;

/** A result or failure, which closes the task. */
export interface ClosingDelivery {
  readonly kind: 'close';
  readonly capability: ClosingCapability;
  readonly payload: Payload;
  readonly bytes: Uint8Array;
}

export interface ProgressDelivery {
  readonly kind: 'progress';
  readonly progress: Progress;
}

/** An upload that the processor may now send to the payload bucket. */
export interface OfferDelivery {
  readonly kind: 'offer';
  readonly offer: UploadOffer;
}

/** Returns the SHA-256 of bytes, as 64 lower-case hex digits. */
export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes);
