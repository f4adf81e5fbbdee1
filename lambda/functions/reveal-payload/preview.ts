import type { Preview } from '../../contract/operator-api.ts';
import { PREVIEW_BYTES } from '../../contract/operator-limits.ts';

/** Media types whose preview is text. Parameters are ignored, `charset` too: the preview is always UTF-8. */
const TEXT = /^(text\/[^\s/;]+|application\/(json|xml|csv)|[^\s/;]+\/[^\s/;]+\+(json|xml))[ \t]*(;|$)/i;

/** Returns the kind of the preview of a content type. */
export const previewKindOf = (contentType: string): Preview['kind'] => (TEXT.test(contentType.trim()) ? 'text' : 'hex');

/**
 * Makes the preview of a payload. A text has U+FFFD for invalid bytes, and ends with a whole character.
 * @param start the first bytes, at least as many as the preview shows
 * @param size bytes of the whole payload
 */
export const previewOf = (contentType: string, start: Uint8Array, size: number): Preview => {
  const kind = previewKindOf(contentType);
  const limit = PREVIEW_BYTES[kind];
  const bytes = start.subarray(0, limit);
  const truncated = size > limit;
  const text = kind === 'text' ? decode(bytes, truncated) : Buffer.from(bytes).toString('hex');
  return { kind, text, truncated };
};

/** `stream` keeps back an incomplete character at the end. A byte order mark is shown as it is. */
const decode = (bytes: Uint8Array, isCut: boolean): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: isCut });
