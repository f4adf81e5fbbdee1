import { MAX_CONTENT_TYPE_CHARS } from '../../../contract/limits.ts';
import type { MediaType } from '../authenticated-callback.ts';

/** Media type of a delivery without a `Content-Type` (RFC 9110 §8.3). */
const DEFAULT_MEDIA_TYPE = 'application/octet-stream';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(?:;.*)?$`);

/** The sender gets it back in a header, and S3 keeps no other characters. */
const PRINTABLE = /^[\t\x20-\x7e]*$/;

/**
 * Reads the media type of a request.
 * @param lines every `Content-Type` line
 * @returns undefined if there are several lines, or one that is not a media type or cannot be kept
 */
export const readMediaType = (lines: readonly string[]): MediaType | undefined => {
  if (lines.length > 1) return undefined;
  const sent = lines[0]?.trim() || DEFAULT_MEDIA_TYPE;
  if (sent.length > MAX_CONTENT_TYPE_CHARS || !PRINTABLE.test(sent)) return undefined;
  const essence = MEDIA_TYPE.exec(sent)?.[1]?.toLowerCase();
  return essence === undefined ? undefined : { sent, essence, normalized: sent.toLowerCase().replace(/\s/g, '') };
};
